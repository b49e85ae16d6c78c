"""Full charts: what facilities state about people who were ill for years.

The simulated province tells of a few hundred; of everybody else with a full chart the same is told again,
under other ids.
"""

from collections.abc import Iterator
from datetime import UTC
from functools import cache
from typing import Final, NamedTuple

import orjson

from benchmarks.lookup.filling import fact_of, version_of
from ehr.values import Key, stream_of, subject_of
from simulation.chance import chance_of
from simulation.province import Province, Sending
from streams.recorded_fact import RecordedFact

PEOPLE: Final = 300
MONTHS: Final = 72
"""Of how many people the province tells, and for how long; those of whom it tells most are told again."""

COURSES: Final = 100

_WHO: Final = b"WHOM-IT-IS-ABOUT"
_URN: Final = b"urn:uuid:"
_FIRST: Final = -(2**35)
_OF_A_CHART: Final = 1_024
"""Positions: of the first chart's first visit, and for each chart."""


class Text(NamedTuple):
    """A resource. id, json: with _WHO in place of the Patient's id."""

    type: str
    id: bytes
    json: bytes


class Told(NamedTuple):
    """A visit and all that was recorded in it. at: RFC 3339. resources: the Encounter among them."""

    facility: str
    at: str
    encounter: bytes
    resources: list[Text]


Course = list[Told]
"""The visits of somebody, in the order in which they were sent."""


@cache
def province() -> Province:
    """Whose citizens have these charts."""
    return Province(1, PEOPLE, months=MONTHS)


@cache
def courses() -> list[Course]:
    """Those with the most visits."""
    found: dict[str, Course] = {}
    for sending in province():
        visit = _visit(sending)
        if visit:
            found.setdefault(sending.citizen, []).append(visit)
    return sorted(found.values(), key=len, reverse=True)[:COURSES]


def course_of(index: int) -> Course:
    """What is told of the citizen with a full chart who has this index."""
    return chance_of(index, "course").pick(courses())


def facts_of(index: int) -> Iterator[RecordedFact]:
    """All visits of the citizen with this index, a fact each."""
    who, position = f"c{index}", _FIRST + _OF_A_CHART * index
    for place, visit in enumerate(course_of(index), start=position):
        stream = stream_of(Key("Encounter", told_of(who, visit.encounter)))
        versions = [
            version_of(one.type, told_of(who, one.id), one.json.replace(_WHO, who.encode()))
            for one in visit.resources
        ]
        subject = subject_of(f"Patient/{who}")
        yield fact_of(place, subject, stream, versions, visit.facility, visit.at)


def told_of(who: str, id_: bytes) -> str:
    """An id as it is for this Patient."""
    return id_.replace(_WHO, who.encode()).decode()


def _visit(sending: Sending) -> Told | None:
    """None for what is told of a facility, or of a visit later on."""
    entries = sending.bundle["entry"]
    ids = {entry["fullUrl"]: _id(entry["fullUrl"]) for entry in entries}
    encounter = next((e["fullUrl"] for e in entries if e["resource"]["resourceType"] == "Encounter"), None)
    if not sending.citizen or encounter is None:
        return None
    names = {entry["fullUrl"].encode(): _name(entry) for entry in entries}
    about = next(e["resource"]["subject"]["reference"] for e in entries if e["fullUrl"] == encounter)
    names[about.encode()] = b"Patient/" + _WHO
    texts = []
    for entry in entries:
        type_, id_ = entry["resource"]["resourceType"], ids[entry["fullUrl"]]
        if type_ != "Patient":
            said = orjson.dumps({"resourceType": type_, "id": id_.decode()} | _without_id(entry["resource"]))
            for name, meant in names.items():
                said = said.replace(b'"%s"' % name, b'"%s"' % meant)
            texts.append(Text(type_, id_, said))
    at = sending.sent_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Told(sending.facility, at, ids[encounter], texts)


def _id(url: str) -> bytes:
    return b"%s-%s" % (_WHO, url.removeprefix(_URN.decode()).encode())


def _name(entry: dict[str, dict[str, str]]) -> bytes:
    return b"%s/%s" % (entry["resource"]["resourceType"].encode(), _id(str(entry["fullUrl"])))


def _without_id(resource: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in resource.items() if name not in ("resourceType", "id")}
