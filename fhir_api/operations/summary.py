"""Patient/$summary: what matters most of a person, as a document (https://hl7.org/fhir/uv/ips/).

What it tells is chosen as on the page of the same content, from the chart; the resources are told byte for
byte, and the words are those of these very bytes: charts and resources are views of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from starlette.responses import Response

from ehr.values import Key, subject_of
from fhir_api.call import Call
from fhir_api.completeness import incomplete_headers, lacking, person_waits, versions_of, waits
from fhir_api.errors import NotShownYet
from fhir_api.interactions.read import absent, asked_position, wait_for_position
from fhir_api.interactions.spanning import wait_for_links
from fhir_api.operations.document import Resource, Told, document
from fhir_api.operations.given import read_given
from fhir_api.pages.languages import LANGUAGES, Messages
from fhir_api.pages.summary.sheet import Sheet, sheet_of
from projections.database import Reader
from projections.fhir_resources.everything import (
    Wanted,
    has_strangers,
    outside_references,
    read_outside,
)
from projections.fhir_resources.found import Found, bodies_of
from projections.fhir_resources.named import read_named
from projections.fhir_resources.view import FhirResources
from projections.health_record.chart import Chart
from projections.health_record.kinds import READERS, AnyEntry
from projections.health_record.queries import read_chart
from projections.health_record.view import HealthRecord
from projections.links.showing import linked
from projections.standing import end_shown, shown

_BEHIND = "The chart does not show it yet."

Read = Mapping[str, tuple[Found, bytes | None]]
"""Resources by ``Type/id``, with their bodies, as far as these have room."""


def summary_asked(call: Call) -> None:
    """Raises UnknownParameter: it takes none."""
    call.refuse_parameters()


async def summary(call: Call) -> Response:
    """A document about a Patient and those that are one person with it; by POST as well, as operations are
    called (https://hl7.org/fhir/R4/operations.html#executing)."""
    summary_asked(call)
    if call.method == "POST":
        await read_given(call)
    key = Key("Patient", call.places["id"])
    t = Messages(language_wanted(call.headers.get("accept-language", "")))
    await wait_for_position(call)
    await wait_for_links(call)
    await _wait_for_chart(call)
    async with call.services.views.snapshot() as connection:
        links = await linked(connection, FhirResources.name)
        chart = await read_chart(connection, subject_of(key.reference), patience=0)
        parked = await _is_parked(call, connection, key, chart)
        told = await _read(connection, key, chart, t)
    if told is None:
        raise await absent(call, key)
    if chart.person is None or chart.standing.position < max(asked_position(call), call.seen):
        raise NotShownYet(_BEHIND, headers={"Retry-After": "1"})
    found = [one.found for one in (*told.resources.values(), *told.referred)]
    lacks = lacking(parked=parked or await waits(call, versions_of(found)), links=not links.whole)
    return call.answer(document(told, f"{call.base}/", t), headers=incomplete_headers(lacks))


def language_wanted(accept: str) -> str:
    """The first language of an Accept-Language header that there is, else Vietnamese."""
    named = (part.partition(";")[0].partition("-")[0].strip().lower() for part in accept.split(","))
    return next((one for one in named if one in LANGUAGES), LANGUAGES[0])


async def _wait_for_chart(call: Call) -> None:
    """A moment; as long as a write would for what the client has named or seen."""
    async with call.services.views.connection() as connection:
        named = max(asked_position(call), call.seen)
        await shown(connection, HealthRecord.name, named, call.services.visibility_wait if named else 0)
        await end_shown(connection, HealthRecord.name)


async def _is_parked(call: Call, connection: Reader, key: Key, chart: Chart) -> bool:
    """Whether facts wait that are, or may be, about the person. Raises NotShownYet unless less is
    preferred."""
    subjects = chart.sources.subjects or [subject_of(key.reference)]
    left_out = call.services.visibility.parked
    waiting = person_waits(call, subjects, waiting=chart.standing.parked_since is not None)
    return waiting or (bool(left_out) and await has_strangers(connection, left_out))


async def _read(connection: Reader, key: Key, chart: Chart, t: Messages) -> Told | None:
    """None where the Patient is not there."""
    now = datetime.now(UTC)
    chosen = list(_entries(sheet_of(chart, now, t, ())))
    patients = [key, *(Key("Patient", id_) for id_ in _patients(chart, chosen))]
    names = dict.fromkeys([*patients, *(Key(one.origin.type, one.origin.id) for one in chosen)])
    read = await read_named(connection, list(names))
    if key.reference not in read:
        return None
    asked = {name.reference for name in names}
    entries = (one for one in chart.entries if one.origin.reference in asked)
    restated = chart.restated({one.origin.reference: _as_read(one, read) for one in entries})
    resources = {name: Resource(found, body) for name, (found, body) in read.items() if body is not None}
    outside, _ = outside_references([one.body for one in resources.values()])
    referred, _ = await read_outside(connection, Wanted(key), outside)
    bodies = [Resource(*one) for one in zip(referred, bodies_of(referred), strict=True)]
    return Told(key, sheet_of(restated, now, t, ()), resources, bodies, now)


def _entries(sheet: Sheet) -> Iterable[AnyEntry]:
    return (entry for section in sheet.sections for row in section.rows for entry in row.entries)


def _patients(chart: Chart, entries: Iterable[AnyEntry]) -> Iterator[str]:
    """Ids of those of whom they are stated; of others of the person nothing is told."""
    return filter(None, (chart.sources.patient(entry.origin.reference) for entry in entries))


def _as_read(entry: AnyEntry, read: Read) -> AnyEntry | None:
    """What the resource says that is told; None where it is taken back."""
    found, body = read.get(entry.origin.reference, (None, None))
    if found is None or body is None:
        return entry if found else None
    return READERS[entry.origin.type](body, entry.origin)
