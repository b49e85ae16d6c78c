"""Random histories of a few Patients, many at once: of twins and their mother, whose cards are mixed up;
registered, amended, deleted, merged, judged by people and by linking processes that are killed, with facts
about them that come late. Who is one person must follow from the decisions alone, nobody may be passed over,
no program may make one person of two whom somebody keeps apart, nor of two whom the rules tell apart and have
no doubts (docs/identity.md)."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from ehr.errors import Refusal, Unavailable
from ehr.event_store.connections import connect
from ehr.event_store.store import PostgresRecorder
from ehr.facts import Evidence
from ehr.health_record import HealthRecord, now
from ehr.linking import Act, Judgement, pair_of
from ehr.matching.captured import CAPTURED
from ehr.merging import Named, Wish
from ehr.requests import Change
from ehr.values import Actor
from projections.linking.linker import Linker
from projections.linking.post import Overtaken, Post, judge_anew
from streams.notification_log import NotificationLog
from tests.faults.heeding import Looks, Watched, WatchedViews, unheeded
from tests.faults.mixing import mixed_people
from tests.faults.people import wrong_with
from tests.linking import Killed, Mortal, copy, end_of, prepared, shown, to_the_end
from tests.pairing import recorded
from tests.projections.citizens.people import SID
from tests.stating import observation, request, update, value

PATIENTS = "abcde"
"""Of each history; the last one is the mother's."""

TWIN, SISTER, MOTHER = range(3)

MOST_STEPS = 16
LINKERS = 2
"""Without a lease: each believes that it is the one."""

STRUCK_SECONDS = 4.0
"""For so long the striking goes on when all has been said."""

SETTLES_SECONDS = 120.0

WISHES = {"register": 10, "delete": 1, "observe": 3, "judge": 6, "keep apart": 2, "merge": 2}
ACTS = {Act.LINK: 3, Act.UNLINK: 3, Act.JUDGE_DIFFERENT: 3, Act.POSTPONE: 1, Act.PROPOSE: 1}
SHOWN = (
    (),
    (Evidence("personal_number", "captured", 14.0),),
    (Evidence("personal_number", "typed", 14.0), Evidence("name", "exact", 6.0)),
)
"""What people were shown when they judged."""

KILLED = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = %s and pid <> pg_backend_pid()"""

NAMES = {
    TWIN: (("Hồ Thị Mẫu", "HO THI MAU", "Hồ Thị Thử", "con bà Lành", "Hồ Mẫu"), (6, 4, 1, 1, 1)),
    SISTER: (("Hồ Thị Mẫu", "HO THI MAU", "Hồ Thị Mậu", "con bà Lành"), (4, 4, 3, 1)),
    MOTHER: (("Hồ Thị Lành", "HO THI LANH"), (3, 1)),
}
"""As the twins are written, one like the other at times: of them Mẫu and Mậu are two."""

MOTHERS_AGE = 25


@dataclass
class Histories:
    """What was done, and what was wrong afterwards."""

    done: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Histories") -> "Histories":
        return Histories(self.done + other.done, self.facts + other.facts, self.wrong + other.wrong)

    @property
    def told(self) -> str:
        """What was done."""
        return ", ".join(f"{number} {kind}" for kind, number in self.done.items())


class _Linking(NamedTuple):
    """What links, and what it has looked at."""

    url: str
    kind: type[Linker]
    looks: Looks


def live(url: str, histories: int, seed: int, linker: type[Linker] = Linker) -> Histories:
    """So many histories at once on an empty, migrated record; then looks at all of it."""
    chance, found = random.Random(seed), Histories()
    looks = Looks()
    with shown(prepared(url)):
        asyncio.run(_live(url, histories, chance, found, _Linking(url, linker, looks)))
        found.wrong += wrong_with(url)
        found.wrong += unheeded(recorded(url), looks)
        asyncio.run(_settle_anew(_Linking(url, linker, looks)))
        found.wrong += mixed_people(url)
    found.facts = end_of(url)
    return found


async def _live(url: str, histories: int, chance: random.Random, found: Histories, linking: _Linking) -> None:
    async with PostgresRecorder(url) as recorder:
        record = HealthRecord(recorder)
        lives = [_history(record, n, random.Random(chance.random()), found.done) for n in range(histories)]
        done = threading.Event()
        linkers = [
            asyncio.create_task(_link(linking, chance, found.done, done.is_set)) for _ in range(LINKERS)
        ]
        striking = asyncio.create_task(_strike(url, chance, found.done))
        await asyncio.gather(*lives)
        await asyncio.sleep(STRUCK_SECONDS)
        striking.cancel()
        done.set()
        await asyncio.gather(*linkers)
    await _settle(linking)


async def _history(record: HealthRecord, number: int, chance: random.Random, done: Counter[str]) -> None:
    """One after the other, as a few facilities and somebody who reviews would do."""
    for _ in range(chance.randint(4, MOST_STEPS)):
        (wish,) = chance.choices(list(WISHES), list(WISHES.values()))
        done[wish] += 1
        with suppress(Refusal):
            await _WISHES[wish](record, number, chance)
        await asyncio.sleep(chance.random() * 0.05)


async def _register(record: HealthRecord, number: int, chance: random.Random) -> None:
    """A Patient, or another version of it: of one of three people, whose cards are mixed up at times."""
    id_ = _id(number, chance)
    who = MOTHER if id_.endswith(PATIENTS[-1]) else chance.choice([TWIN, SISTER])
    name = chance.choices(*NAMES[who])[0]
    captured = chance.choice(["qr", "qr", "qr", "verified", "typed"])
    others = [one for one in (TWIN, SISTER, MOTHER) if one != who]
    card = chance.choice([who] * 6 + [*others, None])
    stated = _patient(number, id_, who, name, "" if card is None else _cccd(number, card), captured)
    insured = chance.choice([who] * 3 + [*others, None, None])
    if insured is not None:
        stated["identifier"] = [*stated.get("identifier", ()), _insured(number, insured)]
    if who != MOTHER and chance.random() < 0.2:
        stated["multipleBirthInteger"] = who + 1
    await record.state(request(update(stated)))


async def _keep_apart(record: HealthRecord, number: int, chance: random.Random) -> None:
    """Two that are stated as both twins are judged different, whatever number they come to share."""
    one, other = (f"{number}-{letter}" for letter in chance.sample(PATIENTS[:-1], 2))
    for who, id_ in enumerate((one, other)):
        name = NAMES[TWIN][0][0]
        await record.state(request(update(_patient(number, id_, who, name, _cccd(number, who), "qr"))))
    pair, nurse = pair_of(one, other), Actor("page", "nurse")
    await record.judge(Judgement(Act.JUDGE_DIFFERENT, pair, nurse, now(), SHOWN[1]))


async def _merge(record: HealthRecord, number: int, chance: random.Random) -> None:
    """One is replaced by another; every second time that is taken back."""
    one, other = (Named(f"{number}-{letter}") for letter in chance.sample(PATIENTS, 2))
    wish = Wish(one, other, Actor("page", "nurse"), now())
    await record.merge(wish)
    await asyncio.sleep(chance.random() * 0.1)
    if chance.random() < 0.5:
        await record.unmerge(wish)


def _patient(number: int, id_: str, who: int, name: str, cccd: str, captured: str) -> dict[str, Any]:
    return copy(id_, name, cccd, captured, birthDate=f"{_year(number, who)}-05-04")


def _year(number: int, who: int) -> int:
    born = 1940 + number % 70
    return born - MOTHERS_AGE if who == MOTHER else born


def _cccd(number: int, who: int) -> str:
    """As it is given to a woman of that year."""
    year = _year(number, who)
    return f"045{2 * (year // 100 - 19) + 1}{year % 100:02}{(3 * number + who) % 1_000_000:06d}"


def _insured(number: int, who: int) -> dict[str, Any]:
    said = [{"url": CAPTURED, "valueCode": "qr"}]
    value = f"45{(3 * number + who) % 100_000_000:08d}"
    return {"system": f"{SID}/insurance_number", "value": value, "extension": said}


async def _delete(record: HealthRecord, number: int, chance: random.Random) -> None:
    await record.state(request(Change(None, "delete", "Patient", _id(number, chance))))


async def _observe(record: HealthRecord, number: int, chance: random.Random) -> None:
    """What happened years before it is told."""
    late = observation(_id(number, chance), chance.randrange(9)) | {"effectiveDateTime": "2019-05-04"}
    await record.state(request(update(late | {"id": f"{number}-{chance.randrange(4)}"})))


async def _judge(record: HealthRecord, number: int, chance: random.Random) -> None:
    (act,) = chance.choices(list(ACTS), list(ACTS.values()))
    one, other = chance.sample(PATIENTS, 2)
    evidence = chance.choice(SHOWN)
    pair = pair_of(f"{number}-{one}", f"{number}-{other}")
    await record.judge(Judgement(act, pair, Actor("page", "nurse"), now(), evidence))


_WISHES = {
    "register": _register,
    "delete": _delete,
    "observe": _observe,
    "judge": _judge,
    "keep apart": _keep_apart,
    "merge": _merge,
}


def _id(number: int, chance: random.Random) -> str:
    return f"{number}-{chance.choice(PATIENTS)}"


# Linking processes that are killed at any moment, and what befalls whoever else is at work.


class _Death:
    """Comes to a linking process after some time, and takes it at the next thing that it does."""

    def __init__(self, chance: random.Random, ends: Callable[[], bool]) -> None:
        self._chance, self._ends = chance, ends
        self._at = time.monotonic() + chance.expovariate(2)

    def __call__(self) -> bool:
        return time.monotonic() > self._at or self._ends()

    def before(self) -> bool:
        return self._chance.random() < 0.5


class _MortalPost(Post):
    """Dies before or after it has noted where it is."""

    death: _Death | None = None

    def advance(self, old: int, new: int, waits: Collection[UUID]) -> None:
        if self.death and self.death() and self.death.before():
            raise Killed
        super().advance(old, new, waits)
        if self.death and self.death():
            raise Killed


async def _link(
    linking: _Linking, chance: random.Random, done: Counter[str], ends: Callable[[], bool]
) -> None:
    while not ends():
        death = _Death(chance, ends)
        with suppress(Overtaken, Unavailable, psycopg.OperationalError):
            async with _linker(linking, death) as linker:
                done["linkers killed"] += await _killed(linker, death)


async def _killed(linker: Linker, death: _Death) -> bool:
    """Whether it was killed at work."""
    try:
        while not death():
            if not await linker.step():
                await asyncio.sleep(0.02)
    except Killed:
        return True
    return False


@asynccontextmanager
async def _linker(linking: _Linking, death: _Death | None = None) -> AsyncIterator[Linker]:
    """A linking process without a lease."""
    url, kind, looks = linking
    views = WatchedViews(url)
    await views.open()
    try:
        async with PostgresRecorder(url) as recorder:
            record = HealthRecord(recorder)
            door = Mortal(death, death.before, record) if death else record
            with closing(NotificationLog(url)) as log, closing(_MortalPost(url)) as post:
                post.death = death
                yield kind(log, post, views, Watched(door, views, looks), lambda: False)
    finally:
        await views.close()


async def _strike(url: str, chance: random.Random, done: Counter[str]) -> None:
    """Ends connections of projectors and linking processes."""
    while True:
        await asyncio.sleep(chance.uniform(0.1, 0.4))
        whom = chance.choice(["ehr project links", "ehr project matching", "ehr link, standing by"])
        with connect(url) as connection:
            done["connections ended"] += len(connection.execute(KILLED, [whom]).fetchall())


async def _settle(linking: _Linking) -> None:
    """Nobody strikes any more, and one process comes to the end of the record."""
    url = linking.url
    async with asyncio.timeout(SETTLES_SECONDS):
        while value(url, "select position from views.linking") != end_of(url):
            async with _linker(linking) as linker:
                await to_the_end(linker)


async def _settle_anew(linking: _Linking) -> None:
    """Everybody is judged again, with everything shown: of two processes at once neither saw what the other
    one was linking, which is promised to nobody."""
    judge_anew(linking.url)
    await _settle(linking)
