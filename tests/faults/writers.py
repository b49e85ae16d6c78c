"""Writers in several processes; of what they ask some is refused, rolled back, killed or left unanswered."""

import asyncio
import os
import random
import threading
import time
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg

from ehr.appending import Append, Condition, EncodedFact
from ehr.errors import Refusal
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import connect
from ehr.health_record import HealthRecord
from ehr.requests import Request
from ehr.values import new_id
from tests.faults.losing import LosingCommit
from tests.stating import create, observation, on_record, patient, request, update

CLIENTS = 8
"""Of each process."""

LARGEST = 20
"""Facts of a request."""


class Written(NamedTuple):
    """What a writer was told. facts: acknowledged. refused: requests. lost: answers."""

    facts: int = 0
    refused: int = 0
    lost: int = 0


def write(url: str, seed: int, facts: int, commits: type[LosingCommit]) -> Written:
    """States about so many facts; to be run in a process of its own."""
    chance = random.Random(seed)
    told: list[int] = []
    refused: list[Refusal] = []
    random.seed(seed)

    async def client(record: HealthRecord) -> None:
        while sum(told) < facts:
            try:
                told.append(len((await record.state(_wish(chance))).versions))
            except Refusal as refusal:
                refused.append(refusal)

    async def work(record: HealthRecord) -> None:
        await asyncio.gather(*(client(record) for _ in range(CLIENTS)))

    with patch("ehr.event_store.store.GroupCommit", commits):
        on_record(url, work)
    return Written(sum(told), len(refused), commits.losses)


def _wish(chance: random.Random) -> Request:
    """Mostly new resources, each with a number of its own; else what others do or ask for as well."""
    shared = str(chance.randrange(40))
    kind = chance.randrange(10)
    if kind == 0:
        return request(create(patient("P", shared), Condition("Patient", "urn:test", shared)))
    if kind == 1:
        return request(update({**patient(f"P{chance.random()}"), "id": f"shared-{shared}"}))
    if kind == 2:
        return request(update({**patient("P"), "id": "never"}, if_match=9))
    return request(*(create(_result(shared)) for _ in range(chance.randint(1, LARGEST))))


def _result(person: str) -> dict[str, Any]:
    number = [{"system": "urn:once", "value": new_id()}]
    return observation(person, 1) | {"identifier": number}


@dataclass
class Trouble:
    """Somebody who appends without the committer, mostly in vain, and kills the transactions of others."""

    url: str
    facts: int = 0
    rolled_back: int = 0
    killed: int = 0

    def make(self, stop: threading.Event) -> None:
        """Goes on until told to stop."""
        chance = random.Random(os.getpid())
        with connect(self.url) as connection:
            while not stop.wait(chance.random() / 50):
                if chance.random() < 0.1:
                    self._kill(connection)
                else:
                    self._append(connection, chance)

    def _append(self, connection: psycopg.Connection[Any], chance: random.Random) -> None:
        """Holds whatever a position is guarded by for a moment, then commits or rolls back."""
        stays = chance.random() < 0.4
        stream = uuid4()
        facts = [EncodedFact(stream, "planted", b"state", stream)] * chance.randint(1, 3)
        with connection.transaction(force_rollback=not stays):
            connection.execute(APPEND, parameters(UUID(new_id()), [Append(facts)], kept_by_kafka=False))
            time.sleep(chance.random() / 200)
        self.facts += len(facts) if stays else 0
        self.rolled_back += not stays

    def _kill(self, connection: psycopg.Connection[Any]) -> None:
        killed = connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query like '%record.append%' and pid <> pg_backend_pid() limit 1"
        )
        self.killed += killed.rowcount
