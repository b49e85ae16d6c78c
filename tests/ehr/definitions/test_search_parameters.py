"""The tables of search parameters and compartments, against what R4 publishes.

https://hl7.org/fhir/R4/searchparameter-registry.html, https://hl7.org/fhir/R4/compartmentdefinition.html.
"""

import pytest

from ehr.definitions import RESOURCE_TYPES, required_codes
from ehr.definitions.search_parameters import (
    COMMON,
    Component,
    SearchParameter,
    all_search_parameters,
    common_search_parameters,
    compartment,
    left_out,
    main_date_code,
    search_parameters,
)

COMPARTMENTS = ("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson")


def _identity(parameter: SearchParameter) -> tuple[str, str]:
    return parameter.resource_type, parameter.code


def test_numbers_are_the_places_among_the_sorted() -> None:
    rows = all_search_parameters()
    assert len(rows) == 1702
    assert [row.number for row in rows] == list(range(len(rows)))
    assert list(map(_identity, rows)) == sorted(set(map(_identity, rows)))


@pytest.mark.parametrize(
    ("name", "code", "number"), [("Account", "identifier", 0), ("Patient", "name", 1209)]
)
def test_numbers_do_not_move(name: str, code: str, number: int) -> None:
    assert search_parameters(name)[code].number == number


def test_what_every_type_has() -> None:
    common = common_search_parameters()
    assert sorted(common) == ["_id", "_lastUpdated", "_profile", "_security", "_source", "_tag"]
    for name in RESOURCE_TYPES:
        assert common.items() <= search_parameters(name).items()
        assert {row.resource_type for row in search_parameters(name).values()} <= {COMMON, name}


def test_only_resource_types_have_parameters() -> None:
    with pytest.raises(KeyError):
        search_parameters(COMMON)


def test_what_is_left_out() -> None:
    whys = left_out()
    assert {code for name, code in whys if name in (COMMON, "DomainResource", "Location")} == {
        *("_content", "_filter", "_query", "_text", "near")
    }
    assert set(whys.values()) == {
        "of type special: needs more than the values of the resource",
        "on an extension",
        "without an expression",
    }
    assert not any((row.resource_type, row.code) in whys for row in all_search_parameters())


def test_a_row_holds_its_part_of_a_shared_expression() -> None:
    code = search_parameters("MedicationRequest")["code"]
    assert code.expression == "(MedicationRequest.medication as CodeableConcept)"
    assert search_parameters("InsurancePlan")["name"].expression == "name | alias"


def test_targets() -> None:
    observation = search_parameters("Observation")
    assert observation["specimen"].targets == ("Specimen",)
    assert "Patient" in observation["subject"].targets
    assert (observation["patient"].targets, "Group" in observation["subject"].targets) == (("Patient",), True)
    assert len(search_parameters("Provenance")["target"].targets) == len(RESOURCE_TYPES) - 1
    assert all(row.targets for row in all_search_parameters() if row.type == "reference")
    assert {target for row in all_search_parameters() for target in row.targets} <= RESOURCE_TYPES


def test_types() -> None:
    observation = search_parameters("Observation")
    assert observation["value-quantity"].types == ("Quantity", "SampledData")
    assert observation["date"].types == ("Period", "Timing", "dateTime", "instant")
    assert search_parameters("Patient")["deceased"].types == ("boolean",)
    assert all(row.types for row in all_search_parameters() if row.type != "composite")


def test_strings_of_names() -> None:
    within = {row.code for row in search_parameters("Patient").values() if row.in_human_name}
    assert within == {"name", "family", "given", "phonetic"}


def test_code_lists() -> None:
    gender = search_parameters("Patient")["gender"].codes
    assert gender is not None
    assert required_codes(gender) == {
        "http://hl7.org/fhir/administrative-gender": ("male", "female", "other", "unknown")
    }
    assert search_parameters("Observation")["code"].codes is None


@pytest.mark.parametrize(
    ("name", "code", "restricts"),
    [
        ("Observation", "patient", ("subject", ("Patient",))),
        ("Encounter", "practitioner", ("participant", ("Practitioner",))),
        ("Bundle", "message", ("composition", ("MessageHeader",))),
        ("Coverage", "patient", ("beneficiary", ())),
        ("Patient", "phonetic", ("name", ())),
        ("Patient", "family", None),
        ("Observation", "code", None),
        ("AllergyIntolerance", "patient", None),
    ],
)
def test_what_restricts_another(name: str, code: str, restricts: tuple[str, tuple[str, ...]] | None) -> None:
    assert search_parameters(name)[code].restricts == restricts


def test_unions_of_others() -> None:
    unions = {row.code: row.union_of for row in search_parameters("Observation").values() if row.union_of}
    assert unions == {
        "combo-code": ("code", "component-code"),
        "combo-code-value-concept": ("code-value-concept", "component-code-value-concept"),
        "combo-code-value-quantity": ("code-value-quantity", "component-code-value-quantity"),
        "combo-data-absent-reason": ("component-data-absent-reason", "data-absent-reason"),
        "combo-value-concept": ("component-value-concept", "value-concept"),
        "combo-value-quantity": ("component-value-quantity", "value-quantity"),
    }


def test_what_follows_from_others_follows_from_those_that_have_rows() -> None:
    for row in all_search_parameters():
        others = search_parameters(row.resource_type) if row.resource_type != COMMON else {}
        of = (*((row.restricts[0],) if row.restricts else ()), *row.union_of)
        assert all(others[code].restricts is None and not others[code].union_of for code in of)
        assert all(others[code].type == row.type for code in of)


def test_composites_on_the_resource_itself() -> None:
    rooted = {_identity(row): row.components for row in all_search_parameters() if row.root_composite}
    assert set(rooted) == {
        ("Observation", f"code-value-{half}") for half in ("concept", "date", "quantity", "string")
    }
    assert rooted["Observation", "code-value-quantity"] == (
        Component("code", "code"),
        Component("value-quantity", "value.as(Quantity)"),
    )


def test_the_halves_of_composites_are_parameters_of_the_type() -> None:
    for row in all_search_parameters():
        assert bool(row.components) == (row.type == "composite")
        assert {half.code for half in row.components} <= set(
            search_parameters(row.resource_type) if row.components else ()
        )


def test_expressions_that_r4_has_changed_round_are_put_right() -> None:
    relationship = search_parameters("DocumentReference")["relationship"]
    assert relationship.components == (Component("relatesto", "target"), Component("relation", "code"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Observation", "date"),
        ("Encounter", "date"),
        ("Condition", "onset-date"),
        ("MedicationRequest", "authoredon"),
        ("Patient", "birthdate"),
        ("Organization", None),
    ],
)
def test_main_dates(name: str, code: str | None) -> None:
    assert main_date_code(name) == code


def test_a_main_date_is_a_date_of_which_there_is_one() -> None:
    for name in RESOURCE_TYPES:
        code = main_date_code(name)
        row = search_parameters(name)[code] if code else None
        assert row is None or (row.type, row.single, row.resource_type) == ("date", True, name)


@pytest.mark.parametrize("name", COMPARTMENTS)
def test_compartments_name_references_of_their_types(name: str) -> None:
    for type_, codes in compartment(name).items():
        rows = [search_parameters(type_)[code] for code in codes if code != "_id"]
        assert all(row.type == "reference" and name in row.targets for row in rows), (type_, codes)
        assert rows or type_ == name


def test_a_compartment_holds_the_resource_after_which_it_is_named() -> None:
    assert {name: compartment(name)[name][0] for name in COMPARTMENTS} == dict.fromkeys(COMPARTMENTS, "_id")
    assert compartment("Patient")["Observation"] == ("subject", "performer")
    assert "Organization" not in compartment("Patient")
