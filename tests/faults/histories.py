"""Random histories of a few Patients, many at once: registered, amended, deleted, judged by people and by
linking processes that are killed, with facts about them that come late. Who is one person must follow from
the decisions alone, nobody may be passed over, and no program may make one person of two whom somebody keeps
apart (docs/identity.md)."""

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
from ehr.requests import Change
from ehr.values import Actor
from projections.linking.linker import Linker
from projections.linking.post import Overtaken, Post
from streams.notification_log import NotificationLog
from tests.faults.heeding import Looks, Watched, WatchedViews, unheeded
from tests.faults.people import wrong_with
from tests.linking import Killed, Mortal, copy, end_of, prepared, shown, to_the_end
from tests.pairing import recorded
from tests.stating import observation, request, update, value

PATIENTS = "abcde"
"""Of each history."""

MOST_STEPS = 16
LINKERS = 2
"""Without a lease: each believes that it is the one."""

STRUCK_SECONDS = 4.0
"""For so long the striking goes on when all has been said."""

SETTLES_SECONDS = 120.0

WISHES = {"register": 10, "delete": 1, "observe": 3, "judge": 6, "keep apart": 2}
ACTS = {Act.LINK: 3, Act.UNLINK: 3, Act.JUDGE_DIFFERENT: 3, Act.POSTPONE: 1, Act.PROPOSE: 1}
SHOWN = (
    (),
    (Evidence("personal_number", "captured", 14.0),),
    (Evidence("personal_number", "typed", 14.0), Evidence("name", "exact", 6.0)),
)
"""What people were shown when they judged."""

KILLED = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = %s and pid <> pg_backend_pid()"""

NAMES = ("Hồ Thị Mẫu", "HO THI MAU", "Hồ Thị Thử", "con bà Mẫu", "Hồ Mẫu")


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
    """A Patient, or another version of it: of one of two people, whose numbers are mixed up at times."""
    who = chance.randrange(2)
    cccd = chance.choice([_cccd(number, who)] * 6 + [_cccd(number, 1 - who), ""])
    captured = chance.choice(["qr", "qr", "qr", "verified", "typed"])
    name = chance.choices(NAMES, [6, 4, 1, 1, 1])[0]
    await record.state(request(update(_patient(number, _id(number, chance), name, cccd, captured))))


async def _keep_apart(record: HealthRecord, number: int, chance: random.Random) -> None:
    """Two that are stated as both people are judged different, whatever number they come to share."""
    one, other = (f"{number}-{letter}" for letter in chance.sample(PATIENTS, 2))
    for who, id_ in enumerate((one, other)):
        await record.state(request(update(_patient(number, id_, NAMES[0], _cccd(number, who), "qr"))))
    pair, nurse = pair_of(one, other), Actor("page", "nurse")
    await record.judge(Judgement(Act.JUDGE_DIFFERENT, pair, nurse, now(), SHOWN[1]))


def _patient(number: int, id_: str, name: str, cccd: str, captured: str) -> dict[str, Any]:
    return copy(id_, name, cccd, captured, birthDate=f"{1940 + number % 70}-05-04")


def _cccd(number: int, who: int) -> str:
    return f"04519{(number * 2 + who) % 10_000_000:07d}"


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
