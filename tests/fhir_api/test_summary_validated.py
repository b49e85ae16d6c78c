"""Summaries before an independent validator: HAPI FHIR's, with the definitions of R4."""

from collections.abc import Mapping

import orjson
import pytest

from tests.fhir_api.linking import link
from tests.fhir_api.summarizing import (
    allergy,
    hostile,
    person,
    prescription,
    rich,
    state,
    summarizing,
    summary_of,
)
from tests.validator.running import Issue, validated

EXPLAINED: Mapping[str, str] = {
    'Code "vi" is not in valueset: http://hl7.org/fhir/ValueSet/languages': "This list is preferred, and no "
    "more (https://hl7.org/fhir/R4/resource-definitions.html#Resource.language); the one that must be "
    "kept to has all languages.",
}
"""Errors that are none, by what the validator says, and why."""


@pytest.fixture(scope="module")
def issues(module_database: str) -> list[Issue]:
    """What is said of the summaries of several citizens, and of one with a fault in each part."""
    with summarizing(module_database) as door:
        state(door, *rich())
        state(door, person("bare", "Hồ Thị Không"))
        state(door, *hostile())
        state(door, person("one", "Hồ Văn Đôi"), prescription("of-one", "one", "Amlodipin 5 mg"))
        state(door, person("two", "Ho Van Doi"), allergy("of-two", "two", "Aspirin"))
        linked = link(door, "one", "two")
        documents = {name: summary_of(door, name).raw for name in ("rich", "bare", "hostile")}
        documents["linked"] = summary_of(door, "one", linked).raw
        documents["english"] = summary_of(door, "rich", {"Accept-Language": "en"}).raw
    return validated({**documents, "planted": planted(documents["rich"])})


def test_what_is_explained_is_said(issues: list[Issue]) -> None:
    assert {issue.text for issue in issues} >= EXPLAINED.keys()


def planted(document: bytes) -> bytes:
    """With a code that R4 does not have, a section that says nothing, and a resource that is not there."""
    bundle = orjson.loads(document)
    composition = bundle["entry"][0]["resource"]
    composition["status"] = "finished"
    composition["section"].append({"title": "nothing"})
    composition["subject"]["reference"] = "urn:uuid:00000000-0000-4000-8000-000000000000"
    return orjson.dumps(bundle)


def errors(issues: list[Issue], document: str) -> list[str]:
    told = [issue for issue in issues if issue.document == document and issue.is_error]
    return [f"{issue.place}: {issue.text}" for issue in told if issue.text not in EXPLAINED]


@pytest.mark.parametrize("document", ["rich", "bare", "hostile", "linked", "english"])
def test_no_summary_has_an_error(issues: list[Issue], document: str) -> None:
    assert errors(issues, document) == []


@pytest.mark.parametrize("fault", ["finished", "cmp-1", "00000000-0000-4000-8000-000000000000"])
def test_a_planted_fault_is_found(issues: list[Issue], fault: str) -> None:
    assert any(fault in error for error in errors(issues, "planted"))
