"""The form of references, and that what is referred to within a resource is there (ref-1).

https://hl7.org/fhir/R4/references.html
"""

from typing import Any

import pytest

from fhir_api.intake import validate
from tests.fhir_api.running import Door, outcome_of

BASIC: dict[str, Any] = {"resourceType": "Basic", "code": {"text": "x"}}


def findings(resource: dict[str, Any]) -> list[tuple[str, str]]:
    found = validate(resource, resource["resourceType"])
    return [(issue.expression, issue.code) for issue in found]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/1",
        "Patient/a-b.C/_history/2",
        "Patient?identifier=urn:x|a b",
        "http://example.org/fhir/Patient/1",
        "https://example.org/any?thing=1#part",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "urn:oid:1.2.3",
        "#",
    ],
)
def test_forms_that_the_specification_has(reference: str) -> None:
    assert findings(BASIC | {"subject": {"reference": reference}}) == []


@pytest.mark.parametrize(
    "reference",
    [
        "garbage in here",
        "garbage",
        "Patient/",
        "Patient/a b",
        "Patient/1/",
        "/Patient/1",
        "Nothing/1",
        "Patient?",
        "Patient/1/_history",
        "urn:uuid:1 2",
        "#a b",
        " Patient/1",
        "Patient/1\n",
    ],
)
def test_other_forms_are_refused(reference: str) -> None:
    assert findings(BASIC | {"subject": {"reference": reference}}) == [("Basic.subject.reference", "value")]


def test_a_target_that_is_not_contained_is_refused_at_its_place() -> None:
    inner = BASIC | {"id": "in", "author": {"reference": "#other"}}
    whole = BASIC | {"contained": [inner], "subject": {"reference": "#in"}, "author": {"reference": "#out"}}
    assert sorted(findings(whole)) == [
        ("Basic.author.reference", "invariant"),
        ("Basic.contained[0].author.reference", "invariant"),
    ]
    extension = {"url": "http://x", "valueReference": {"reference": "#out"}}
    assert findings(BASIC | {"extension": [extension]}) == [
        ("Basic.extension[0].value.reference", "invariant")
    ]


def test_what_is_contained_may_refer_to_each_other_and_to_the_container() -> None:
    first = BASIC | {"id": "one", "subject": {"reference": "#two"}}
    second = BASIC | {"id": "two", "subject": {"reference": "#"}}
    assert findings(BASIC | {"contained": [first, second], "subject": {"reference": "#one"}}) == []


def test_each_resource_of_a_bundle_contains_its_own() -> None:
    entries = [{"resource": BASIC | {"subject": {"reference": "#in"}}}]
    place = "Bundle.entry[0].resource.subject.reference"
    assert findings({"resourceType": "Bundle", "type": "collection", "entry": entries}) == [
        (place, "invariant")
    ]


def test_other_texts_that_begin_alike_are_no_references() -> None:
    assert findings({"resourceType": "Basic", "code": {"text": "#other"}}) == []
    education = [{"reference": "#uri"}]
    assert (
        findings(
            {
                "resourceType": "Immunization",
                "status": "completed",
                "vaccineCode": {"text": "x"},
                "patient": {"reference": "Patient/1"},
                "occurrenceString": "then",
                "education": education,
            }
        )
        == []
    )


@pytest.mark.parametrize("target", [b"#out", b"\\u0023out"])
def test_the_door_looks_for_them(door: Door, target: bytes) -> None:
    body = b'{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"%b"}}' % target
    answer = door.client.post("Basic", content=body, headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code == 422
    assert outcome_of(answer)["expression"] == ["Basic.subject.reference"]
