"""Large bodies are read and validated in a worker alone, whatever they ask for: the loop that answers
everyone does not look into them.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import orjson
import pytest

from backbone.tether import follow_parent
from fhir_api import bundles, frames
from fhir_api.frames import Read, reads_of_transaction
from fhir_api.heavy import HEAVY, HeavyWorkers
from fhir_api.room import Room
from tests.backbone.waiting import until
from tests.fhir_api.bundles import batch, creating, end_of, entry, statuses, transaction
from tests.fhir_api.running import (
    FHIR_JSON,
    LIMITS,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)
from tests.fhir_api.test_heavy import stopped

SYSTEM = "http://example.org/elsewhere"
FILLING = b" " * HEAVY
"""Makes any body heavy."""


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with a worker, and with room for two large bodies."""
    prepare(module_database)
    tie = partial(follow_parent, os.getpid(), signal.SIGKILL)
    heavy = HeavyWorkers(module_database, LIMITS, tie, 1)
    services = services_of(module_database, heavy=heavy, room=Room(3 * HEAVY))
    with projecting(module_database), serving(module_database, services) as served:
        yield served


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own process cannot look into bodies; its workers are other processes, and can."""

    def look(*_: Any) -> None:
        raise AssertionError("the server itself looks into a body")

    monkeypatch.setattr(frames, "_read", look)
    monkeypatch.setattr(frames, "_kind", None)
    monkeypatch.setattr(bundles, "scan", look)
    monkeypatch.setattr(bundles, "validate", look)


def ask(door: Door, method: str, url: str, sent: Json, **headers: str) -> httpx.Response:
    given = FHIR_JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.request(method, url, content=orjson.dumps(sent) + FILLING, headers=given)


def patient(**more: Any) -> Json:
    return {"resourceType": "Patient", "active": True, **more}


def test_the_reads_of_a_heavy_transaction(door: Door, blind: None) -> None:
    good = transaction(entry("GET", "Patient/absent"), creating(patient()))
    answer = ask(door, "POST", "", good).raise_for_status()
    assert statuses([one["response"] for one in answer.json()["entry"]]) == [404, 201]
    before = end_of(door)
    wrong = ask(door, "POST", "", transaction(creating(patient()), entry("GET", "Patient?nickname=x")))
    assert (wrong.status_code, outcome_of(wrong)["expression"]) == (400, ["Bundle.entry[1].request.url"])
    misshapen = transaction(entry("GET", "Patient/absent"), {"request": {"method": "POST", "url": 5}})
    answer = ask(door, "POST", "", misshapen)
    assert (answer.status_code, outcome_of(answer)["expression"]) == (400, ["Bundle.entry[1].request.url"])
    assert end_of(door) == before


def test_the_reads_of_a_heavy_batch(door: Door, blind: None) -> None:
    mixed = batch(
        entry("GET", "Patient?nickname=x"), creating(patient()), {"request": {"method": 5, "url": "x"}}
    )
    answer = ask(door, "POST", "", mixed).raise_for_status()
    assert statuses([one["response"] for one in answer.json()["entry"]]) == [400, 201, 400]


def test_a_batch_is_not_framed_for_its_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    read = entry("GET", "Patient/x")
    assert reads_of_transaction(orjson.dumps(transaction(creating(patient()), read)), 2) == [
        Read(1, "Patient/x")
    ]
    monkeypatch.setattr(frames, "_read", None)
    assert reads_of_transaction(orjson.dumps(batch(read)), 1) == []
    assert reads_of_transaction(b'{"type":"transaction","entry"', 1) == []


def test_a_heavy_resource(door: Door, blind: None) -> None:
    made = ask(door, "PUT", "Patient/heavy", patient(id="heavy"), Idempotency_Key="heavy")
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    assert made.json() == door.json("Patient/heavy")
    again = ask(door, "PUT", "Patient/heavy", patient(id="heavy"), Idempotency_Key="heavy")
    assert (again.status_code, again.content) == (201, made.content)
    other = patient(identifier=[{"system": SYSTEM, "value": "1"}])
    statuses_ = [
        ask(door, "POST", "Patient", other, If_None_Exist=f"identifier={SYSTEM}|1").status_code,
        ask(door, "POST", "Patient", other, If_None_Exist=f"identifier={SYSTEM}|1").status_code,
        ask(door, "PUT", f"Patient?identifier={SYSTEM}|1", other | {"active": False}).status_code,
    ]
    assert statuses_ == [201, 200, 200]


@pytest.mark.parametrize(
    ("url", "sent", "headers", "status"),
    [
        ("Patient/wrong", patient(id="wrong", active=1), {}, 422),
        ("Patient/wrong", patient(id="other"), {}, 400),
        ("Patient/wrong", patient(id="wrong"), {"If-Match": 'W/"9"'}, 412),
    ],
)
def test_a_refusal_is_the_same_as_of_a_small_one(
    door: Door, url: str, sent: Json, headers: dict[str, str], status: int
) -> None:
    given = FHIR_JSON | headers | {"X-Request-Id": "one"}
    bodies = [orjson.dumps(sent), orjson.dumps(sent) + FILLING]
    small, large = (door.client.put(url, content=body, headers=given) for body in bodies)
    assert (small.status_code, large.status_code) == (status, status)
    assert small.content == large.content


def test_a_heavy_resource_needs_room(door: Door) -> None:
    with ThreadPoolExecutor(2) as hands:
        with stopped():
            sent = [hands.submit(ask, door, "POST", "Patient", patient()) for _ in range(2)]
            until(lambda: door.services.room.taken > 2 * HEAVY, "two are held")
            refused = ask(door, "POST", "Patient", patient())
            assert (refused.status_code, outcome_of(refused)["code"]) == (503, "throttled")
            assert door.client.post("Patient", json=patient()).status_code == 201
        assert [one.result().status_code for one in sent] == [201, 201]
    assert door.services.room.taken == 0
