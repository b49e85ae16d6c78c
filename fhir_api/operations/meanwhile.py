"""What was recorded while two Patients were taken for one person: some of it may be about the other one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from ehr.dates import instant
from ehr.facts import RecordsLinked
from ehr.linking import Pair
from ehr.merging import last_linked
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.operations.given import Part
from projections.fhir_resources.meanwhile import Stated, stated_since
from projections.links.person import people_between

MOST_TOLD = 500
"""Versions that are told; the chart's page of the link tells the rest."""


class Meanwhile(NamedTuple):
    """parts: each a version. more: whether there are others that are not told."""

    parts: Sequence[Part]
    more: bool


async def recorded_meanwhile(call: Call, pair: Pair, but: Mapping[Key, int]) -> Meanwhile:
    """Versions of what is about them, of whatever facility, in order. but: those that took the link back.

    Also of all Patients that were one person with either in between. What the merge itself wrote is not among
    it.
    """
    stream = await call.services.recorder.read_stream(pair.stream)
    linked = last_linked(stream)
    if linked is None:
        return Meanwhile([], more=False)
    merges = [fact.merge for fact in stream.facts if isinstance(fact, RecordsLinked) and fact.merge]
    own = {(key.reference, version) for key, version in but.items()}
    for merge in merges:
        (target,) = {*pair} - {merge.source}
        own |= {
            (f"Patient/{merge.source}", merge.source_version),
            (f"Patient/{target}", merge.target_version),
        }
    async with call.services.views.snapshot() as connection:
        people = await people_between(connection, [pair.subject, pair.other], linked.since, linked.until)
        patients = {pair.subject: pair.patient, pair.other: pair.other_patient}
        for others in people.values():
            patients |= others
        stated = await stated_since(connection, patients, linked.since, MOST_TOLD + len(own) + 1)
    told = [
        one
        for one in stated
        if (one.version.reference, one.version.version) not in own
        and (linked.until is None or one.version.position < linked.until)
    ]
    return Meanwhile(list(_parts(told[:MOST_TOLD], patients)), len(told) > MOST_TOLD)


def _parts(stated: Iterable[Stated], patients: Mapping[UUID, str]) -> Iterable[Part]:
    for one in stated:
        version = f"{one.version.reference}/_history/{one.version.version}"
        said: list[dict[str, Any]] = [{"name": "version", "valueReference": {"reference": version}}]
        said += [
            {"name": "patient", "valueReference": {"reference": f"Patient/{patients[subject]}"}}
            for subject in one.version.whose
            if subject in patients
        ]
        said.append({"name": "recorded", "valueInstant": instant(one.version.last_updated)})
        if one.facility:
            said.append({"name": "facility", "valueString": one.facility})
        yield Part("recorded-meanwhile", orjson.dumps(said), "part")
