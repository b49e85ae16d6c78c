"""What resources claim, and which conditions their claims meet (https://hl7.org/fhir/R4/search.html#token)."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.appending import Claim, Condition
from ehr.conditional import condition_of, conditional_reference, read_criteria
from ehr.errors import Undecidable
from ehr.identifiers import LONGEST, can_be_identified, claims_of, identifier_condition, shortened
from ehr.values import Key

KEY = Key("Patient", "1")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=400)


@pytest.mark.parametrize(
    ("resource", "claimed"),
    [
        ({}, []),
        ({"identifier": []}, []),
        ({"identifier": [{"system": "s"}, {"value": "1"}]}, [("", "1")]),
        ({"identifier": [{"system": "s", "value": "1"}] * 2}, [("s", "1")] * 2),
        ({"identifier": {"system": "s", "value": "1"}}, [("s", "1")]),
        (
            {"masterIdentifier": {"system": "m", "value": "1"}, "identifier": [{"value": "2"}]},
            [("", "2"), ("m", "1")],
        ),
        ({"identifier": [{"_value": {"extension": []}}]}, []),
        ({"link": [{"other": {"identifier": {"value": "1"}}}]}, []),
    ],
)
def test_claims(resource: dict[str, Any], claimed: list[tuple[str, str]]) -> None:
    assert list(claims_of(KEY, resource)) == [Claim(KEY, system, value) for system, value in claimed]


@pytest.mark.parametrize(
    ("token", "system", "value"),
    [
        ("1", None, "1"),
        ("s|1", "s", "1"),
        ("|1", "", "1"),
        ("http://a/b|x y", "http://a/b", "x y"),
        ("s|a|b", "s", "a|b"),
        (r"a\|b", None, "a|b"),
        (r"s|a\|b\\\$\,", "s", r"a|b\$,"),
        ("a\\", None, "a\\"),
    ],
)
def test_tokens(token: str, system: str | None, value: str) -> None:
    assert identifier_condition("Patient", token) == Condition("Patient", system, value)


@pytest.mark.parametrize("token", ["", "|", "s|"])
def test_a_token_needs_a_value(token: str) -> None:
    with pytest.raises(ValueError, match="needs a value"):
        identifier_condition("Patient", token)


@given(system=TEXTS, value=TEXTS.filter(bool), other=TEXTS)
def test_a_condition_is_met_by_the_identifier_that_it_names_and_by_no_other(
    system: str, value: str, other: str
) -> None:
    """Also where both are too long to be kept as they are."""
    (claim,) = claims_of(KEY, {"identifier": [{"system": system, "value": value}]})
    exact = condition_of("Patient", f"identifier={quote(f'{escaped(system)}|{escaped(value)}')}")
    anywhere = condition_of("Patient", f"identifier={quote(escaped(value))}")
    assert isinstance(exact, Condition)
    assert isinstance(anywhere, Condition)
    assert (exact.system, exact.value) == (claim.system, claim.value)
    assert (anywhere.system, anywhere.value) == (None, claim.value)
    (another,) = claims_of(KEY, {"identifier": [{"system": system, "value": value + other + "x"}]})
    assert another.value != claim.value


def escaped(text: str) -> str:
    """As a search writes it."""
    for mark in "\\|,$":
        text = text.replace(mark, f"\\{mark}")
    return text


@given(TEXTS)
def test_claims_fit_into_an_index(text: str) -> None:
    assert len(shortened(text * 9).encode()) <= LONGEST
    assert shortened(text) == text or len(text.encode()) > LONGEST


def test_what_can_be_identified() -> None:
    assert [
        t for t in ("Patient", "DocumentManifest", "Bundle", "Binary", "Linkage") if can_be_identified(t)
    ] == [
        "Patient",
        "DocumentManifest",
        "Bundle",
    ]


ONE = "It must name exactly one identifier. Parameters:"


@pytest.mark.parametrize(
    ("type_", "query", "reason"),
    [
        ("Patient", "", "Parameters: none."),
        ("Patient", "name=Hoa", f"{ONE} name."),
        ("Patient", "identifier=1&name=Hoa", f"{ONE} identifier, name."),
        ("Patient", "identifier=1&identifier=2", f"{ONE} identifier."),
        ("Patient", "identifier=1,2", f"{ONE} identifier."),
        ("Patient", r"identifier=1\\,2", f"{ONE} identifier."),
        ("Patient", "identifier:exact=1", f"{ONE} identifier:exact."),
        ("Patient", "identifier=s|", f"{ONE} identifier."),
        ("Patient", "Nguyễn Thị Hoa=1", f"{ONE} none."),
        ("Patient", "identifier=", "The identifier has no value."),
        ("Patient", "identifier=|", "The identifier has no value."),
        ("Patient", "identifier=a%00", "It contains a NUL character."),
        ("Patient", "name=a%00", "It contains a NUL character."),
        ("Binary", "identifier=1", "Binary has no identifiers."),
        ("Nguyen", "identifier=1", "What it names is no type of resources."),
    ],
)
def test_other_conditions_are_refused_without_saying_what_they_ask_for(
    type_: str, query: str, reason: str
) -> None:
    with pytest.raises(Undecidable) as refused:
        read_criteria(condition_of(type_, query), None)
    assert refused.value.detail == reason


def test_conditional_references() -> None:
    found = Condition("Practitioner", "urn:test", "1 2")
    assert conditional_reference("Practitioner?identifier=urn:test|1%202") == found
    assert [
        conditional_reference(link) for link in ("Practitioner/1", "urn:uuid:1", "practitioner?x=y", "")
    ] == [None] * 4
