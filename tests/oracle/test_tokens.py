"""https://hl7.org/fhir/R4/search.html#token: its forms, data types, modifiers and examples."""

from typing import Any

import pytest

from tests.oracle.asking import corpus, found, resource
from tests.oracle.values import Refused

ACME = "http://acme.org/conditions/codes"


def condition(id_: str, *codings: dict[str, str], **elements: str) -> bytes:
    return resource("Condition", id_, code={**({"coding": codings} if codings else {}), **elements})


CONDITIONS = corpus(
    [
        condition("acme", {"system": ACME, "code": "ha125"}),
        condition("other", {"system": "http://other", "code": "HA125"}),
        condition("none", {"code": "ha125"}),
        condition("both", {"system": "http://other", "code": "x"}, {"system": ACME, "code": "y"}),
        condition("text", {"display": "Cephalalgia nos"}, text="Severe headache"),
        resource("Condition", "without"),
    ]
)
FORMS = [
    (f"code={ACME}|ha125", "acme"),
    (f"code={ACME}|HA125", "acme"),
    ("code=ha125", "acme other none"),
    ("code=|ha125", "none"),
    (f"code={ACME}|", "acme both"),
    ("code=HTTP://ACME.org/conditions/codes|ha125", ""),
    (f"code={ACME}|x", ""),
    ("code=http://other|x", "both"),
    ("code=x,ha125", "acme other none both"),
    ("code=x&code=y", "both"),
    ("code=ha12", ""),
    (f"code:not={ACME}|ha125", "other none both text without"),
    ("code:not=ha125", "both text without"),
    ("code:not=ha125,x", "text without"),
    ("code:not=ha125&code:not=y", "text without"),
    ("code:text=headache", "text"),
    ("code:text=severe", "text"),
    ("code:text=head", "text"),
    ("code:text=ache", ""),
    ("code:text=cephalalgia", "text"),
    ("code:text=nos,zz", "text"),
    ("code:text=ha125", ""),
    ("code:missing=true", "without"),
    ("code:missing=false", "acme other none both text"),
    ("code=a\\|b", ""),
]


@pytest.mark.parametrize(("query", "expected"), FORMS)
def test_form(query: str, expected: str) -> None:
    assert found(CONDITIONS, f"Condition?{query}") == expected


V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
MR = {"system": V2, "code": "MR", "display": "Medical record"}
MRN = {
    "system": "http://acme.org/patient",
    "value": "2345a",
    "type": {"text": "Hospital number", "coding": [MR]},
}
PATIENT = resource(
    "Patient",
    "1",
    active=True,
    gender="male",
    identifier=[MRN, {"value": "urn:oid:1.2.3"}, {"system": "urn:oid:4.5"}],
    telecom=[
        {"system": "phone", "value": "+84 90 Abc", "use": "mobile"},
        {"system": "email", "value": "An@x.vn"},
    ],
    communication=[{"language": {"coding": [{"code": "vi"}]}}, {"language": {"coding": [{"code": "fr"}]}}],
    meta={"tag": [{"system": "http://acme.org/codes", "code": "needs-review"}], "security": [{"code": "R"}]},
)
OF_TYPES = [
    ("identifier=http://acme.org/patient|2345a", True),
    ("identifier=http://acme.org/patient|2345A", False),
    ("identifier=2345a", True),
    ("identifier=|2345a", False),
    ("identifier=|urn:oid:1.2.3", True),
    ("identifier=|urn:oid:4.5,urn:oid:4.5|", True),
    ("identifier=http://acme.org/patient|", True),
    ("identifier=http://acme.org|", False),
    (f"identifier:of-type={V2}|MR|2345a", True),
    (f"identifier:of-type={V2}|mr|2345a", True),
    (f"identifier:of-type={V2}|MR|2345A", False),
    (f"identifier:of-type={V2}|DL|2345a", False),
    ("identifier:of-type=http://x|MR|2345a", False),
    ("identifier:text=hospital", True),
    ("identifier:text=number", True),
    ("identifier:text=medical", True),
    ("identifier:text=2345", False),
    ("gender=male", True),
    ("gender=MALE", True),
    ("gender=female", False),
    ("gender=http://hl7.org/fhir/administrative-gender|male", True),
    ("gender=http://hl7.org/fhir/administrative-gender|", True),
    ("gender=http://x|male", False),
    ("gender=|male", False),
    ("gender:not=male", False),
    ("gender:not=female", True),
    ("active=true", True),
    ("active=false", False),
    ("active:not=false", True),
    ("phone=%2B84 90 abc", True),
    ("phone=|%2B84 90 Abc", True),
    ("phone=phone|%2B84 90 Abc", False),
    ("phone=%2B84", False),
    ("email=an@X.vn", True),
    ("phone=an@x.vn", False),
    ("telecom=an@x.vn", True),
    ("language=fr&language=vi", True),
    ("language=fr,nl", True),
    ("language=fr,nl&language=en", False),
    ("deceased=false", True),
    ("deceased=true", False),
    ("_id=1", True),
    ("_id=2,1", True),
    ("_id=|1", False),
    ("_tag=http://acme.org/codes|needs-review", True),
    ("_tag=needs-review", True),
    ("_tag=|needs-review", False),
    ("_security=|r", True),
    ("_security:missing=false", True),
]


@pytest.mark.parametrize(("query", "matches"), OF_TYPES)
def test_data_type(query: str, matches: bool) -> None:
    assert found([PATIENT], f"Patient?{query}") == ("1" if matches else "")


def test_ids_are_case_sensitive() -> None:
    assert found([resource("Patient", "Ab")], "Patient?_id=ab") == ""


def test_negation_includes_those_without_the_element() -> None:
    patients = [
        resource("Patient", "m", gender="male"),
        resource("Patient", "f", gender="female"),
        resource("Patient", "n"),
    ]
    assert found(patients, "Patient?gender:not=male") == "f n"


def test_negation_is_of_the_whole_set() -> None:
    sections = [
        resource(
            "Composition", "both", section=[{"code": {"coding": [{"code": c}]}} for c in ("48765-2", "1-8")]
        ),
        resource("Composition", "other", section=[{"code": {"coding": [{"code": "1-8"}]}}]),
    ]
    assert found(sections, "Composition?section=48765-2") == "both"
    assert found(sections, "Composition?section:not=48765-2") == "other"


DECEASED: list[tuple[dict[str, Any], str]] = [
    ({"deceasedBoolean": True}, "true"),
    ({"deceasedBoolean": False}, "false"),
    ({"deceasedDateTime": "2020"}, "true"),
    ({}, "false"),
]


@pytest.mark.parametrize(("deceased", "expected"), DECEASED)
def test_deceased(deceased: dict[str, Any], expected: str) -> None:
    assert found([resource("Patient", "1", **deceased)], f"Patient?deceased={expected}") == "1"


@pytest.mark.parametrize("searched", ["text/plain", "urn:any|TEXT/plain", "urn:any|", "|text/plain"])
def test_a_code_that_no_list_holds_is_of_any_system(searched: str) -> None:
    document = resource("DocumentReference", "1", content=[{"attachment": {"contentType": "text/plain"}}])
    other = resource("DocumentReference", "2", content=[{"attachment": {"title": "x"}}])
    assert found([document, other], f"DocumentReference?contenttype={searched}") == "1"


def test_a_code_of_a_list_of_types() -> None:
    schema = resource("Questionnaire", "1", subjectType=["Patient"])
    assert found([schema], "Questionnaire?subject-type=Patient") == "1"


REFUSED = """gender= gender=man gender=male,man gender=| gender=a|b|c active=yes active=TRUE active=|true
active=http://hl7.org/fhir/special-values|true gender:exact=male identifier:of-type=MR|2345a
identifier:of-type=http://x||1 gender:missing=yes gender:in=http://x gender:above=male sex=male
gender:of-type=http://x|MR|male"""


@pytest.mark.parametrize("query", REFUSED.split())
def test_refused(query: str) -> None:
    with pytest.raises(Refused):
        found([PATIENT], f"Patient?{query}")
