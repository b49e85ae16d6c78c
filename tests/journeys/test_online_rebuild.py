"""Newer code with another index comes into a running house: `ehr migrate` beside it, and no answer fails.

The house runs on a generation of former code, which left no rows for composite parameters. It holds the
simulated province of the demo, with fewer citizens, or Synthea's people.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from projections import carrying
from projections.fhir_resources.view import FhirResources
from projections.links.view import Links
from projections.view import Connection
from simulation.feed import feed
from simulation.province import Province
from streams.recorded_fact import RecordedFact
from tests.backbone.waiting import until
from tests.fhir_api.running import Door, projecting, services_of, serving
from tests.oracle.synthea import resources
from tests.replaying import catch_up
from tests.stating import migrated, request, state_all, update, value

ROOT = Path(__file__).parents[2]
MANY = 3_000
CITIZENS, MONTHS = 200, 6
TOGETHER = "Observation?component-code-value-quantity=8480-6$gt50&_summary=count"
"""What former code does not find: systolic pressures."""
SERVING = "select code_version from views.generations where view = 'fhir_resources' and state = 'serving'"


class Former(FhirResources):
    """The view as former code built it."""

    code_version = FhirResources.code_version - 1

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        super().project(connection, facts)
        connection.execute("delete from search_part")


class Client(threading.Thread):
    """Asks the same again and again, and writes after each round.

    failed: what was not answered as before. rounds: how often all was asked. answers: how many there were.
    """

    def __init__(self, door: Door, addresses: Sequence[str]) -> None:
        super().__init__()
        self.rounds = self.answers = 0
        self.failed: Counter[str] = Counter()
        self._door = door
        self._expected = {address: told(door, address) for address in addresses}
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            for address, expected in self._expected.items():
                try:
                    self.failed[address] += told(self._door, address) != expected
                except Exception as error:  # noqa: BLE001 - a thread's error would be seen by nobody
                    self.failed[f"{address}: {type(error).__name__}"] += 1
                self.answers += 1
            self.failed["a write"] += not self._writes()
            self.rounds += 1

    def end(self) -> None:
        self._stopped.set()
        self.join()

    def _writes(self) -> bool:
        device = {"resourceType": "Device", "id": "d", "lotNumber": str(self.rounds)}
        answer = self._door.client.put("Device/d", json=device, headers=JSON)
        return answer.is_success


JSON = {"Content-Type": "application/fhir+json"}


def told(door: Door, address: str) -> Any:
    """Status and what is told: the resource, or the ids of a page in order, and the total."""
    answer = door.client.get(address)
    body = orjson.loads(answer.content)
    ids = [(entry["resource"]["id"], entry["resource"]["meta"]) for entry in body.get("entry", ())]
    return answer.status_code, ids, body.get("total"), body.get("id") if not ids else None


def state_synthea(url: str) -> None:
    """Synthea's people, as a loader states them."""
    changes = [update(orjson.loads(content)) for content in resources()[:MANY]]
    for first in range(0, MANY, 500):
        state_all(migrated(url), request(*changes[first : first + 500]))


def state_province(url: str) -> None:
    """The province of the demo, sent to the house by its facilities."""
    migrated(url)
    catch_up(url, Former())
    with serving(url, services_of(url)) as door, projecting(url, Former()):
        sent = asyncio.run(feed(f"{door.address}/fhir", Province(1, CITIZENS, months=MONTHS)))
    assert sent.accepted
    assert sent.refused == []


@pytest.fixture(params=[state_province, state_synthea], ids=lambda stating: stating.__name__)
def record(database: str, request: pytest.FixtureRequest) -> str:
    """The URL of a record, and a view of former code."""
    stating: Callable[[str], None] = request.param
    stating(database)
    for view in (Former(), Links()):
        catch_up(database, view)
    return database


def test_no_answer_fails_while_another_index_is_built(record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "LOOK_SECONDS", 0.05)
    with serving(record, services_of(record)) as door:
        pulse = door.json("Observation?code=8867-4&_count=1")["entry"][0]["resource"]
    patient = pulse["subject"]["reference"].removeprefix("Patient/")
    asked = [
        f"Patient/{patient}",
        f"Patient/{patient}/_history",
        f"Patient/{patient}/$everything?_count=50",
        f"Observation?patient={patient}&_sort=-date&_count=20",
        "Observation?code=8867-4&_count=20",
        "Patient?gender=female&_sort=family&_count=20&_total=accurate",
        "Encounter?subject:Patient.gender=male&_count=20",
        f"Patient?_id={patient}&_revinclude=Observation:subject",
    ]
    with serving(record, services_of(record)) as door, projecting(record, Former()):
        for address in asked:
            status, page, _, one = told(door, address)
            assert status == 200, address
            assert page or one, address
        assert told(door, TOGETHER)[2] == 0
        client = Client(door, asked)
        client.start()
        try:
            until(lambda: client.rounds > 0, "it asks")
            before = client.answers
            migrate(record)
            after, rounds = client.answers, client.rounds
            with projecting(record, FhirResources()):
                until(lambda: client.rounds > rounds + 1, "it asks on")
        finally:
            client.end()
        assert +client.failed == Counter()
        assert before < after
        assert value(record, SERVING) == FhirResources.code_version
        assert told(door, TOGETHER)[2] > 0


def migrate(url: str) -> None:
    environment = {**os.environ, "EHR_DATABASE_URL": url}
    command = [sys.executable, "-m", "backbone", "migrate"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("rebuilding fhir_resources, built by other code\n")
