"""Reads by id: https://hl7.org/fhir/R4/http.html#read, #vread, #cond-read, #head, #mime-type."""

import asyncio

import pytest

from tests.fhir_api.running import Door, in_process, prepare, services_of


@pytest.fixture(scope="module")
def patient(door: Door) -> str:
    """A Patient that was amended once."""
    for family in ("Nguyễn", "Trần"):
        door.put({"resourceType": "Patient", "id": "p1", "name": [{"family": family}]})
    return "Patient/p1"


def test_a_read_gives_the_newest_version(door: Door, patient: str) -> None:
    answer = door.get(patient)
    assert answer.json()["name"] == [{"family": "Trần"}]
    assert answer.headers["etag"] == 'W/"2"'
    assert answer.json()["meta"]["versionId"] == "2"
    assert answer.headers["content-type"] == "application/fhir+json"


def test_in_process(database: str) -> None:
    prepare(database)

    async def ask() -> int:
        async with in_process(services_of(database)) as client:
            return (await client.get("Patient/nobody")).status_code

    assert asyncio.run(ask()) == 404
