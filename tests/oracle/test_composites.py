"""https://hl7.org/fhir/R4/search.html#composite: its examples; both parts within the same base element."""

from typing import Any

import pytest

from tests.oracle.asking import corpus, found, resource
from tests.oracle.values import Refused

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def measured(code: str, value: float, unit: str) -> dict[str, Any]:
    quantity = {"value": value, "system": UCUM, "code": unit}
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity}


RECORD = corpus(
    [
        resource("Observation", "high", **measured("2823-3", 5.5, "mmol/L")),
        resource("Observation", "low", **measured("2823-3", 5.4, "mmol/L")),
        resource("Observation", "unit", **measured("2823-3", 5.5, "mg")),
        resource("Observation", "code", **measured("1-8", 5.5, "mmol/L")),
        resource(
            "Observation",
            "pressure",
            component=[measured("8480-6", 59, "mm[Hg]"), measured("8462-4", 90, "mm[Hg]")],
        ),
        resource(
            "Observation",
            "crossed",
            component=[measured("8480-6", 120, "mm[Hg]"), measured("8462-4", 50, "mm[Hg]")],
        ),
        resource("Observation", "empty", code={"text": "x"}),
        resource(
            "DiagnosticReport",
            "report",
            result=[{"reference": "Observation/high"}, {"reference": "Observation/low"}],
        ),
        resource("DiagnosticReport", "other", result=[{"reference": "Observation/low"}]),
    ]
)
CASES = [
    (f"Observation?code-value-quantity={LOINC}|2823-3$gt5.4|{UCUM}|mmol/L", "high"),
    (f"Observation?code-value-quantity={LOINC}|2823-3$gt5.4", "high unit"),
    ("Observation?code-value-quantity=2823-3$5.5", "high unit"),
    ("Observation?code-value-quantity=2823-3$lt5.5,1-8$gt1", "low code"),
    (f"DiagnosticReport?result.code-value-quantity={LOINC}|2823-3$gt5.4|{UCUM}|mmol/L", "report"),
    (f"Observation?component-code-value-quantity={LOINC}|8480-6$lt60", "pressure"),
    ("Observation?component-code-value-quantity=8462-4$lt60", "crossed"),
    (
        "Observation?component-code-value-quantity=8462-4$90&component-code-value-quantity=8480-6$59",
        "pressure",
    ),
    ("Observation?combo-code-value-quantity=2823-3$gt5.4", "high unit"),
    ("Observation?combo-code-value-quantity=8480-6$lt60", "pressure"),
    ("Observation?component-code-value-quantity:missing=false", "pressure crossed"),
    ("Observation?code-value-quantity:missing=true", "pressure crossed empty"),
]


@pytest.mark.parametrize(("url", "expected"), CASES)
def test_composite(url: str, expected: str) -> None:
    assert found(RECORD, url) == expected


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


GROUPS = corpus(
    [
        resource(
            "Group",
            "mixed",
            characteristic=[{"code": coded("gender"), "valueCodeableConcept": coded("mixed")}],
        ),
        resource(
            "Group", "owner", characteristic=[{"code": coded("owner"), "valueCodeableConcept": coded("Eve")}]
        ),
        resource(
            "Group",
            "crossed",
            characteristic=[
                {"code": coded("gender"), "valueCodeableConcept": coded("Eve")},
                {"code": coded("owner"), "valueCodeableConcept": coded("mixed")},
            ],
        ),
        resource("Group", "flag", characteristic=[{"code": coded("flag"), "valueBoolean": True}]),
    ]
)


@pytest.mark.parametrize(
    ("searched", "expected"),
    [
        ("gender$mixed", "mixed"),
        ("gender$mixed,owner$Eve", "mixed owner"),
        ("owner$mixed", "crossed"),
        ("flag$true", "flag"),
    ],
)
def test_characteristics(searched: str, expected: str) -> None:
    assert found(GROUPS, f"Group?characteristic-value={searched}") == expected


def test_one_of_the_whole_resource_is_an_and_of_its_parameters() -> None:
    told = [
        resource("Observation", "string", code={"text": "x", "coding": [{"code": "1"}]}, valueString="Red"),
        resource(
            "Observation", "concept", code={"coding": [{"code": "1"}]}, valueCodeableConcept={"text": "red"}
        ),
        resource("Observation", "other", code={"coding": [{"code": "2"}]}, valueString="red"),
    ]
    assert found(told, "Observation?code-value-string=1$red") == "string concept"


def test_use_contexts() -> None:
    context = {
        "code": {"code": "focus"},
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "408934002"}]},
    }
    asked = resource("Questionnaire", "1", useContext=[context])
    assert found([asked], "Questionnaire?context-type-value=focus$http://snomed.info/sct|408934002") == "1"
    assert found([asked], "Questionnaire?context-type-value=task$http://snomed.info/sct|408934002") == ""


def test_a_dollar_that_is_meant() -> None:
    paid = resource("Observation", "1", **measured("a$b", 1, "x"))
    assert found([paid], "Observation?code-value-quantity=a\\$b$1") == "1"


REFUSED = """code-value-quantity= code-value-quantity=a code-value-quantity=a$ code-value-quantity=$1
code-value-quantity=a$1$2 code-value-quantity=a$x code-value-quantity:not=a$1"""


@pytest.mark.parametrize("query", REFUSED.split())
def test_refused(query: str) -> None:
    with pytest.raises(Refused):
        found(RECORD, f"Observation?{query}")
