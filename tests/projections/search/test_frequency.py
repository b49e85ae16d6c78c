"""What is common is not taken for rare."""

import pytest

from ehr.definitions.search_parameters import all_search_parameters
from projections.search.frequency import MANY, NOTHING_KNOWN, Common
from projections.search.reading import Reading, find
from projections.search.terms import term

HOST = "http://example.org"
PROFILE, CODE = find("Patient", "_profile").number, find("Observation", "code").number
COMMON = Common(
    terms=frozenset({term(CODE, "c1")}),
    words=frozenset({(PROFILE, f"{HOST}/a/b"), (CODE, "body weight")}),
    texts={"nguyen": MANY + 1, "hoang": MANY - 10, "ho": 20},
)


@pytest.mark.parametrize(
    ("type_", "name", "text", "selective"),
    [
        ("Patient", "_profile:below", HOST, False),
        ("Patient", "_profile:below", f"{HOST}/a/b", False),
        ("Patient", "_profile:below", f"{HOST}/a/b/c", True),
        ("Patient", "_profile:below", f"{HOST}/a/", False),
        ("ValueSet", "url:below", HOST, True),
        ("Observation", "code:text", "weight", False),
        ("Observation", "code:text", "eight", True),
        ("Observation", "category:text", "weight", True),
        ("Observation", "code", "1", False),
        ("Observation", "code", "1,2", False),
        ("Observation", "code", "2", True),
        ("Patient", "family", "Nguyễn", False),
        ("Patient", "family", "n", False),
        ("Patient", "family", "nguyena", True),
        ("Patient", "family", "hoang", True),
        ("Patient", "family", "ho", False),
        ("Patient", "family:exact", "Nguyễn", False),
        ("Patient", "family:exact", "Ho", True),
        ("Patient", "family:contains", "zzz", False),
        ("Observation", "subject:Patient.family", "nguyen", False),
        ("Observation", "subject:Patient.family", "le", True),
    ],
)
def test_what_is_taken_for_rare(type_: str, name: str, text: str, selective: bool) -> None:
    node = Reading().condition(type_, name, text)
    assert node.selective(COMMON) is selective
    assert node.selective(NOTHING_KNOWN) is (not name.endswith("contains"))


def test_parameters_stand_in_the_order_of_their_numbers() -> None:
    """By its number it is found which type has a parameter."""
    assert [one.number for one in all_search_parameters()] == [*range(len(all_search_parameters()))]
