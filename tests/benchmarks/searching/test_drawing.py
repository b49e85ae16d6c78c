"""Values to search for are drawn from resources as they are."""

from typing import Any

import pytest

from benchmarks.searching.drawing import Sample, subject, tokens
from benchmarks.searching.searches import SEARCHES, WALKS, addresses

LOINC, UNITS = "http://loinc.org", "http://unitsofmeasure.org"


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code}]}


def test_every_kind_of_coded_value_gives_its_tokens() -> None:
    assert [*tokens("final")] == ["final"]
    assert [*tokens({"system": LOINC, "code": "1"})] == [f"{LOINC}|1"]
    assert [*tokens([concept("1"), concept("2")])] == [f"{LOINC}|1", f"{LOINC}|2"]
    assert [*tokens([{"system": "urn:x", "value": "7"}, {"value": "8"}])] == ["urn:x|7", "|8"]
    assert [*tokens(None)] == [*tokens({"text": "no code"})] == []


@pytest.mark.parametrize(
    ("resource", "reference"),
    [
        ({"subject": {"reference": "Patient/1"}}, "Patient/1"),
        ({"patient": {"reference": "Patient/2"}}, "Patient/2"),
        ({"subject": {"reference": "Group/1"}}, ""),
        ({}, ""),
    ],
)
def test_only_a_patient_is_a_subject(resource: dict[str, Any], reference: str) -> None:
    assert subject(resource) == reference


def observation(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": str(number), "status": "final",
        "code": concept(f"c{number % 3}"),
        "category": [concept("laboratory" if number % 2 else "survey")],
        "meta": {"lastUpdated": f"2026-01-{number + 1:02}T00:00:00.000Z"},
        "subject": {"reference": "Patient/1"}, "effectiveDateTime": f"2020-01-{number + 1:02}T10:00:00+07:00",
        "valueQuantity": {"value": number + 0.5, "system": UNITS, "code": "kg"},
    }  # fmt: skip


def encounter() -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "id": "v1", "status": "finished",
        "class": {"system": "urn:c", "code": "AMB"},
        "type": [concept("t")], "subject": {"reference": "Patient/1"}, "period": {"start": "2020-01-01"},
        "identifier": [{"system": "urn:x", "value": "1"}],
        "meta": {"lastUpdated": "2026-01-01T00:00:00.000Z"},
    }  # fmt: skip


@pytest.fixture
def sample() -> Sample:
    patient = {
        "resourceType": "Patient", "id": "1", "name": [{"family": "Nguyễn"}], "birthDate": "1980-01-01",
        "gender": "female", "identifier": [{"system": "urn:x", "value": "2"}],
    }  # fmt: skip
    return Sample(
        {"Patient": [patient], "Observation": [*map(observation, range(20))], "Encounter": [encounter()]},
        {"Patient/1": patient},
        {"Patient": 1, "Observation": 20, "Encounter": 1},
    )


@pytest.mark.parametrize("name", [*SEARCHES, *WALKS])
def test_every_kind_of_search_is_drawn(name: str, sample: Sample) -> None:
    search = SEARCHES.get(name) or WALKS[name]
    found = addresses(name, search, sample, 10)
    assert 1 <= len(found) == len({*found}) <= 10
    assert found == addresses(name, search, sample, 10)


@pytest.mark.parametrize("name", [*SEARCHES, *WALKS])
def test_nothing_is_drawn_from_nothing(name: str) -> None:
    search = SEARCHES.get(name) or WALKS[name]
    assert addresses(name, search, Sample({}, {}, {}), 10) == []


def test_a_sample_holds_every_resource_once(sample: Sample) -> None:
    assert len(sample.everything) == 22
    assert sample.total == 22
