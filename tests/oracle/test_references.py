"""https://hl7.org/fhir/R4/search.html#reference, #versions, and https://hl7.org/fhir/R4/references.html."""

from typing import Any

import pytest

from tests.oracle.asking import BASE, corpus, found, resource
from tests.oracle.values import Refused

OTHER = "http://other.example/fhir/Patient/23"
SUBJECTS: dict[str, Any] = {
    "relative": {"reference": "Patient/23"},
    "absolute": {"reference": f"{BASE}/Patient/23"},
    "versioned": {"reference": "Patient/23/_history/2"},
    "group": {"reference": "Group/23"},
    "foreign": {"reference": OTHER},
    "urn": {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
    "contained": {"reference": "#23"},
    "logical": {"identifier": {"system": "http://acme.org/mrn", "value": "123456a"}, "type": "Patient"},
    "both": {"reference": "Patient/24", "identifier": {"value": "9"}},
    "display": {"display": "Somebody"},
}
OBSERVATIONS = corpus(
    [resource("Observation", id_, subject=subject) for id_, subject in SUBJECTS.items()]
    + [resource("Observation", "without")]
)
CASES = [
    ("subject=Patient/23", "relative absolute versioned"),
    ("subject=23", "relative absolute versioned group"),
    (f"subject={BASE}/Patient/23", "relative absolute versioned"),
    ("subject=Patient/23/_history/7", "relative absolute versioned"),
    ("subject=Group/23", "group"),
    (f"subject={OTHER}", "foreign"),
    (f"subject={OTHER}/_history/1", "foreign"),
    ("subject=urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn"),
    ("subject=#23", ""),
    ("subject:Patient=23", "relative absolute versioned"),
    ("subject:Patient=Patient/23", "relative absolute versioned"),
    (f"subject:Patient={BASE}/Patient/23", "relative absolute versioned"),
    ("subject:Group=23", "group"),
    ("subject:Device=23", ""),
    ("patient=23", "relative absolute versioned"),
    ("patient=Patient/24", "both"),
    ("patient=Patient/23,Patient/24", "relative absolute versioned both"),
    ("subject=patient/23", ""),
    ("subject=2", ""),
    ("subject:identifier=http://acme.org/mrn|123456a", "logical"),
    ("subject:identifier=123456a", "logical"),
    ("subject:identifier=123456A", ""),
    ("subject:identifier=|9", "both"),
    ("subject:identifier=http://acme.org/mrn|", "logical"),
    ("patient:identifier=123456a", "logical"),
    ("subject:missing=true", "contained display without"),
    ("subject:missing=false", "relative absolute versioned group foreign urn logical both"),
    ("patient=Group/23", ""),
    ("patient:missing=true", "group urn contained display without"),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_reference(query: str, expected: str) -> None:
    assert found(OBSERVATIONS, f"Observation?{query}") == expected


PROFILE = "http://acme.com/some-profile"
CANONICALS = {"plain": PROFILE, "one": f"{PROFILE}|1.0", "two": f"{PROFILE}|2.0", "longer": f"{PROFILE}/x"}
CANONICALS["word"] = "word|1"


@pytest.mark.parametrize(
    ("searched", "expected"),
    [
        (PROFILE, "plain one two"),
        (f"{PROFILE}|1.0", "one"),
        (f"{PROFILE}|1", ""),
        (f"{PROFILE}/x", "longer"),
        ("some-profile", ""),
        ("word", "word"),
        ("word|1", "word"),
        ("word|2", ""),
    ],
)
def test_canonical(searched: str, expected: str) -> None:
    answers = [resource("QuestionnaireResponse", id_, questionnaire=url) for id_, url in CANONICALS.items()]
    assert found(answers, f"QuestionnaireResponse?questionnaire={searched}") == expected


def test_a_canonical_is_no_uri() -> None:
    maps = [
        resource("ConceptMap", "uri", sourceUri="http://x/1"),
        resource("ConceptMap", "canonical", sourceCanonical="http://x/1"),
    ]
    assert found(maps, "ConceptMap?source-uri=http://x/1") == "uri"
    assert found(maps, "ConceptMap?source=http://x/1") == "canonical"


def test_what_a_bundle_begins_with() -> None:
    letter = resource("Bundle", "letter", entry=[{"resource": {"resourceType": "Composition", "id": "1"}}])
    message = resource(
        "Bundle", "message", entry=[{"resource": {"resourceType": "MessageHeader", "id": "1"}}]
    )
    assert found([letter, message], "Bundle?composition=Composition/1") == "letter"
    assert found([letter, message], "Bundle?composition:missing=false") == "letter message"
    assert found([letter, message], "Bundle?message:missing=false") == "message"


REFUSED = """subject= subject:Practitioner=1 subject:Nothing=1 subject:Patient=Group/23 subject:exact=1
subject:Patient=http://other.example/fhir/Patient/23 subject:Patient=urn:oid:1.2 subject:Patient=#23
subject:identifier= subject:identifier=a|b|c patient:contains=1 patient:Group=23 patient:Group.identifier=1"""


@pytest.mark.parametrize("query", REFUSED.split())
def test_refused(query: str) -> None:
    with pytest.raises(Refused):
        found(OBSERVATIONS, f"Observation?{query}")
