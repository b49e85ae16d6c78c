"""Expressions as R4 writes them, and the paths that they mean (http://hl7.org/fhirpath/N1)."""

import pytest

from ehr.definitions import elements
from ehr.definitions.expressions import (
    At,
    Field,
    IsDeceased,
    NotUnderstood,
    Path,
    RefersTo,
    Step,
    Untypable,
    Where,
    alternatives,
    parse,
    paths,
)


def _one(key: str) -> Field:
    return Field(key, many=False)


def _many(key: str) -> Field:
    return Field(key, many=True)


CASES: list[tuple[str, str, list[tuple[tuple[Step, ...], str]]]] = [
    ("Resource.id", "Patient", [((_one("id"),), "system.id")]),
    ("Patient.name.family", "Patient", [((_many("name"), _one("family")), "string")]),
    ("name | alias", "InsurancePlan", [((_one("name"),), "string"), ((_many("alias"),), "string")]),
    ("(Observation.value as Quantity)", "Observation", [((_one("valueQuantity"),), "Quantity")]),
    (
        "(Observation.value as CodeableConcept).text",
        "Observation",
        [((_one("valueCodeableConcept"), _one("text")), "string")],
    ),
    (
        "value.as(DateTime) | value.as(Period)",
        "Observation",
        [((_one("valueDateTime"),), "dateTime"), ((_one("valuePeriod"),), "Period")],
    ),
    (
        "Patient.telecom.where(system='email')",
        "Patient",
        [((_many("telecom"), Where("system", "email")), "ContactPoint")],
    ),
    (
        "Encounter.subject.where(resolve() is Patient)",
        "Encounter",
        [((_one("subject"), RefersTo("Patient")), "Reference")],
    ),
    ("Bundle.entry[0].resource", "Bundle", [((_many("entry"), At(0), _one("resource")), "Resource")]),
    (
        "Patient.deceased.exists() and Patient.deceased != false",
        "Patient",
        [((IsDeceased(("deceasedBoolean", "deceasedDateTime", "_deceasedDateTime")),), "boolean")],
    ),
    ("code", "Observation.component", [((_one("code"),), "CodeableConcept")]),
    ("Observation", "Observation", [((), "Observation")]),
]


@pytest.mark.parametrize(("expression", "type_", "expected"), CASES)
def test_what_an_expression_means(
    expression: str, type_: str, expected: list[tuple[tuple[Step, ...], str]]
) -> None:
    assert [(path.steps, path.type) for path in paths(expression, type_, elements)] == expected


def test_a_choice_becomes_a_path_for_each_type() -> None:
    found = paths("Condition.onset", "Condition", elements)
    assert [path.type for path in found] == ["dateTime", "Age", "Period", "Range", "string"]
    assert {path.passed for path in found} == {("onset[x]",)}


def test_what_a_path_knows_of_its_value() -> None:
    (family,) = paths("Patient.name.family", "Patient", elements)
    assert (family.within, family.single) == ("HumanName", False)
    (gender,) = paths("Patient.gender", "Patient", elements)
    assert gender == Path(
        (_one("gender"),),
        "code",
        "Patient",
        ("gender",),
        "http://hl7.org/fhir/ValueSet/administrative-gender",
    )
    assert gender.single


@pytest.mark.parametrize(
    "expression",
    ["Patient.name.", "Patient name", "Patient.name[x]", "(Patient.name", "a + b", "%resource.id"],
)
def test_what_is_beyond_the_grammar(expression: str) -> None:
    with pytest.raises(NotUnderstood):
        parse(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.colour",
        "(Patient.deceased as Quantity)",
        "Patient.name.first()",
        "Patient.name.where(use = 'usual' and text = 'x')",
        "Patient.active.exists() and Patient.gender != false",
        "Patient.active = true",
    ],
)
def test_what_the_tables_cannot_tell(expression: str) -> None:
    with pytest.raises(Untypable):
        paths(expression, "Patient", elements)


def test_alternatives_are_parted_outside_of_brackets() -> None:
    assert alternatives("(A.b as C) | D.where(e = (f | g)) |H") == ["(A.b as C)", "D.where(e = (f | g))", "H"]
