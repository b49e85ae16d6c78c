"""Projectors that are killed, frozen, believed dead and awake again, over a topic in which facts stand twice:
the views are, byte for byte, what a fresh replay of the record makes of it."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from backbone.wiring import VIEWS
from benchmarks.house import open_house
from ehr.event_store.notifications import Notifications
from projections.digests import digest
from projections.generations import Generation, add_generation, drop_generation
from projections.projector import Projector
from streams.broker import Access, Administration, Place, Writer
from streams.log_record import to_record
from streams.notification_log import NotificationLog
from streams.topics import Wish, ensure_topic
from tests.backbone.waiting import until
from tests.faults.arriving import hung, positions
from tests.faults.forks import FORKS
from tests.faults.projecting import project
from tests.stating import looking, value

Digest = dict[str, dict[str, tuple[int, int]]]
"""view -> table -> rows and sum of their hashes."""

STRIKES = 8
"""In one trial; then the projectors are left alone."""

WINDOW = 50
"""Facts in one sending."""

DOUBLED = 0.05
"""Part of the sendings that come again later."""


@dataclass
class Field:
    """A record, the topic that has its facts, some of them twice, and what the views are to be.

    kills: how many so far; records: those that views have taken up.
    """

    url: str
    servers: str
    topic: str
    expected: Digest
    end: int
    kills: int = 0
    records: int = 0


@contextmanager
def field_of(servers: str, citizens: int) -> Iterator[Field]:
    """A simulated province of so many people."""
    with open_house() as house:
        command = [sys.executable, "-m", "simulation", "--base", house.base, "--citizens", str(citizens)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        house.supervisor.stop()
        end = value(house.database, "select max(notification_id) from record.facts")
        topic = f"zombies.{secrets.token_hex(6)}"
        _send(house.database, Access(servers), topic, random.Random(1))
        yield Field(house.database, servers, topic, _replayed(house.database), end)


def _send(url: str, access: Access, topic: str, chance: random.Random) -> None:
    """Writes every fact, and some sendings again, at once or much later."""
    with closing(Administration(access)) as administration:
        ensure_topic(administration, Wish(topic, copies=1))
    with closing(Notifications(url)) as store, closing(Writer(access, Place(topic, 0))) as writer:
        position, before = 0, []
        while rows := store.read(position, WINDOW):
            records = [to_record(row) for row in rows]
            before.append(records)
            sendings = [records] + ([chance.choice(before[-20:])] if chance.random() < DOUBLED else [])
            for sending in sendings:
                assert writer.write(sending) == len(sending)
            position = rows[-1].position


def _replayed(url: str) -> Digest:
    """What the views are when nothing disturbs their projectors, from the record's own log."""
    generations = _generations(url)
    with closing(NotificationLog(url)) as log:
        for name, generation in generations.items():
            with closing(Projector(VIEWS[name](), log, url, generation)) as projector:
                while projector.step():
                    pass
    return _digests(url, generations)


def trial(place: Field, seed: int, kinds: Sequence[str] = ("honest", "honest", "reckless")) -> list[str]:
    """What is wrong after all views were projected anew by processes to which everything happens."""
    chance = random.Random(seed)
    generations = _generations(place.url)
    herd = [_Process(place, kind, list(generations.values())) for kind in kinds]
    try:
        until(lambda: any(positions(place.url, generations).values()), "a view goes on")
        for _ in range(STRIKES):
            time.sleep(0.3 + chance.random())
            place.kills += _strike(place, herd, chance)
        for process in herd:
            process.wake()
        wrong = hung(place.url, generations, place.end)
        wrong += [f"one who is {process.kind} ended by itself" for process in herd if not process.lives]
    finally:
        for process in herd:
            process.end()
    place.records += place.end * len(generations)
    return wrong + _wrong(place, generations)


def _strike(place: Field, herd: Sequence["_Process"], chance: random.Random) -> int:
    """Something happens to one of them; gives 1 when it was killed."""
    victim = chance.choice(herd)
    if victim.frozen:
        victim.wake()
    elif chance.random() < 0.5:
        victim.freeze()
        with looking(place.url) as connection:  # as the database does when a machine is gone
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'ehr stand by %' and state like 'idle%'"
            )
    else:
        victim.kill()
        return 1
    return 0


def _wrong(place: Field, generations: dict[str, Generation]) -> list[str]:
    with looking(place.url) as connection:
        parked = connection.execute("select count(*) from views.parked").fetchone()
        connection.execute("delete from views.parked")
        found = _digests(place.url, generations)
        for generation in generations.values():
            drop_generation(connection, generation)
    wrong = [f"{parked[0]} citizens are parked"] if parked and parked[0] else []
    return wrong + [
        f"{name} is not what a replay makes" for name in found if found[name] != place.expected[name]
    ]


@dataclass
class _Process:
    """One process with a projector of each view. Killed, it is there again at once."""

    place: Field
    kind: str
    generations: Sequence[Generation]
    frozen: bool = False
    process: BaseProcess = field(init=False)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        given = (self.kind, self.place.url, self.place.servers, self.place.topic, self.generations)
        self.process = FORKS.Process(target=project, args=given, daemon=True)
        self.process.start()

    @property
    def lives(self) -> bool:
        """Whether it goes on, or could: a frozen one does."""
        return self.process.is_alive()

    def kill(self) -> None:
        self.end()
        self._start()

    def freeze(self) -> None:
        self.frozen = True
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.frozen = False
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def end(self) -> None:
        self.frozen = False
        self.process.kill()
        self.process.join()


def _generations(url: str) -> dict[str, Generation]:
    with looking(url) as connection:
        return {name: add_generation(connection, make()) for name, make in VIEWS.items()}


def _digests(url: str, generations: dict[str, Generation]) -> Digest:
    with looking(url) as connection:
        return {name: digest(connection, VIEWS[name](), one) for name, one in generations.items()}
