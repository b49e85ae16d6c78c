"""Where a link may stand that a transaction rewrites (http.html#trules)."""

from typing import Any

import pytest

from ehr.definitions import link_texts, may_hold_link, string_kinds


@pytest.mark.parametrize(
    ("type_", "key", "may"),
    [
        ("Reference", "reference", True),
        ("Reference", "type", True),
        ("Reference", "display", False),
        ("Identifier", "system", True),
        ("Identifier", "value", False),
        ("Attachment", "url", True),
        ("Extension", "url", True),
        ("Extension", "valueUri", True),
        ("Extension", "valueUuid", True),
        ("Extension", "valueCanonical", False),
        ("Extension", "valueString", False),
        ("Narrative", "div", True),
        ("Questionnaire", "derivedFrom", False),
        ("QuestionnaireResponse", "questionnaire", False),
        ("ContactPoint", "system", False),
        ("Claim.related", "reference", False),
        ("Immunization.education", "reference", True),
        ("Bundle.entry", "fullUrl", True),
        ("Meta", "profile", False),
        ("Meta", "source", True),
        ("Patient", "unknown", False),
    ],
)
def test_which_elements_may_hold_a_link(type_: str, key: str, may: bool) -> None:
    assert may_hold_link(type_, key) is may


RESOURCE: dict[str, Any] = {
    "resourceType": "DocumentReference",
    "text": {"status": "generated", "div": "<div/>"},
    "contained": [{"resourceType": "Location", "partOf": {"reference": "in"}, "name": "no"}],
    "identifier": [{"system": "system", "value": "no"}],
    "_status": {"extension": [{"url": "url", "valueUri": "value", "valueString": "no"}]},
    "subject": {"reference": "subject", "display": "no"},
    "content": [{"attachment": {"url": "attachment", "title": "no"}}],
    "context": {"related": [{"reference": "many"}]},
}


def test_link_texts() -> None:
    assert list(link_texts(RESOURCE)) == ["in", "system", "url", "value", "subject", "attachment", "many"]


def test_string_kinds_are_in_document_order() -> None:
    assert list(string_kinds(RESOURCE)) == [
        *(None, None, "xhtml"),
        *(None, "reference", None),
        *("link", None),
        *("link", "link", None),
        *("reference", None),
        *("link", None),
        "reference",
    ]


def test_a_null_in_a_list_is_no_link() -> None:
    resource = {"resourceType": "CarePlan", "instantiatesUri": [None, "a"], "instantiatesCanonical": ["b"]}
    assert list(link_texts(resource)) == ["a"]
