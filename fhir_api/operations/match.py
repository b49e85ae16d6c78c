"""Patient/$match: who may be meant (https://hl7.org/fhir/R4/patient-operation-match.html).

Candidates are those Patients that share a number, a telephone, or name and birth with the one that is sent;
no others are compared. Patients that links make one person come together.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from ehr.communes.table import MERGED
from ehr.compression import decompress
from ehr.dates import ZONE
from ehr.matching.blocking import block_keys
from ehr.matching.judging import CERTAIN, GRADE_EXTENSION
from ehr.matching.person import Person, person_of
from ehr.patient_links import REPLACED_BY, links_of
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.completeness import incomplete_entries, incomplete_headers, lacking
from fhir_api.errors import BadRequest, NotShownYet, TooLittleSaid
from fhir_api.intake import Issue
from fhir_api.interactions.read import asked_position, wait_for_position
from fhir_api.interactions.spanning import wait_for_links
from fhir_api.operations.given import read_given
from fhir_api.operations.ranking import Match, certain, ranked
from fhir_api.outcomes import outcome
from fhir_api.reading import Entry, address, base_of, bundle, outcome_entry
from projections.fhir_resources.queries import Version
from projections.fhir_resources.view import FhirResources
from projections.links.person import people_of
from projections.links.showing import linked
from projections.matching.candidates import judged
from projections.standing import PATIENCE

MOST_TOLD = 100
USUAL = 20
"""Patients that are told: at most, and when nothing is said. As many are compared, common numbers first."""

PERSON_EXTENSION = "http://fhir.example.vn/StructureDefinition/match-person"
"""Of an entry's search: entries that have the same are one person by links."""

_SEVERAL = "Several people are certain, so none is."
_BEHIND = "Who may be meant is not known yet at the position that it names."


class _Asked(NamedTuple):
    """Whom somebody looks for, and how many Patients are to be told."""

    person: Person
    only_certain: bool
    most: int


class _Found(NamedTuple):
    """The Patients that are told, and how many there are. linked: whether nothing is missing in who is one
    person."""

    told: Sequence[tuple[Match, Version]]
    total: int
    several: bool
    linked: bool


async def match(call: Call) -> Response:
    """A Bundle of those who may be meant."""
    asked = await _asked(call)
    await wait_for_position(call)
    shown = await _wait_for_matching(call)
    await wait_for_links(call)
    found = await _find(call, asked)
    visible = call.services.visibility.parked or call.services.matching.parked
    lacks = lacking(parked=bool(visible) or not shown, links=not found.linked)
    entries = [_entry(base_of(call), *one) for one in found.told]
    if found.several:
        note = Issue("multiple-matches", "", _SEVERAL, "information")
        entries.append(outcome_entry(orjson.dumps(outcome([note], call.request_id))))
    entries += incomplete_entries(call, lacks)
    body = bundle("searchset", entries, {"self": address(call, "Patient/$match", [])}, found.total)
    return call.answer(body, headers=incomplete_headers(lacks))


async def _asked(call: Call) -> _Asked:
    given = await read_given(call)
    count = given.one("count")
    if count is not None and count < 1:
        raise BadRequest("Parameter count: 1 or more.")
    today = datetime.now(ZONE).date().isoformat()
    person = person_of(given.one("resource"), units=MERGED, on=today)
    if not block_keys(person):
        raise TooLittleSaid
    return _Asked(person, given.one("onlyCertainMatches") is True, min(count or USUAL, MOST_TOLD))


async def _wait_for_matching(call: Call) -> bool:
    """Whether the view shows all that ``fhir_resources`` does. Raises NotShownYet where it does not come to
    what the client has named or seen."""
    matching, wait = call.services.matching, call.services.visibility_wait
    named = max(asked_position(call), call.seen)
    if named and not await matching.wait(named, wait):
        raise NotShownYet(_BEHIND, headers={"Retry-After": "1"})
    return await matching.wait(call.services.visibility.position, min(wait, PATIENCE))


async def _find(call: Call, asked: _Asked) -> _Found:
    async with call.services.views.snapshot() as connection:
        links = await linked(connection, FhirResources.name)
        compared = await judged(connection, asked.person, at_most=MOST_TOLD)
        people = await people_of(connection, [one.candidate.subject for one in compared], links.at)
    groups = ranked(compared, people)
    sure = certain(groups)
    several = asked.only_certain and not sure and bool(groups) and groups[0][0].grade == CERTAIN
    placed = [
        (place, one) for place, group in enumerate(sure if asked.only_certain else groups) for one in group
    ]
    told = await _read(call, placed[: asked.most])
    return _Found(told, len(placed), several, links.whole)


async def _read(call: Call, placed: Sequence[tuple[int, Match]]) -> list[tuple[Match, Version]]:
    """Those that are there; of each person behind the others whoever is replaced."""
    keys = [Key("Patient", one.patient) for _, one in placed]
    versions = await asyncio.gather(*map(call.services.reader.read, keys))
    there = [
        (place, _is_replaced(version), one, version)
        for (place, one), version in zip(placed, versions, strict=True)
        if version and not version.deleted
    ]
    there.sort(key=lambda found: found[:2])
    return [(one, version) for _, _, one, version in there]


def _is_replaced(version: Version) -> bool:
    return any(link.type == REPLACED_BY for link in links_of(decompress(version.body)))


def _entry(base: bytes, one: Match, version: Version) -> Entry:
    extension: list[dict[str, Any]] = [{"url": GRADE_EXTENSION, "valueCode": one.grade}]
    if one.person:
        extension.append({"url": PERSON_EXTENSION, "valueUri": one.person.urn})
    search = orjson.dumps({"extension": extension, "mode": "match", "score": one.score})
    place = b'{"fullUrl":"%bPatient/%b","resource":' % (base, one.patient.encode())
    return place, version.served(), b',"search":%b}' % search
