"""Versions of a resource with who stated them, as far as they have room."""

import pytest

from ehr.event_store.connections import connect_async
from ehr.values import Key, subject_of
from projections.fhir_resources import statements as module
from projections.fhir_resources.statements import Statement, relatives, statements
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


def test_relatives_that_unpack_to_more_than_names_need_are_left_out(database: str) -> None:
    def relative(id_: str, name: str) -> Json:
        patient = {"reference": "Patient/p"}
        return {"resourceType": "RelatedPerson", "id": id_, "patient": patient, "name": [{"text": name}]}

    async def state() -> None:
        async with Record(database) as record:
            await record.state(put({"resourceType": "Patient", "id": "p"}))
            await record.state(put(relative("a", "Hồ Thị Thử")), put(relative("b", "ạ" * LONG), 1))

    async def read() -> list[bytes]:
        async with await connect_async(database) as connection:
            return (await relatives(connection, [subject_of("Patient/p")]))[subject_of("Patient/p")]

    run(state())
    follow(database, FhirResources())
    [body] = run(read())
    assert "Hồ Thị Thử".encode() in body
