"""People whom Synthea and HL7 made up are found by their names, their birth years and their numbers."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ehr.event_store.connections import connect_async
from ehr.names import HumanName, displayed
from projections.citizens.queries import look_up
from projections.citizens.view import Citizens
from projections.links.view import Links
from tests.fhir_api.intake.examples import KNOWN_INVALID, kept
from tests.projections.citizens.stating import Record, follow, put, run

SYNTHEA = Path(__file__).parents[2] / "data" / "synthea-small.tar.xz"


def _patients() -> Iterator[dict[str, Any]]:
    """Each under an id of its own."""
    for number, patient in enumerate([*_of_synthea(), *_of_hl7()]):
        yield {**patient, "id": f"p{number}"}


def _of_synthea() -> Iterator[dict[str, Any]]:
    with tarfile.open(SYNTHEA) as tar:
        files = [tar.extractfile(member) for member in tar if member.name.endswith(".json")]
        for bundle in [orjson.loads(file.read()) for file in files if file]:
            resources = (entry["resource"] for entry in bundle["entry"])
            yield from (resource for resource in resources if resource["resourceType"] == "Patient")


def _of_hl7() -> Iterator[dict[str, Any]]:
    for example in kept():
        resource = orjson.loads(bytes(example.resource))
        if resource["resourceType"] == "Patient" and example.file not in KNOWN_INVALID:
            yield resource


PATIENTS = list(_patients())


@pytest.fixture(scope="module")
def place(module_database: str) -> str:
    async def state() -> None:
        async with Record(module_database) as record:
            await record.state(*(put(patient, number) for number, patient in enumerate(PATIENTS)))

    run(state())
    follow(module_database, Citizens(), Links())
    return module_database


def _found(place: str, texts: list[str]) -> list[set[str]]:
    async def ask() -> list[set[str]]:
        async with await connect_async(place) as connection:
            return [{one.id for one in (await look_up(connection, text)).exact} for text in texts]

    return run(ask())


def test_there_are_many(place: str) -> None:
    assert len(PATIENTS) > 30


def test_everyone_is_found_by_every_name(place: str) -> None:
    wanted = [
        (patient["id"], text)
        for patient in PATIENTS
        for name in patient.get("name", ())
        if (
            text := displayed(
                HumanName(name.get("use"), name.get("text"), name.get("family"), name.get("given", []))
            )
        )
    ]
    found = _found(place, [text for _, text in wanted])
    assert len(wanted) >= len(PATIENTS) // 2
    assert [text for (id_, text), ids in zip(wanted, found, strict=True) if id_ not in ids] == []


def test_everyone_is_found_by_name_and_year(place: str) -> None:
    wanted = [
        (patient["id"], f"{name['family']} {patient['birthDate'][:4]}")
        for patient in PATIENTS
        for name in patient.get("name", ())
        if "family" in name and "birthDate" in patient
    ]
    found = _found(place, [text for _, text in wanted])
    assert [text for (id_, text), ids in zip(wanted, found, strict=True) if id_ not in ids] == []


def test_everyone_is_found_by_every_number(place: str) -> None:
    wanted = [
        (patient["id"], identifier["value"])
        for patient in PATIENTS
        for identifier in patient.get("identifier", ())
        if "value" in identifier
    ]
    found = _found(place, [value for _, value in wanted])
    assert [value for (id_, value), ids in zip(wanted, found, strict=True) if id_ not in ids] == []
