"""To whom and to which encounter a resource belongs (CompartmentDefinitions patient and encounter)."""

from typing import Any

import pytest

from ehr.definitions import encounter_references, patient_references, references

P1, P2, E1 = {"reference": "Patient/1"}, {"reference": "Patient/2"}, {"reference": "Encounter/1"}


@pytest.mark.parametrize(
    ("resource", "patients"),
    [
        ({"resourceType": "Patient", "id": "7", "link": [{"other": P1}]}, {"Patient/7"}),
        ({"resourceType": "Patient"}, set()),
        (
            {"resourceType": "Observation", "subject": P1, "performer": [P2, {"display": "x"}]},
            {"Patient/1", "Patient/2"},
        ),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/3"}}, {"Patient/1"}),
        ({"resourceType": "Observation", "subject": {"reference": "http://other/Patient/1"}}, set()),
        ({"resourceType": "Observation", "subject": {"reference": "Patient?identifier=x"}}, set()),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/"}}, set()),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/a b"}}, set()),
        ({"resourceType": "Observation", "subject": {"reference": "#p"}}, set()),
        ({"resourceType": "Observation", "subject": {"reference": "Group/1"}}, set()),
        ({"resourceType": "Observation", "focus": [P1]}, set()),
        (
            {"resourceType": "Appointment", "participant": [{"actor": P1}, {"status": "x"}, {"actor": P2}]},
            {"Patient/1", "Patient/2"},
        ),
        ({"resourceType": "CarePlan", "activity": [{"detail": {"performer": [P1]}}]}, {"Patient/1"}),
        ({"resourceType": "Claim", "patient": P1, "payee": {"party": P2}}, {"Patient/1", "Patient/2"}),
        ({"resourceType": "Provenance", "target": [P1, E1]}, {"Patient/1"}),
        ({"resourceType": "Organization", "partOf": P1}, set()),
    ],
)
def test_patients(resource: dict[str, Any], patients: set[str]) -> None:
    assert patient_references(resource) == patients


@pytest.mark.parametrize(
    ("resource", "encounters"),
    [
        ({"resourceType": "Observation", "encounter": E1, "hasMember": [P1]}, {"Encounter/1"}),
        ({"resourceType": "MedicationDispense", "context": {"reference": "EpisodeOfCare/1"}}, set()),
        ({"resourceType": "DocumentReference", "context": {"encounter": [E1]}}, {"Encounter/1"}),
        (
            {"resourceType": "Claim", "item": [{"encounter": [E1, {"reference": "Encounter/2"}]}]},
            {"Encounter/1", "Encounter/2"},
        ),
        ({"resourceType": "Immunization", "encounter": E1}, {"Encounter/1"}),
        ({"resourceType": "Provenance", "target": [P1, E1]}, {"Encounter/1"}),
        ({"resourceType": "Encounter", "id": "2", "partOf": E1}, set()),
        ({"resourceType": "Location"}, set()),
    ],
)
def test_encounters(resource: dict[str, Any], encounters: set[str]) -> None:
    assert encounter_references(resource) == encounters


def test_links_that_a_transaction_rewrites_count_as_their_targets() -> None:
    urn = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": urn},
        "encounter": {"reference": "Encounter?x=y"},
    }
    assert patient_references(resource, {urn: "Patient/1"}) == {"Patient/1"}
    assert encounter_references(resource, {"Encounter?x=y": "Encounter/1"}) == {"Encounter/1"}
    assert patient_references(resource, {urn: "Group/1"}) == set()


def test_all_references_in_order() -> None:
    resource = {
        "resourceType": "Observation",
        "contained": [{"resourceType": "Patient", "managingOrganization": {"reference": "Organization/1"}}],
        "extension": [{"url": "x", "valueReference": {"reference": "#a"}}],
        "_issued": {"extension": [{"url": "x", "valueReference": {"reference": "Device/1"}}]},
        "subject": P1,
        "performer": [P2, {"identifier": {"assigner": E1}}],
    }
    assert references(resource) == [
        "Organization/1",
        "#a",
        "Device/1",
        "Patient/1",
        "Patient/2",
        "Encounter/1",
    ]


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "DetectedIssue", "reference": "http://x"},
        {"resourceType": "Immunization", "education": [{"reference": "http://x"}]},
        {
            "resourceType": "Measure",
            "group": [{"population": [{"criteria": {"language": "cql", "reference": "a"}}]}],
        },
        {"resourceType": "Claim", "related": [{"reference": {"value": "x"}}]},
    ],
)
def test_uris_and_identifiers_named_reference_are_none(resource: dict[str, Any]) -> None:
    assert references(resource) == []
