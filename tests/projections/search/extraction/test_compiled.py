"""What the compiled extraction hands to the indexers.

Expressions: https://hl7.org/fhir/R4/searchparameter-registry.html.
"""

from typing import Any

import pytest
from hypothesis import given, settings

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import all_search_parameters, left_out, search_parameters
from projections.search.extraction import compile_type, source, types_of, uncompiled
from projections.search.extraction.compiler import refers_to
from tests.fhir_api.intake.valid_resources import resources
from tests.projections.search.extraction.recording import EVERYTHING, extracted, recording

Json = Any
PERIOD = {"start": "2024-01"}
CODE = {"text": "x"}
DOSE = {"value": 1}


def _of(code: str, resource: dict[str, Json]) -> list[tuple[Json, ...]]:
    """(FHIR type, value) for a code; of a composite (place, component, …)."""
    row = search_parameters(resource["resourceType"])[code]
    found = [rest for number, *rest in extracted(resource) if number == row.number]
    return [tuple(rest[1:]) if row.type == "composite" else (rest[0][1], *rest[1:]) for rest in found]


CASES: list[tuple[str, dict[str, Json], str, list[tuple[Json, ...]]]] = [
    ("Patient", {"id": "a"}, "_id", [("system.id", "a")]),
    ("Patient", {"meta": {"tag": [CODE, CODE]}}, "_tag", [("Coding", CODE), ("Coding", CODE)]),
    ("Patient", {"name": [{"given": ["a", None, "b"]}]}, "given", [("string", "a"), ("string", "b")]),
    ("Patient", {"name": [{"_family": {"id": "x"}}]}, "family", []),
    ("Patient", {"_birthDate": {"id": "x"}}, "birthdate", []),
    ("Patient", {"telecom": [{"system": "phone", "value": "1"}]}, "email", []),
    (
        "Patient",
        {"telecom": [{"system": "phone", "value": "1"}, {"value": "2"}]},
        "phone",
        [("ContactPoint", {"system": "phone", "value": "1"})],
    ),
    ("Patient", {}, "deceased", [("boolean", False)]),
    ("Patient", {"deceasedBoolean": False}, "deceased", [("boolean", False)]),
    ("Patient", {"deceasedBoolean": True}, "deceased", [("boolean", True)]),
    ("Patient", {"deceasedDateTime": "2024"}, "deceased", [("boolean", True)]),
    ("Patient", {"_deceasedDateTime": {"id": "x"}}, "deceased", [("boolean", True)]),
    ("Patient", {"_deceasedBoolean": {"id": "x"}}, "deceased", [("boolean", False)]),
    ("Patient", {"deceasedBoolean": True}, "death-date", []),
    ("Observation", {"effectivePeriod": PERIOD}, "date", [("Period", PERIOD)]),
    ("Observation", {"valueQuantity": DOSE}, "value-quantity", [("Quantity", DOSE)]),
    ("Observation", {"valueQuantity": DOSE}, "combo-value-quantity", []),
    ("Observation", {"subject": {"reference": "Patient/1"}}, "patient", []),
    ("Observation", {"code": CODE, "valueQuantity": DOSE}, "code-value-quantity", []),
    ("Observation", {"valueCodeableConcept": CODE}, "value-string", [("string", "x")]),
    (
        "Observation",
        {"component": [{"code": CODE}, {"code": CODE, "valueQuantity": DOSE}]},
        "component-code-value-quantity",
        [(1, [("CodeableConcept", CODE)], [("Quantity", DOSE)])],
    ),
    (
        "DocumentReference",
        {"relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}]},
        "relationship",
        [(0, [("Reference", {"reference": "DocumentReference/1"})], [("code", "replaces")])],
    ),
    (
        "MolecularSequence",
        {"referenceSeq": {"chromosome": CODE}, "variant": [{"start": 1, "end": 2}, {"start": 3, "end": 4}]},
        "chromosome-variant-coordinate",
        [
            (0, [("CodeableConcept", CODE)], [("integer", 1)], [("integer", 2)]),
            (1, [("CodeableConcept", CODE)], [("integer", 3)], [("integer", 4)]),
        ],
    ),
    ("Bundle", {"entry": [{"resource": CODE}, {"resource": {}}]}, "composition", [("Resource", CODE)]),
    ("Bundle", {"entry": [{"fullUrl": "urn:x"}, {"resource": CODE}]}, "composition", []),
    (
        "AuditEvent",
        {"agent": [{"who": {"reference": "Device/1"}}, {"who": {"reference": "Patient/1"}}]},
        "patient",
        [("Reference", {"reference": "Patient/1"})],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "code", "expected"), CASES)
def test_what_is_found(
    kind: str, content: dict[str, Json], code: str, expected: list[tuple[Json, ...]]
) -> None:
    assert _of(code, {"resourceType": kind, **content}) == expected


@given(resources())
@settings(max_examples=600, deadline=None)
def test_whatever_intake_accepts_is_walked(resource: dict[str, Json]) -> None:
    found = extracted(resource)
    allowed = {row.number: types_of(row) for row in search_parameters(resource["resourceType"]).values()}
    assert all(types in allowed[number] for number, types, *_ in found)
    assert not any(value is None or value == [] for _, _, *values in found for value in values)


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_no_key_is_read_twice_from_a_value(name: str) -> None:
    lines = source(name, {types for types in EVERYTHING if types[0] != "composite"}).splitlines()
    reads = [line.partition(" = ")[2] for line in lines if " = " in line]
    # relatedArtifact.where(type='…').resource is read under each of five conditions.
    once = [read for read in reads if not read.endswith(".get('resource')")]
    assert len(once) == len(set(once))


def test_what_has_no_indexer_is_not_walked_to() -> None:
    text = source("Patient", {("token", "code")})
    assert "birthDate" not in text
    assert "gender" in text
    compile_type("Parameters", {})({"resourceType": "Parameters"}, [])


def test_a_component_takes_what_would_be_indexed_by_itself() -> None:
    indexers = {types: indexer for types, indexer in recording().items() if types in EVERYTHING}
    group = {"resourceType": "Group", "characteristic": [{"code": CODE, "valueQuantity": DOSE}]}
    composite = search_parameters("Group")["characteristic-value"].number
    found: list[tuple[Json, ...]] = []
    compile_type("Group", indexers)(group, found)
    assert composite not in [number for number, *_ in found]
    assert composite in [number for number, *_ in extracted(group)]


def test_every_parameter_of_the_tables_compiles() -> None:
    assert uncompiled(recording()) == left_out()


def test_what_has_no_index_is_told() -> None:
    without = {types: print for types in EVERYTHING if types[0] != "number"}
    assert dict(uncompiled(without)).items() - left_out().items() == {
        ((row.resource_type, row.code), "no index of number for its values")
        for row in all_search_parameters()
        if row.type == "number"
    }


@pytest.mark.parametrize(
    ("reference", "type_", "expected"),
    [
        ({"reference": "Patient/1"}, "Patient", True),
        ({"reference": "Patient/1/_history/2"}, "Patient", True),
        ({"reference": "http://x/fhir/Patient/1"}, "Patient", True),
        ({"reference": "Group/1"}, "Patient", False),
        ({"reference": "Group/1", "type": "Patient"}, "Patient", False),
        ({"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "type": "Patient"}, "Patient", True),
        ({"reference": "#a"}, "Patient", False),
        ({"type": "Patient", "identifier": {"value": "1"}}, "Patient", True),
        ({"display": "Patient/1"}, "Patient", False),
        ({"reference": "Patient"}, "Patient", False),
        ({"reference": "Patient/1?x"}, "Patient", False),
    ],
)
def test_to_which_type_a_reference_is(reference: dict[str, str], type_: str, expected: bool) -> None:
    assert refers_to(reference, type_) is expected
