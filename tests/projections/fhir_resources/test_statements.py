"""Versions of a resource with who stated them, as far as they have room."""

import pytest

from ehr.event_store.connections import connect_async
from ehr.values import Key
from projections.fhir_resources import statements as module
from projections.fhir_resources.statements import Statement, statements
from projections.fhir_resources.view import FhirResources
from tests.projections.citizens.stating import Json, Record, follow, put, run

LONG = 100_000


def basic(id_: str, version: int) -> Json:
    """Small at rest."""
    return {"resourceType": "Basic", "id": id_, "code": {"text": "x" * LONG + str(version)}}


def test_of_former_versions_so_many_are_unpacked_as_have_room(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def state() -> None:
        async with Record(database) as record:
            for version in range(4):
                await record.state(put(basic("a", version)), put(basic("b", version), 1))

    async def read() -> dict[Key, list[Statement]]:
        async with await connect_async(database) as connection:
            return await statements(connection, [Key("Basic", "a"), Key("Basic", "b")])

    run(state())
    follow(database, FhirResources())
    whole = run(read())
    assert all(len(one.body) > LONG for found in whole.values() for one in found)
    monkeypatch.setattr(module, "MOST_BYTES", 3 * LONG + LONG // 2)
    found = run(read())
    told = {key.id: [len(one.body) > LONG for one in versions] for key, versions in found.items()}
    assert told == {"a": [True, True, True, False], "b": [True, True, False, False]}
