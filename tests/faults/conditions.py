"""Clients in several processes whose requests go by any search, over a view that comes and goes: of what one
condition makes there are never two (docs/consistency.md)."""

import asyncio
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import psycopg

from ehr.errors import Refusal, Unavailable
from ehr.event_store.connections import connect
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord
from ehr.requests import Change, IdempotencyKey
from ehr.values import Key, new_id
from projections.fhir_resources.conditions import IndexSearcher
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from tests.conditions import KINDS, Json, Kind, meets, versions
from tests.faults.losing import LosingCommit
from tests.replaying import projector
from tests.stating import create, observation, request

PROCESSES = 3
CLIENTS = 22
"""Of each process: more than 64 in all."""

NUMBERS = 3
"""Of each kind, so that clients meet."""

CHANCES = {"create": 60, "update": 15, "delete": 10, "delete all": 5, "refer": 10}


@dataclass
class Asked:
    """What clients asked and were told. made: keys of what was acknowledged as new."""

    requests: Counter[str] = field(default_factory=Counter)
    made: set[Key] = field(default_factory=set)
    refused: int = 0
    lost: int = 0

    def __add__(self, other: "Asked") -> "Asked":
        requests, made = self.requests + other.requests, self.made | other.made
        return Asked(requests, made, self.refused + other.refused, self.lost + other.lost)


@dataclass(frozen=True)
class Conditions:
    """What was asked and what was wrong with the record afterwards."""

    asked: Asked
    stated: int
    wrong: list[str]

    def __str__(self) -> str:
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.asked.requests.items())
        told = (
            f"{kinds}; {self.stated} versions, {self.asked.refused} refused, {self.asked.lost} answers lost"
        )
        return f"{told}: {'; '.join(self.wrong) or 'never two'}"


def race(url: str, requests: int, seed: int, commits: type[LosingCommit] = LosingCommit) -> Conditions:
    """Has about so many requests made of a record without any facts, and looks at what became of it."""
    with connect(url) as connection:
        ensure_generation(connection, FhirResources())
    spawn = multiprocessing.get_context("spawn")
    share = -(-requests // PROCESSES)
    with _going(url, seed), ProcessPoolExecutor(PROCESSES, mp_context=spawn) as processes:
        running = [processes.submit(ask, url, seed * PROCESSES + n, share, commits) for n in range(PROCESSES)]
        asked = sum((one.result() for one in running), Asked())
    return Conditions(asked, sum(1 for _ in versions(url)), list(wrong_with(url, asked)))


def ask(url: str, seed: int, requests: int, commits: type[LosingCommit]) -> Asked:
    """To be run in a process of its own."""
    chance, asked = random.Random(seed), Asked()
    random.seed(seed)

    async def client(record: HealthRecord) -> None:
        while asked.requests.total() < requests:
            await _ask_once(record, asked, chance)

    async def work() -> None:
        searcher = IndexSearcher(url)
        with patch("ehr.event_store.store.GroupCommit", commits):
            recorder = PostgresRecorder(url, searcher)
        async with recorder:
            await asyncio.gather(*(client(HealthRecord(recorder, searcher)) for _ in range(CLIENTS)))

    asyncio.run(work())
    asked.lost = commits.losses
    return asked


async def _ask_once(record: HealthRecord, asked: Asked, chance: random.Random) -> None:
    """One wish, repeated under its key until it is known what became of it."""
    (kind,) = chance.choices(list(CHANCES), list(CHANCES.values()))
    asked.requests[kind] += 1
    wish = request(_wish(kind, chance), key=IdempotencyKey("client", new_id(), b"content"))
    while True:
        try:
            outcome = (await record.state(wish)).outcomes[0]
        except Unavailable:
            await asyncio.sleep(0.05)
        except Refusal:
            asked.refused += 1
            return
        else:
            if outcome.status == 201:
                asked.made.add(outcome.key)
            return


def _wish(what: str, chance: random.Random) -> Change:
    kind, number = chance.choice(KINDS), chance.randrange(NUMBERS)
    one = create(kind.stated(number) | {"language": f"x-{chance.randrange(100)}"}, kind.condition(number))
    if what == "refer":
        return create(_referring(chance))
    if what == "update":
        return replace(one, action="update")
    if what.startswith("delete"):
        return Change(None, "delete", kind.type, None, one.condition, several=what == "delete all")
    return one


def _referring(chance: random.Random) -> Json:
    """Of another kind than those that are counted; its subject is named by a search."""
    kind = chance.choice([kind for kind in KINDS if kind.type == "Patient"])
    subject = {"reference": f"Patient?{kind.asked(chance.randrange(NUMBERS))}"}
    return observation("", 1) | {"subject": subject}


def wrong_with(url: str, asked: Asked) -> Iterator[str]:
    """Whether there were two at any moment, and whether what was acknowledged is there."""
    standing: dict[tuple[Kind, int], set[str]] = {}
    twos = 0
    seen: set[Key] = set()
    for _, key, resource in versions(url):
        seen.add(key)
        for kind in KINDS:
            for number in range(NUMBERS if kind.type == key.type else 0):
                ids = standing.setdefault((kind, number), set())
                (ids.add if resource and meets(resource, kind.asked(number)) else ids.discard)(key.id)
                twos += len(ids) > 1
    if twos:
        yield f"at {twos} moments there were two"
    if asked.made - seen:
        yield f"{len(asked.made - seen)} were acknowledged and are not there"


@contextmanager
def _going(url: str, seed: int) -> Iterator[None]:
    """A projector that pauses, and somebody who kills what is being appended."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(url, seed, stop)) for work in (_project, _kill)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _project(url: str, seed: int, stop: threading.Event) -> None:
    chance = random.Random(seed)
    with projector(url) as one:
        while not stop.is_set():
            until = time.monotonic() + chance.choice([0.01, 0.1, 0.5])
            while time.monotonic() < until and not stop.is_set():
                if not one.step():
                    time.sleep(0.002)
            stop.wait(chance.choice([0, 0.02, 0.3]))


def _kill(url: str, seed: int, stop: threading.Event) -> None:
    chance = random.Random(seed)
    with connect(url) as connection:
        while not stop.wait(chance.random() / 2):
            _kill_one(connection)


def _kill_one(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where query like '%record.append%' and state <> 'idle' and pid <> pg_backend_pid() limit 1"
    )
