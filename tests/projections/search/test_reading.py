"""What names and values of a query mean, asked of the entries of one resource.

https://hl7.org/fhir/R4/search.html#modifiers, #prefix, #token, #string, #reference, #date, #number,
#quantity, #uri, #composite, #chaining, #has
"""

from typing import Any

import pytest

from ehr.definitions import RESOURCE_TYPES
from projections.search.entries import Entries
from projections.search.errors import TooMuchAsked
from projections.search.reading import (
    MODIFIERS,
    NOT_SEARCHABLE,
    NOTHING,
    Reading,
    find,
    modifiers_of,
    names_of,
    parameters_of,
)
from projections.search.tokens import OF_TYPE
from projections.search.tree import Or, ReferredToBy, Refers
from tests.projections.search.deciding import of_itself

BASE = "http://localhost/fhir"
LOINC, UCUM, NUMBERS, KINDS = (
    "http://loinc.org",
    "http://unitsofmeasure.org",
    "http://x/numbers",
    "http://x/kinds",
)
KIND = {"coding": [{"system": KINDS, "code": "NI", "display": "Số định danh"}], "text": "Căn cước"}
RESOURCES: dict[str, dict[str, Any]] = {
    "Patient": {
        "meta": {"tag": [{"code": "bare"}], "profile": ["http://x/profiles/person"], "source": "urn:x"},
        "identifier": [{"system": NUMBERS, "value": "A1", "type": KIND}, {"value": "loose"}],
        "active": True,
        "name": [{"family": "Nguyễn", "given": ["Thị", "Ánh Hoa"], "text": "Nguyễn Thị Ánh-Hoa"}],
        "telecom": [{"system": "phone", "value": "091 234"}],
        "gender": "female",
        "birthDate": "1990-05-10",
        "address": [{"line": ["12 Lê Lợi"], "city": "Vinh", "_district": {"id": "x"}}],
        "generalPractitioner": [
            {"reference": "Practitioner/p", "identifier": {"system": NUMBERS, "value": "B2"}},
            {"reference": f"{BASE}/Organization/o/_history/3"},
            {"reference": "http://elsewhere/fhir/Organization/z"},
            {"reference": "#inside"},
        ],
        "managingOrganization": {"display": "known by its name alone"},
    },
    "Observation": {
        "code": {"coding": [{"system": LOINC, "code": "8867-4"}]},
        "subject": {"reference": "Patient/1"},
        "effectivePeriod": {"start": "2024-05-10", "end": "2024-05-12"},
        "valueQuantity": {"value": 7.50, "unit": "lần/phút", "system": UCUM, "code": "/min"},
        "component": [
            {"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}, "valueQuantity": {"value": 120}},
            {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": {"value": 80}},
        ],
    },
    "RiskAssessment": {"prediction": [{"probabilityRange": {"low": {"value": 10}}}]},
    "ValueSet": {"url": "http://x/fhir/ValueSet/a", "version": "2"},
    "QuestionnaireResponse": {"questionnaire": "http://x/Questionnaire/q|1"},
    "CarePlan": {"instantiatesCanonical": ["word", "other|1"]},
    "Person": {
        "link": [
            {"target": {"reference": "Patient/p", "identifier": {"system": NUMBERS, "value": "C3"}}},
            {"target": {"type": "Practitioner", "identifier": {"value": "D4"}}},
            {"target": {"type": "RelatedPerson", "display": "known by a name alone"}},
        ]
    },
}  # fmt: skip

HOLDS = [
    ("Patient", "_id", "1", True),
    ("Patient", "_id", "2,1", True),
    ("Patient", "_id", "x", False),
    ("Patient", "_id:not", "1,2", False),
    ("Patient", "_id:missing", "false", True),
    ("Patient", "_tag", "bare", True),
    ("Patient", "_tag", "|bare", True),
    ("Patient", "_tag", "http://x|bare", False),
    ("Patient", "_profile:below", "http://x/profiles", True),
    ("Patient", "_profile:below", "http://x/profiles/", True),
    ("Patient", "_profile:below", "http://x/prof", False),
    ("Patient", "_profile:above", "http://x/profiles/person/of/some", True),
    ("Patient", "_profile:above", "http://x/profiles", False),
    ("Patient", "_source", "urn:x", True),
    ("Patient", "_source", "URN:x", False),
    ("Patient", "identifier", "A1", True),
    ("Patient", "identifier", "a1", False),
    ("Patient", "identifier", f"{NUMBERS}|A1", True),
    ("Patient", "identifier", "|A1", False),
    ("Patient", "identifier", "|loose", True),
    ("Patient", "identifier", f"{NUMBERS}|", True),
    ("Patient", "identifier", "http://x/n|", False),
    ("Patient", "identifier:not", "nobody", True),
    ("Patient", "identifier:not", "nobody,loose", False),
    ("Patient", "identifier:text", "can", True),
    ("Patient", "identifier:text", "dinh d", True),
    ("Patient", "identifier:text", "inh", False),
    ("Patient", "identifier:of-type", f"{KINDS}|ni|A1", True),
    ("Patient", "identifier:of-type", f"{KINDS}|NI|loose", False),
    ("Patient", "identifier:missing", "true", False),
    ("Patient", "active", "true", True),
    ("Patient", "active", "false", False),
    ("Patient", "gender", "FEMALE", True),
    ("Patient", "gender", "http://hl7.org/fhir/administrative-gender|female", True),
    ("Patient", "gender", "http://x|female", False),
    ("Patient", "gender:not", "male,other", True),
    ("Patient", "phone", "091 234", True),
    ("Patient", "phone", "|091 234", True),
    ("Patient", "phone", "http://x|091 234", False),
    ("Patient", "email:missing", "true", True),
    ("Patient", "name", "hoa", True),
    ("Patient", "name", "NGUYEN thi anh", True),
    ("Patient", "name", "guyen", False),
    ("Patient", "name", "hoa,nobody", True),
    ("Patient", "family:exact", "Nguyễn", True),
    ("Patient", "family:exact", "nguyễn", False),
    ("Patient", "given:contains", "nhho", False),
    ("Patient", "given:contains", "nh ho", True),
    ("Patient", "address", "12", True),
    ("Patient", "address", "loi", False),
    ("Patient", "address:contains", "loi", True),
    ("Patient", "address-state:missing", "true", True),
    ("Patient", "birthdate", "1990", True),
    ("Patient", "birthdate", "1990-05-11", False),
    ("Patient", "birthdate", "ne1990", False),
    ("Patient", "death-date:missing", "true", True),
    ("Patient", "general-practitioner", "Practitioner/p", True),
    ("Patient", "general-practitioner", "p", True),
    ("Patient", "general-practitioner", f"{BASE}/Practitioner/p", True),
    ("Patient", "general-practitioner", "Practitioner/p/_history/9", True),
    ("Patient", "general-practitioner", "Organization/o", True),
    ("Patient", "general-practitioner", "Organization/p", False),
    ("Patient", "general-practitioner", "http://elsewhere/fhir/Organization/z", True),
    ("Patient", "general-practitioner", "Organization/z", False),
    ("Patient", "general-practitioner", "inside", False),
    ("Patient", "general-practitioner:Practitioner", "p", True),
    ("Patient", "general-practitioner:Organization", "p", False),
    ("Patient", "general-practitioner:identifier", f"{NUMBERS}|B2", True),
    ("Patient", "general-practitioner:identifier", "b2", False),
    ("Patient", "general-practitioner:missing", "false", True),
    ("Patient", "organization:missing", "true", True),
    ("Patient", "link:missing", "true", True),
    ("Observation", "code", f"{LOINC}|8867-4", True),
    ("Observation", "combo-code", "8480-6", True),
    ("Observation", "code", "8480-6", False),
    ("Observation", "patient", "1", True),
    ("Observation", "patient", "Group/1", False),
    ("Observation", "patient:missing", "false", True),
    ("Observation", "date", "2024-05", True),
    ("Observation", "date", "2024-05-11", False),
    ("Observation", "date", "gt2024-05-11", True),
    ("Observation", "date", "lt2024-05-11", True),
    ("Observation", "date", "ge2024-05-10", True),
    ("Observation", "date", "le2024-05-09", False),
    ("Observation", "date", "sa2024-05-09", True),
    ("Observation", "date", "eb2024-05-12", False),
    ("Observation", "date", "ap2024-05-13", True),
    ("Observation", "date", "ap2024-05-14", False),
    ("Observation", "value-quantity", "7.5", True),
    ("Observation", "value-quantity", "7.50", True),
    ("Observation", "value-quantity", "8", True),
    ("Observation", "value-quantity", "7", False),
    ("Observation", "value-quantity", "8.0", False),
    ("Observation", "value-quantity", "1e1", True),
    ("Observation", "value-quantity", f"7.5|{UCUM}|/min", True),
    ("Observation", "value-quantity", "7.5||/min", True),
    ("Observation", "value-quantity", "7.5||lần/phút", True),
    ("Observation", "value-quantity", "7.5|http://x|/min", False),
    ("Observation", "value-quantity", f"7.5|{UCUM}|/MIN", False),
    ("Observation", "component-code-value-quantity", f"{LOINC}|8480-6$gt100", True),
    ("Observation", "component-code-value-quantity", "8462-4$gt100", False),
    ("Observation", "component-code-value-quantity", "8462-4$gt100,8462-4$80", True),
    ("Observation", "component-code-value-quantity:missing", "false", True),
    ("Observation", "component-code-value-concept:missing", "true", True),
    ("Observation", "code-value-quantity", "8867-4$7.5", True),
    ("Observation", "code-value-quantity", "8867-4$120", False),
    ("RiskAssessment", "probability", "gt1000000", True),
    ("RiskAssessment", "probability", "lt10", False),
    ("RiskAssessment", "probability", "sa9", True),
    ("RiskAssessment", "probability", "eb1000000", False),
    ("RiskAssessment", "probability:missing", "false", True),
    ("ValueSet", "url", "http://x/fhir/ValueSet/a", True),
    ("ValueSet", "url", "http://x/fhir/ValueSet/a|2", True),
    ("ValueSet", "url", "http://x/fhir/ValueSet/a|3", False),
    ("ValueSet", "url", r"http://x/fhir/ValueSet/a\|2", False),
    ("ValueSet", "url:below", "http://x/fhir/ValueSet/a", True),
    ("ValueSet", "url:missing", "false", True),
    ("Observation", "value-quantity:missing", "false", True),
    ("QuestionnaireResponse", "questionnaire", "http://x/Questionnaire/q", True),
    ("QuestionnaireResponse", "questionnaire", "http://x/Questionnaire/q|1", True),
    ("QuestionnaireResponse", "questionnaire", "http://x/Questionnaire/q|2", False),
    ("CarePlan", "instantiates-canonical", "word", True),
    ("CarePlan", "instantiates-canonical", "wor", False),
    ("CarePlan", "instantiates-canonical", "other", True),
    ("CarePlan", "instantiates-canonical", "other|1", True),
    ("CarePlan", "instantiates-canonical", "other|2", False),
    ("Person", "link:identifier", "C3", True),
    ("Person", "patient:identifier", "C3", True),
    ("Person", "patient:identifier", f"{NUMBERS}|C3", True),
    ("Person", "patient:identifier", f"{NUMBERS}|", True),
    ("Person", "practitioner:identifier", "C3", False),
    ("Person", "practitioner:identifier", "|D4", True),
    ("Person", "patient:identifier", "D4", False),
    ("Person", "practitioner:missing", "false", True),
    ("Person", "relatedperson:missing", "true", True),
]


def entries(type_: str) -> Entries:
    return of_itself({"resourceType": type_, "id": "1", **RESOURCES[type_]})


@pytest.mark.parametrize(("type_", "name", "text", "expected"), HOLDS)
def test_what_holds(type_: str, name: str, text: str, expected: bool) -> None:
    assert Reading(BASE).condition(type_, name, text).holds(entries(type_)) is expected


def test_every_modifier_is_there() -> None:
    tried = {
        (find(type_, name.partition(":")[0]).type, name.partition(":")[2]) for type_, name, _, _ in HOLDS
    }
    known = {(kind, one) for kind, modifiers in MODIFIERS.items() for one in (*modifiers, "")}
    assert known | {("token", OF_TYPE)} == {one for one in tried if one[1] not in RESOURCE_TYPES}


def test_a_chain_goes_to_every_type_that_has_the_rest() -> None:
    node = Reading().condition("Observation", "subject.name", "hoa")
    assert isinstance(node, Or)
    assert {one.type for one in node.nodes if isinstance(one, Refers)} == {"Location", "Patient"}


def test_a_chain_names_types_or_is_refused_when_there_are_too_many_ways() -> None:
    with pytest.raises(TooMuchAsked, match=r"With subject .* Name fewer types, as in"):
        Reading().condition("Provenance", "target.subject.organization.name", "x")
    Reading().condition("Provenance", "target:Observation.subject:Patient.organization.name", "x")


def test_what_refers_may_be_asked_in_turn() -> None:
    node = Reading().condition("Organization", "_has:Patient:organization:_has:Observation:patient:code", "x")
    assert isinstance(node, ReferredToBy)
    assert isinstance(node.node, ReferredToBy)
    assert (node.type, node.node.type) == ("Patient", "Observation")
    assert find("Observation", "subject").number == node.node.number


def test_what_refers_to_one_type_alone_refers_to_no_other() -> None:
    assert Reading().condition("Group", "_has:Observation:patient:code", "x") == NOTHING
    assert isinstance(Reading().condition("Group", "_has:Observation:subject:code", "x"), ReferredToBy)
    assert isinstance(Reading().condition("Patient", "_has:Observation:patient:code", "x"), ReferredToBy)


def test_what_is_about_others_cannot_be_asked_of_one() -> None:
    for name in ("subject:Patient.name", "_has:Provenance:target:_id"):
        with pytest.raises(NotImplementedError):
            Reading().condition("Observation", name, "x").holds(Entries())


@pytest.mark.parametrize("type_", sorted(RESOURCE_TYPES))
def test_every_parameter_takes_what_it_says(type_: str) -> None:
    for code, parameter in parameters_of(type_).items():
        assert code not in NOT_SEARCHABLE
        for modifier in modifiers_of(parameter):
            assert (
                modifier == "missing"
                or modifier in MODIFIERS[parameter.type]
                or modifier
                in (
                    OF_TYPE,
                    *parameter.targets,
                )
            )
        for text in ("true", "false"):
            condition = Reading().condition(type_, f"{code}:missing", text)
            assert condition.holds(Entries()) is (text == "true") or code in ("_id", "_lastUpdated")


def test_what_all_types_have() -> None:
    common = ["_id", "_lastUpdated", "_profile", "_security", "_source", "_tag"]
    assert names_of(RESOURCE_TYPES) == common
    assert names_of(("Patient", "Practitioner")) == sorted(
        {*parameters_of("Patient")} & {*parameters_of("Practitioner")}
    )
