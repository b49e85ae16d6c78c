"""Bundles that read: each entry is carried out once, and all together have a bound.

https://hl7.org/fhir/R4/http.html#trules, docs/reference/writing.md
"""

from collections.abc import Callable
from typing import Any

import pytest

from fhir_api.interactions import bundle_reads
from fhir_api.room import SMALL, Room
from tests.fhir_api.bundles import batch, creating, entry, issue_of, responses, statuses, transaction
from tests.fhir_api.running import Door, Json, prepare, projecting, services_of, serving

PATIENT: Json = {"resourceType": "Patient", "id": "read"}
Kind = Callable[..., Json]
both_kinds = pytest.mark.parametrize("kind", [transaction, batch])


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[tuple[Any, ...]]:
    """What this is called with from now on."""
    calls: list[tuple[Any, ...]] = []
    kept = getattr(owner, name)

    async def counting(*given: Any) -> Any:
        calls.append(given)
        return await kept(*given)

    monkeypatch.setattr(owner, name, counting)
    return calls


@both_kinds
def test_each_read_is_carried_out_once(door: Door, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    door.put(PATIENT)
    read = counted(monkeypatch, door.services.reader, "read")
    assert statuses(responses(door, kind(*[entry("GET", "Patient/read")] * 3))) == [200] * 3
    assert len(read) == 3


@both_kinds
def test_what_reads_bring_together_has_a_bound(
    door: Door, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.put(PATIENT)
    size = len(door.get("Patient/read").content)
    monkeypatch.setattr(bundle_reads, "LARGEST_ANSWERS", 2 * size)
    read = counted(monkeypatch, door.services.reader, "read")
    reads = [entry("GET", "Patient/read")] * 5
    answered = responses(door, kind(*reads, creating({"resourceType": "Patient"})))
    assert statuses(answered) == [200, 200, 413, 413, 413, 201]
    assert {issue_of(response)["code"] for response in answered[2:5]} == {"too-costly"}
    assert len(read) == 3
    assert door.services.room.taken == 0


def test_what_reads_bring_needs_room(database: str) -> None:
    prepare(database)
    with projecting(database), serving(database, services_of(database, room=Room(2 * SMALL))) as door:
        for id_ in ("one", "two"):
            door.put({"resourceType": "Patient", "id": id_, "name": [{"text": "x" * SMALL}]})
        reads = [entry("GET", f"Patient/{id_}") for id_ in ("one", "two", "absent")]
        answered = responses(door, batch(*reads))
        assert statuses(answered) == [200, 503, 503]
        assert issue_of(answered[1])["code"] == "throttled"
        assert statuses(responses(door, batch(reads[1]))) == [200]
        assert door.services.room.taken == 0


@both_kinds
def test_a_position_is_waited_for_once(database: str, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(database)
    services = services_of(database, visibility_wait=0.01)
    with projecting(database), serving(database, services) as door:
        waited = counted(monkeypatch, services.visibility, "wait")
        bundle = kind(*[entry("GET", "Patient/absent")] * 3)
        answered = responses(door, bundle, {"X-EHR-Position": "1000000"})
        assert statuses(answered) == [503] * 3
        assert [position for position, _ in waited] == [1_000_000]
        assert statuses(responses(door, bundle, {"X-EHR-Position": "0"})) == [404] * 3


def test_a_position_that_is_none_refuses_a_transaction(door: Door) -> None:
    wrong = {"X-EHR-Position": "last"}
    bundle = transaction(creating(PATIENT), entry("GET", "Patient/read"))
    answer = door.client.post("", json=bundle, headers=wrong)
    assert answer.status_code == 400
    assert "X-EHR-Position" in answer.json()["issue"][0]["details"]["text"]
