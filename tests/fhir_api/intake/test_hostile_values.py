"""What intake refuses, and the place that it names. Source of each rule: the R4 page named in its group.

datatypes.html (primitives, choice), json.html (null, empty, arrays), terminologies.html (required bindings),
domainresource.html (dom-2 … dom-5), extensibility.html (ext-1), narrative.html (txt-1).
"""

from typing import Any

import pytest

from fhir_api.intake import Issue, validate

CODED = {"code": {"text": "x"}}
BASES: dict[str, dict[str, Any]] = {
    "Basic": CODED,
    "Bundle": {"type": "collection"},
    "Composition": {
        "status": "final",
        "type": {"text": "x"},
        "date": "2024",
        "author": [{"display": "x"}],
        "title": "x",
    },
    "Condition": {"subject": {"reference": "Patient/1"}},
    "Encounter": {"status": "finished", "class": {"code": "AMB"}},
    "Invoice": {"status": "issued"},
    "MedicationAdministration": {
        "status": "completed",
        "medicationCodeableConcept": {"text": "x"},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2024",
    },
    "Observation": {"status": "final", **CODED},
    "Parameters": {},
    "Patient": {},
    "Questionnaire": {"status": "active"},
}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
EXTENSION = {"url": "http://x", "valueCode": "x"}


def _narrative(content: str) -> dict[str, Any]:
    return {"text": {"status": "generated", "div": content}}


DATES = [
    ("Patient", {"birthDate": "2023-02-29"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "1900-02-29"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-02-30"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-04-31"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-13"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-00-01"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "24"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "0001-01-01"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "10000"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-1-1"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-01-01\n"}, "Patient.birthDate"),
    ("Patient", {"birthDate": " 2024-01-01"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "٢٠٢٤"}, "Patient.birthDate"),
    ("Patient", {"birthDate": "2024-01-01T00:00:00Z"}, "Patient.birthDate"),
    ("Patient", {"birthDate": 2024}, "Patient.birthDate"),
    ("Patient", {"birthDate": None}, "Patient.birthDate"),
    ("Patient", {"birthDate": ["2024"]}, "Patient.birthDate"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:00:00"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T08:00+07:00"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T24:00:00Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:60:00Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:00:61Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:00:00+15:00"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:00:00.Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01T00:00:00.1234567890Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2023-02-29T00:00:00Z"}, "Patient.deceased"),
    ("Patient", {"deceasedDateTime": "2024-01-01 00:00:00Z"}, "Patient.deceased"),
    ("Observation", {"issued": "2024-01-01"}, "Observation.issued"),
    ("Observation", {"effectivePeriod": {"start": "2024-06-31"}}, "Observation.effective.start"),
    ("Observation", {"effectiveTiming": {"event": ["2024-02-30"]}}, "Observation.effective.event[0]"),
    ("Observation", {"valueTime": "24:00:00"}, "Observation.value"),
    ("Observation", {"valueTime": "8:00:00"}, "Observation.value"),
]

NUMBERS = [
    ("Patient", {"multipleBirthInteger": 1.0}, "Patient.multipleBirth"),
    ("Patient", {"multipleBirthInteger": 2**31}, "Patient.multipleBirth"),
    ("Patient", {"multipleBirthInteger": -(2**31) - 1}, "Patient.multipleBirth"),
    ("Patient", {"multipleBirthInteger": "1"}, "Patient.multipleBirth"),
    ("Patient", {"multipleBirthInteger": True}, "Patient.multipleBirth"),
    ("Patient", {"telecom": [{"rank": 0}]}, "Patient.telecom[0].rank"),
    ("Patient", {"photo": [{"size": -1}]}, "Patient.photo[0].size"),
    ("Observation", {"valueQuantity": {"value": 1e301}}, "Observation.value.value"),
    ("Observation", {"valueQuantity": {"value": "72.50"}}, "Observation.value.value"),
    ("Observation", {"valueQuantity": {"value": True}}, "Observation.value.value"),
    ("Patient", {"active": "true"}, "Patient.active"),
    ("Patient", {"active": 1}, "Patient.active"),
]

STRINGS = [
    ("Patient", {"id": "a_b"}, "Patient.id"),
    ("Patient", {"id": "a" * 65}, "Patient.id"),
    ("Patient", {"id": ""}, "Patient.id"),
    ("Patient", {"id": 1}, "Patient.id"),
    ("Patient", {"id": "a\n"}, "Patient.id"),
    ("Patient", {"name": [{"family": ""}]}, "Patient.name[0].family"),
    ("Patient", {"name": [{"family": " \t\r\n"}]}, "Patient.name[0].family"),
    ("Patient", {"name": [{"family": "\u00a0"}]}, "Patient.name[0].family"),
    ("Patient", {"name": [{"family": "x" * 1_048_577}]}, "Patient.name[0].family"),
    ("Patient", {"name": [{"given": ["a", ""]}]}, "Patient.name[0].given[1]"),
    ("Patient", {"language": " vi"}, "Patient.language"),
    ("Patient", {"language": "v  i"}, "Patient.language"),
    ("Patient", {"identifier": [{"system": "a b"}]}, "Patient.identifier[0].system"),
    ("Patient", {"identifier": [{"system": ""}]}, "Patient.identifier[0].system"),
    ("Patient", {"implicitRules": "a\u00a0b"}, "Patient.implicitRules"),
    ("Patient", {"photo": [{"data": "QQ="}]}, "Patient.photo[0].data"),
    ("Patient", {"photo": [{"data": "Q==="}]}, "Patient.photo[0].data"),
    ("Patient", {"photo": [{"data": "QQ==QQ=="}]}, "Patient.photo[0].data"),
    ("Patient", {"photo": [{"data": "QUJ-"}]}, "Patient.photo[0].data"),
    ("Patient", {"photo": [{"data": ""}]}, "Patient.photo[0].data"),
    ("Patient", {"managingOrganization": {"reference": ""}}, "Patient.managingOrganization.reference"),
    ("Basic", {"extension": [{"url": "x", "valueUuid": "urn:uuid:A"}]}, "Basic.extension[0].value"),
    ("Basic", {"extension": [{"url": "x", "valueOid": "urn:oid:3.1"}]}, "Basic.extension[0].value"),
    ("Basic", {"extension": [{"url": "", "valueCode": "x"}]}, "Basic.extension[0].url"),
]

CODES = [
    ("Patient", {"gender": "M"}, "Patient.gender"),
    ("Patient", {"gender": "Male"}, "Patient.gender"),
    ("Patient", {"name": [{"use": "x"}]}, "Patient.name[0].use"),
    ("Encounter", {"status": "done"}, "Encounter.status"),
    ("Observation", {"valueQuantity": {"comparator": "="}}, "Observation.value.comparator"),
    ("Invoice", {"totalNet": {"currency": "đồng"}}, "Invoice.totalNet.currency"),
    ("Condition", {"clinicalStatus": {"text": "active"}}, "Condition.clinicalStatus"),
    ("Condition", {"clinicalStatus": {"coding": [{"code": "active"}]}}, "Condition.clinicalStatus"),
    (
        "Condition",
        {"clinicalStatus": {"coding": [{"system": "http://x", "code": "active"}]}},
        "Condition.clinicalStatus",
    ),
]

SHAPES = [
    ("Patient", {"colour": "x"}, "Patient.colour"),
    ("Patient", {"name": [{"middle": "x"}]}, "Patient.name[0].middle"),
    ("Patient", {"Nguyễn Văn A": "x"}, "Patient"),
    ("Patient", {"a" * 65: "x"}, "Patient"),
    ("Patient", {"fhir_comments": ["x"]}, "Patient.fhir_comments"),
    ("Patient", {"_id": EXTENSION}, "Patient._id"),
    ("Patient", {"_name": [EXTENSION]}, "Patient._name"),
    ("Patient", {"name": {"family": "x"}}, "Patient.name"),
    ("Patient", {"name": []}, "Patient.name"),
    ("Patient", {"name": [{}]}, "Patient.name[0]"),
    ("Patient", {"name": [None]}, "Patient.name[0]"),
    ("Patient", {"name": ["x"]}, "Patient.name[0]"),
    ("Patient", {"maritalStatus": [{"text": "x"}]}, "Patient.maritalStatus"),
    ("Patient", {"meta": {}}, "Patient.meta"),
    ("Patient", {"_birthDate": {}}, "Patient.birthDate"),
    ("Patient", {"_birthDate": None}, "Patient.birthDate"),
    ("Patient", {"_birthDate": [{"id": "a"}]}, "Patient.birthDate"),
    ("Patient", {"_birthDate": {"value": "x"}}, "Patient.birthDate.value"),
    ("Patient", {"name": [{"given": [None]}]}, "Patient.name[0].given"),
    ("Patient", {"name": [{"given": ["a"], "_given": [None, {"id": "x"}]}]}, "Patient.name[0].given"),
    ("Patient", {"name": [{"given": [None], "_given": [None]}]}, "Patient.name[0].given"),
    ("Patient", {"name": [{"_given": [None]}]}, "Patient.name[0].given"),
    ("Patient", {"name": [{"given": ["a"], "_given": {"id": "x"}}]}, "Patient.name[0].given"),
    ("Patient", {"deceasedBoolean": True, "deceasedDateTime": "2024"}, "Patient.deceased"),
    (
        "Patient",
        {"deceasedBoolean": True, "_deceasedDateTime": {"extension": [EXTENSION]}},
        "Patient.deceased",
    ),
    ("Patient", {"deceasedString": "x"}, "Patient.deceasedString"),
    ("Patient", {"deceased": True}, "Patient.deceased"),
    ("Observation", {"component": [{"valueString": "x"}]}, "Observation.component[0].code"),
    ("Observation", {"status": None}, "Observation.status"),
    (
        "Observation",
        {"referenceRange": [{"low": {"value": 1, "comparator": "<"}}]},
        "Observation.referenceRange[0].low.comparator",
    ),
    (
        "MedicationAdministration",
        {"dosage": {"doseAndRate": []}},
        "MedicationAdministration.dosage.doseAndRate",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "group", "item": [{"type": "string"}]}]},
        "Questionnaire.item[0].item[0].linkId",
    ),
    ("Basic", {"extension": [{"url": "x"}]}, "Basic.extension[0].value"),
    ("Basic", {"extension": [{"valueCode": "x"}]}, "Basic.extension[0].url"),
    ("Basic", {"extension": [{**EXTENSION, "extension": [EXTENSION]}]}, "Basic.extension[0]"),
    ("Basic", {"extension": [{**EXTENSION, "valueString": "x"}]}, "Basic.extension[0].value"),
    ("Patient", {"resourceType": "patient"}, "Patient.resourceType"),
    ("Patient", {"resourceType": ["Patient"]}, "Patient.resourceType"),
    ("Patient", {"resourceType": "DomainResource"}, "Patient.resourceType"),
    ("Patient", {"resourceType": "HumanName"}, "Patient.resourceType"),
]

INNER = [
    ("Basic", {"contained": [{"resourceType": "Patient", "id": "a"}]}, "Basic.contained[0]"),
    ("Basic", {"contained": [{"resourceType": "Patient"}]}, "Basic.contained[0].id"),
    ("Basic", {"contained": [{"id": "a"}]}, "Basic.contained[0].resourceType"),
    ("Basic", {"contained": ["a"]}, "Basic.contained[0]"),
    ("Basic", {"contained": [{"resourceType": "Foo", "id": "a"}]}, "Basic.contained[0].resourceType"),
    (
        "Basic",
        {"contained": [{"resourceType": "Patient", "id": "a", "gender": "x"}]},
        "Basic.contained[0].gender",
    ),
    (
        "Basic",
        {"contained": [{"resourceType": "Patient", "id": "a", "contained": []}]},
        "Basic.contained[0].contained",
    ),
    (
        "Basic",
        {"contained": [{"resourceType": "Patient", "id": "a", "meta": {"versionId": "1"}}]},
        "Basic.contained[0].meta.versionId",
    ),
    (
        "Bundle",
        {"entry": [{}, {"resource": {"resourceType": "Observation"}}]},
        "Bundle.entry[1].resource.status",
    ),
    ("Bundle", {"entry": [{"resource": []}]}, "Bundle.entry[0].resource"),
    (
        "Bundle",
        {"entry": [{"response": {"status": "200", "outcome": {"resourceType": "OperationOutcome"}}}]},
        "Bundle.entry[0].response.outcome.issue",
    ),
    (
        "Bundle",
        {
            "entry": [
                {
                    "resource": {
                        "resourceType": "Bundle",
                        "type": "batch",
                        "entry": [{"resource": {"resourceType": "Patient", "active": 1}}],
                    }
                }
            ]
        },
        "Bundle.entry[0].resource.entry[0].resource.active",
    ),
    (
        "Parameters",
        {
            "parameter": [
                {"name": "x", "part": [{"name": "y", "resource": {"resourceType": "Patient", "id": "_"}}]}
            ]
        },
        "Parameters.parameter[0].part[0].resource.id",
    ),
]

NARRATIVES = [
    ("Patient", _narrative("x"), "Patient.text.`div`"),
    ("Patient", _narrative(""), "Patient.text.`div`"),
    ("Patient", _narrative("<div>x</div>"), "Patient.text.`div`"),
    ("Patient", _narrative('<p xmlns="http://www.w3.org/1999/xhtml">x</p>'), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("<p>x")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("&nbsp;")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("<script>x</script>")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("<iframe/>")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("<form/>")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format('<p onclick="x">x</p>')), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format('<a href=" java&#10;script:x">x</a>')), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format('<img src="data:text/html,x"/>')), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format('<svg xmlns="http://www.w3.org/2000/svg"/>')), "Patient.text.`div`"),
    ("Patient", _narrative("<!DOCTYPE a [<!ENTITY b 'c'>]>" + DIV.format("&b;")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("<?php x ?>")), "Patient.text.`div`"),
    ("Patient", _narrative(DIV.format("x") + DIV.format("y")), "Patient.text.`div`"),
    (
        "Composition",
        {"section": [{"section": [_narrative(DIV.format("<b>"))]}]},
        "Composition.section[0].section[0].text.`div`",
    ),
]

ROWS = [*DATES, *NUMBERS, *STRINGS, *CODES, *SHAPES, *INNER, *NARRATIVES]


def _issues(kind: str, change: dict[str, Any]) -> list[Issue]:
    return validate({"resourceType": kind, **BASES[kind], **change}, kind)


@pytest.mark.parametrize(("kind", "change", "expression"), ROWS)
def test_a_hostile_value_is_refused_at_its_place(kind: str, change: dict[str, Any], expression: str) -> None:
    assert expression in [issue.expression for issue in _issues(kind, change)]


@pytest.mark.parametrize("kind", sorted(BASES))
def test_the_rows_are_invalid_for_nothing_else(kind: str) -> None:
    assert _issues(kind, {}) == []


def test_no_issue_repeats_a_value_or_a_key_that_is_no_name() -> None:
    secret = "Nguyễn Bí Mật 001099012345"
    wrong = {"gender": secret, "birthDate": secret, "name": secret, "active": secret, secret: secret}
    issues = _issues("Patient", {**wrong, "contact": [{"gender": secret, secret: 1}], "_gender": {secret: 1}})
    assert len(issues) == 8
    assert not any(secret in issue.text or secret in issue.expression for issue in issues)


def test_a_thoroughly_wrong_resource_has_a_bounded_answer() -> None:
    change: dict[str, Any] = {"name": [{}] * 200}
    assert len(_issues("Patient", change)) == 100
    assert len(validate({"resourceType": "Patient", **change}, "Patient", most=3)) == 3


def test_of_a_large_wrong_resource_the_first_place_is_told() -> None:
    assert [issue.expression for issue in _issues("Patient", {"name": [{}] * 20_000})] == ["Patient.name[0]"]


def test_the_resources_within_a_wrong_one_are_told_too() -> None:
    inner = {"resource": {"resourceType": "Patient", "gender": "x"}}
    issues = _issues("Bundle", {"type": "x", "entry": [inner]})
    assert [issue.expression for issue in issues] == ["Bundle.type", "Bundle.entry[0].resource.gender"]
