"""The tables agree with themselves and with what R4 says."""

import pytest

from ehr.definitions import (
    RESOURCE_TYPES,
    Element,
    elements,
    encounter_paths,
    main_date_paths,
    required_codes,
    subject_paths,
    type_names,
)
from ehr.definitions.tables import PRIMITIVES

VALUE_SETS = "http://hl7.org/fhir/ValueSet/"


def _element(type_: str, name: str) -> Element:
    (found,) = [element for element in elements(type_) if element.name == name]
    return found


def _at(type_: str, path: tuple[str, ...]) -> Element:
    """The element at a path below a type."""
    element = _element(type_, path[0])
    return _at(element.types[0], path[1:]) if path[1:] else element


def _names_of(key: str) -> dict[str, str]:
    """Type -> type of the value, for every type in which a JSON key may stand."""
    return {
        name: element.types_by_key()[key]
        for name in type_names()
        for element in elements(name)
        if key in element.types_by_key()
    }


def test_r4_has_146_resource_types() -> None:
    assert len(RESOURCE_TYPES) == 146
    assert "Patient" in RESOURCE_TYPES
    assert {"DomainResource", "Resource", "HumanName"}.isdisjoint(RESOURCE_TYPES)


def test_every_type_that_is_named_is_known() -> None:
    named = {type_ for name in type_names() for element in elements(name) for type_ in element.types}
    assert named - type_names() - PRIMITIVES <= {"Resource"}
    assert type_names() >= RESOURCE_TYPES


@pytest.mark.parametrize(
    ("type_", "name", "types", "least", "most"),
    [
        ("Patient", "id", ("system.id",), 0, 1),
        ("HumanName", "id", ("system.string",), 0, 1),
        ("Extension", "url", ("system.uri",), 1, 1),
        ("Patient", "contained", ("Resource",), 0, None),
        ("Patient", "contact", ("Patient.contact",), 0, None),
        ("Patient.contact", "gender", ("code",), 0, 1),
        ("Questionnaire.item", "item", ("Questionnaire.item",), 0, None),
        ("Observation", "code", ("CodeableConcept",), 1, 1),
        ("Dosage.doseAndRate", "dose[x]", ("Range", "SimpleQuantity"), 0, 1),
    ],
)
def test_elements(type_: str, name: str, types: tuple[str, ...], least: int, most: int | None) -> None:
    element = _element(type_, name)
    assert (element.types, element.least, element.most) == (types, least, most)


@pytest.mark.parametrize(
    ("type_", "name", "summary"),
    [
        ("Patient", "id", True),
        ("Patient", "meta", True),
        ("Patient", "text", False),
        ("Patient", "contact", False),
        ("Patient.link", "other", True),
        ("Observation", "component", True),
        ("Observation", "note", False),
        ("Attachment", "url", True),
        ("Attachment", "data", False),
        ("HumanName", "extension", False),
    ],
)
def test_what_is_in_summaries(type_: str, name: str, summary: bool) -> None:
    """As in the summary view of https://hl7.org/fhir/R4/patient.html and the others."""
    assert _element(type_, name).summary is summary


def test_json_keys_of_elements() -> None:
    assert _element("Patient", "deceased[x]").types_by_key() == {
        "deceasedBoolean": "boolean",
        "deceasedDateTime": "dateTime",
    }
    assert _element("Dosage.doseAndRate", "dose[x]").types_by_key() == {
        "doseRange": "Range",
        "doseQuantity": "SimpleQuantity",
    }
    assert _element("Patient", "birthDate").types_by_key() == {"birthDate": "date"}


def test_a_simple_quantity_has_no_comparator() -> None:
    assert "comparator" in {element.name for element in elements("Quantity")}
    assert "comparator" not in {element.name for element in elements("SimpleQuantity")}


def test_required_codes() -> None:
    assert required_codes(f"{VALUE_SETS}administrative-gender") == {
        "http://hl7.org/fhir/administrative-gender": ("male", "female", "other", "unknown")
    }
    issue_types = required_codes(f"{VALUE_SETS}issue-type")
    assert issue_types is not None
    assert {"structure", "invariant", "code-invalid"} <= set(issue_types["http://hl7.org/fhir/issue-type"])
    assert required_codes(f"{VALUE_SETS}mimetypes") is None


@pytest.mark.parametrize("kind", sorted(RESOURCE_TYPES))
def test_paths_lead_to_references_and_dates(kind: str) -> None:
    for path in subject_paths(kind) + encounter_paths(kind):
        assert _at(kind, path).types == ("Reference",)
    for path, type_ in main_date_paths(kind):
        owner = _at(kind, path[:-1]).types[0] if path[1:] else kind
        assert type_ in ("date", "dateTime", "instant", "Period", "Timing")
        assert type_ in [element.types_by_key().get(path[-1]) for element in elements(owner)]


def test_a_string_named_reference_is_a_reference_or_a_uri() -> None:
    strings = {owner: type_ for owner, type_ in _names_of("reference").items() if type_ in PRIMITIVES}
    assert strings == {
        "Reference": "string",
        "DetectedIssue": "uri",
        "Expression": "uri",
        "Immunization.education": "uri",
    }


def test_the_uris_named_reference_can_be_told_from_references() -> None:
    assert set(_names_of("education")) == {"Immunization"}
    assert _element("Expression", "language").least == 1
    assert {"language", "education"}.isdisjoint(element.name for element in elements("Reference"))
