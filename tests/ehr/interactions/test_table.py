"""The table of interactions: whole, in both languages, with sources, and the same from both sides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.interactions.table import Interaction, Severity, gravest_first, is_of, table

LINES = table().interactions
CODE = re.compile(r"[A-Z]\d\d[A-Z]{1,2}(\d\d)?")
GROUPS = sorted({code for line in LINES for code in (*line.first, *line.second)})
CODES = st.sampled_from(GROUPS).map(lambda group: group.ljust(7, "0")) | st.text(max_size=8)


def between(one: str, other: str) -> list[Interaction]:
    """The lines that a pair of codes meets, in any order."""
    return [
        line
        for line in gravest_first()
        for first, second in ((one, other), (other, one))
        if is_of(first, line.first) and is_of(second, line.second)
    ]


def test_nobody_has_verified_it() -> None:
    assert table().verified is False
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table().version)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.first[0]}-{line.second[0]}")
def test_every_line_is_whole(line: Interaction) -> None:
    assert all(map(CODE.fullmatch, (*line.first, *line.second)))
    assert line.vi.endswith(".")
    assert line.en.endswith(".")
    assert len(line.source) > 10
    assert re.fullmatch(r"https?://[^/\s]+\.[a-z]+[^/\s]*/\S+", line.url)


def test_no_pair_stands_twice() -> None:
    pairs = [frozenset((one, other)) for line in LINES for one in line.first for other in line.second]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        ("B01AA03", "M01AE01", "caution"),
        ("C09AA02", "C03DA01", "caution"),
        ("C10AA01", "J01FA09", "contraindicated"),
        ("L01BA01", "J01EE01", "avoid"),
        (" c09aa04 ", "C09CA01", "avoid"),
    ],
)
def test_well_known_pairs(one: str, other: str, severity: str) -> None:
    assert [line.severity for line in between(one, other)] == [severity]


@pytest.mark.parametrize(
    ("one", "other"),
    [("B01AA03", "M01AX05"), ("C10AA05", "J01FA09"), ("C09AA02", "C09AA04"), ("", ""), ("B", "M01AE01")],
)
def test_what_is_no_pair(one: str, other: str) -> None:
    assert between(one, other) == []


@given(CODES, CODES)
def test_a_pair_meets_a_line_in_one_order_alone(one: str, other: str) -> None:
    found = between(one, other)
    assert len(found) == len({id(line) for line in found})


def test_the_gravest_goes_first() -> None:
    severities = [list(Severity).index(line.severity) for line in gravest_first()]
    assert severities == sorted(severities)
    assert len(severities) == len(LINES)


def test_it_is_said_in_the_language_that_is_asked_for() -> None:
    line = LINES[0]
    assert (line.said("vi"), line.said("en")) == (line.vi, line.en)
