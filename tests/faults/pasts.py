"""Random histories of a few people, looked back upon: registered, seen, amended, retracted, moved, linked and
parted, by several facilities, with facts that come late. Every chart that somebody looked at on the way must
be the same when it is asked for as it was; and what it was, as a whole and by each facility, must follow from
the facts until then alone (docs/consistency.md)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ehr.errors import Refusal
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord, now
from ehr.linking import Act, Judgement, pair_of
from ehr.requests import Change, Request
from ehr.values import Actor, subject_of
from projections.database import Reader, ViewDatabase
from projections.fhir_resources.view import FhirResources
from projections.health_record import view as health_record
from projections.health_record.chart import Chart, Standing
from projections.health_record.kinds import AnyEntry
from projections.health_record.past import moment_at, moment_before, read_past
from projections.health_record.queries import read_chart
from projections.health_record.view import Sheets
from projections.links.view import Links
from projections.projector import Projector
from streams.recorded_fact import RecordedFact
from tests.faults.people import components
from tests.pairing import recorded
from tests.projections.citizens.people import organization
from tests.projections.citizens.stating import delete, put
from tests.replaying import projector

Json = dict[str, Any]

PATIENTS = "abcd"
FACILITIES = ("45901", "45902", None)
AT_ONCE = 6
"""Requests that are sent together, at most."""

PATIENCE = 30.0

WISHES = {"register": 3, "visit": 4, "observe": 5, "prescribe": 3, "retract": 5, "name": 2, "judge": 4}
ACTS = {Act.LINK: 4, Act.UNLINK: 3, Act.JUDGE_DIFFERENT: 1, Act.PROPOSE: 1}


@dataclass
class Pasts:
    """What was done, how many charts were looked back upon, and what was wrong with them."""

    done: Counter[str] = field(default_factory=Counter)
    charts: int = 0
    facts: int = 0
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Pasts") -> "Pasts":
        return Pasts(
            self.done + other.done,
            self.charts + other.charts,
            self.facts + other.facts,
            self.wrong + other.wrong,
        )

    @property
    def told(self) -> str:
        """What was done."""
        return ", ".join(f"{number} {kind}" for kind, number in self.done.items())


class Told(NamedTuple):
    """What a chart says, with the names that it says it by."""

    entries: list[AnyEntry]
    standing: Standing
    patients: list[Any]
    names: list[str | None]


class Seen(NamedTuple):
    """A chart as somebody saw it. position: how far it showed the log."""

    position: int
    patient: str
    told: Told


def look_back(url: str, bursts: int, seed: int, view: health_record.HealthRecord | None = None) -> Pasts:
    """So many bursts of requests on an empty, migrated record, with looks in between; then all that was seen
    is looked at again. view: of the charts."""
    return asyncio.run(_look_back(url, bursts, random.Random(seed), view or health_record.HealthRecord()))


async def _look_back(url: str, bursts: int, chance: random.Random, view: health_record.HealthRecord) -> Pasts:
    found, seen = Pasts(), list[Seen]()
    views = ViewDatabase(url, size=2)
    with ExitStack() as stack:
        followed = [stack.enter_context(projector(url, one)) for one in (view, Links(), FhirResources())]
        async with PostgresRecorder(url) as recorder:
            record = HealthRecord(recorder)
            for id_ in PATIENTS:
                await _register(record, chance, id_)
            await asyncio.to_thread(_catch_up, followed)
            await views.open()
            try:
                for _ in range(bursts):
                    wishes = range(chance.randint(1, AT_ONCE))
                    await asyncio.gather(*(_one(record, chance, found.done) for _ in wishes))
                    await asyncio.to_thread(_catch_up, followed)
                    async with views.connection() as connection:
                        seen.append(await _see(connection, chance.choice(PATIENTS)))
                async with views.connection() as connection:
                    seen += [await _see(connection, id_) for id_ in PATIENTS]
                wrong, facts = Counter[str](), recorded(url)
                for one in seen:
                    async with views.connection() as connection:
                        wrong.update(await _wrong_with(connection, facts, one, chance))
                found.wrong = [f"{what} ({number})" for what, number in wrong.items()]
            finally:
                await views.close()
    found.charts, found.facts = len(seen), seen[-1].position
    return found


def _catch_up(projectors: Sequence[Projector]) -> None:
    for one in projectors:
        while one.step():
            pass


async def _see(connection: Reader, patient: str) -> Seen:
    chart = await read_chart(connection, subject_of(f"Patient/{patient}"), PATIENCE)
    return Seen(chart.standing.position, patient, told(chart))


def told(chart: Chart) -> Told:
    """All that is compared."""
    places = map(chart.facility, chart.entries)
    names = [f"{place} {place.key}" if place else None for place in places]
    names += [chart.medicine_name(one) for one in chart.medicines]
    names += [chart.name(one) for visit in chart.visits for one in visit.practitioners]
    return Told(chart.entries, chart.standing, list(chart.patients), names)


# What is wrong.


async def _wrong_with(
    connection: Reader, facts: Sequence[RecordedFact], seen: Seen, chance: random.Random
) -> list[str]:
    subject, moment = subject_of(f"Patient/{seen.patient}"), await moment_at(connection, seen.position)
    assert moment is not None
    whole = (await read_past(connection, subject, moment, patience=PATIENCE)).chart
    facility = chance.choice(FACILITIES[:2])
    own = (await read_past(connection, subject, moment, facility, PATIENCE)).chart
    until = facts[: seen.position]
    looks = {
        "a chart is another one than it was": told(whole) == seen.told,
        "a chart is not what the facts say": whole.entries == _replayed(until, subject, None),
        "what a facility had recorded is another": own.entries == _replayed(until, subject, facility),
        "a moment is at another position": await _is_at_its_place(connection, facts, seen.position),
    }
    return [what for what, right in looks.items() if not right]


def _replayed(facts: Sequence[RecordedFact], subject: UUID, facility: str | None) -> list[AnyEntry]:
    """The entries of a chart by all facts, without any view."""
    person = next((one for one in components(facts) if subject in one), frozenset([subject]))
    sheets = Sheets()
    sheets.apply(one for one in facts if one.subject in person and facility in (None, one.fact.facility))
    entries = [entry for _, sheet in sorted(sheets.entries().items()) for entry in sheet]
    return Chart(entries, {}, Standing(0, 0, None, None)).entries


async def _is_at_its_place(connection: Reader, facts: Sequence[RecordedFact], position: int) -> bool:
    """Whether the time of a flush leads to the flush's end, and what is a moment earlier does not."""
    one = facts[position - 1]
    recorded_at = datetime.fromisoformat(one.last_updated)
    at = await moment_before(connection, recorded_at + timedelta(milliseconds=1))
    before = await moment_before(connection, recorded_at)
    expected = (one.transaction + one.size - 1, one.transaction - 1)
    return (at.position if at else 0, before.position if before else 0) == expected


# What people do.


async def _one(record: HealthRecord, chance: random.Random, done: Counter[str]) -> None:
    (wish,) = chance.choices(list(WISHES), list(WISHES.values()))
    done[wish] += 1
    with suppress(Refusal):
        await _WISHES[wish](record, chance)


async def _state(record: HealthRecord, chance: random.Random, *changes: Change) -> None:
    await record.state(Request(list(changes), Actor(facility=chance.choice(FACILITIES)), now()))


async def _register(record: HealthRecord, chance: random.Random, id_: str | None = None) -> None:
    name = chance.choice(["Hồ Thị Mẫu", "Hồ Thị Thử", "Hồ Văn Mẫu"])
    stated = {"resourceType": "Patient", "id": id_ or chance.choice(PATIENTS), "name": [{"text": name}]}
    await _state(record, chance, put(stated | {"active": chance.random() < 0.8}))


async def _visit(record: HealthRecord, chance: random.Random) -> None:
    """A visit with what was found in it, stated anew at times, perhaps of another person; long past at
    times."""
    patient, number = chance.choice(PATIENTS), chance.randrange(4)
    visit = _of("Encounter", f"v{number}", patient) | {
        "status": "finished",
        "class": {"code": "AMB"},
        "period": {"start": chance.choice(["2019-05-04", "2026-10-05T08:00:00+07:00"])},
        "participant": [{"individual": {"reference": "Practitioner/p"}}],
        "serviceProvider": {"reference": "Organization/o"},
    }
    problem = _of("Condition", f"c{number}", patient) | {
        "code": {"text": f"Sốt {chance.randrange(9)}"},
        "encounter": {"reference": f"Encounter/v{number}"},
        "verificationStatus": {"coding": [{"code": chance.choice(["confirmed", "entered-in-error"])}]},
    }
    await _state(record, chance, put(visit), put(problem, 1))


async def _observe(record: HealthRecord, chance: random.Random) -> None:
    result = _of("Observation", f"r{chance.randrange(5)}", chance.choice(PATIENTS)) | {
        "status": "final",
        "code": {"text": "Glucose"},
        "effectiveDateTime": chance.choice(["2019", "2026-10-05"]),
        "valueInteger": chance.randrange(9),
    }
    await _state(record, chance, put(result))


async def _prescribe(record: HealthRecord, chance: random.Random) -> None:
    prescription = _of("MedicationRequest", f"m{chance.randrange(3)}", chance.choice(PATIENTS)) | {
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "Medication/d"},
    }
    await _state(record, chance, put(prescription))


async def _retract(record: HealthRecord, chance: random.Random) -> None:
    kind, letter, most = chance.choice(
        [("Encounter", "v", 4), ("Condition", "c", 4), ("Observation", "r", 5), ("MedicationRequest", "m", 3)]
    )
    await _state(record, chance, delete(kind, f"{letter}{chance.randrange(most)}"))


async def _name(record: HealthRecord, chance: random.Random) -> None:
    """Facilities, people and medicines are called otherwise, or are not known any more."""
    called = f"Tên {chance.randrange(9)}"
    named = chance.choice(
        [
            put(organization("o", "45901", called)),
            put({"resourceType": "Practitioner", "id": "p", "name": [{"text": called}]}),
            put({"resourceType": "Medication", "id": "d", "code": {"text": called}}),
            delete("Practitioner", "p"),
            delete("Medication", "d"),
        ]
    )
    await _state(record, chance, named)


async def _judge(record: HealthRecord, chance: random.Random) -> None:
    (act,) = chance.choices(list(ACTS), list(ACTS.values()))
    pair = pair_of(*chance.sample(PATIENTS, 2))
    await record.judge(Judgement(act, pair, Actor("page", "nurse"), now(), ()))


def _of(type_: str, id_: str, patient: str) -> Json:
    return {"resourceType": type_, "id": id_, "subject": {"reference": f"Patient/{patient}"}}


_WISHES: dict[str, Callable[[HealthRecord, random.Random], Awaitable[None]]] = {
    "register": _register,
    "visit": _visit,
    "observe": _observe,
    "prescribe": _prescribe,
    "retract": _retract,
    "name": _name,
    "judge": _judge,
}
