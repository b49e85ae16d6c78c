"""Temporary identifiers: made, checked, told apart from everything else."""

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ehr.formats.reading import read
from ehr.formats.scanned import Extra, Kind
from ehr.formats.temporary_id import (
    Reason,
    TemporaryId,
    check_character,
    make_temporary_id,
    read_temporary_id,
    temporary_id,
)
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import TEMPORARY_ID
from simulation import numbers as simulated

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DAY = date(2026, 11, 20)
MADE = make_temporary_id(Reason.NEWBORN, "45901", DAY, "A1", 17)

made_ones = st.builds(
    make_temporary_id,
    st.sampled_from(Reason),
    st.text(CHARACTERS, min_size=5, max_size=5),
    st.dates(),
    st.text(CHARACTERS, min_size=2, max_size=2),
    st.integers(0, 9999),
)


def test_how_it_looks() -> None:
    assert re.fullmatch("MT-45901-20261120-A10017-[0-9A-Z]", MADE.value)
    assert (MADE.facility, MADE.day, MADE.device, MADE.serial) == ("45901", "20261120", "A1", "0017")
    assert MADE.right


def test_a_published_check_character() -> None:
    """The example of the Global Release Identifier (GRid), which has the same check character."""
    assert check_character("A12425GABC1234002") == "M"


@pytest.mark.parametrize(
    ("facility", "device", "serial"),
    [("4590", "A1", 1), ("45901", "a1", 1), ("45901", "A", 1), ("45901", "A1", 10_000), ("45901", "A1", -1)],
)
def test_parts_that_cannot_be(facility: str, device: str, serial: int) -> None:
    with pytest.raises(ValueError, match=r"capital letters|a device makes"):
        make_temporary_id(Reason.UNKNOWN, facility, DAY, device, serial)


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (MADE.value, ()),
        (MADE.value.lower(), ()),
        (MADE.value.replace("-", ""), ()),
        (f" {MADE.value.replace('-', ' ')} ", ()),
        (MADE.value.replace("20261120", "2O26I12O"), (W.LETTER_FOR_DIGIT,)),
    ],
)
def test_ways_of_writing_it(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read_temporary_id(text)
    assert scanned is not None
    assert scanned.fields.number(TEMPORARY_ID) == MADE.value
    assert scanned.warnings == warnings


def test_a_wrong_one_is_told_but_not_filled_in() -> None:
    wrong = MADE.value.replace("0017", "0018")
    scanned = read_temporary_id(wrong)
    assert scanned is not None
    assert scanned.fields.numbers == ()
    assert scanned.extra == (Extra("number", wrong),)
    assert scanned.warnings == (W.CHECK_CHARACTER,)


@pytest.mark.parametrize(
    "text", ["", "MT", "XX-45901-20261120-A10017-0", "MT-45901-20261120-A1001-0", "045090000017"]
)
def test_no_temporary_identifier(text: str) -> None:
    assert temporary_id(text) is None


def test_the_simulated_province_makes_such_ones() -> None:
    for number in (
        simulated.newborn_number("44901", DAY, 123_456),
        simulated.unidentified_number("449V1", DAY, 7),
    ):
        found = temporary_id(number)
        assert found is not None
        assert (found.value, found.right) == (number, True)


@given(made_ones)
def test_what_is_made_is_read_again_and_is_nothing_else(made: TemporaryId) -> None:
    scanned = read(made.value)
    assert scanned.kinds == (Kind.TEMPORARY_ID,)
    assert scanned.fields.number(TEMPORARY_ID) == made.value
    assert scanned.warnings == ()
    assert temporary_id(made.value) == made
    assert not re.fullmatch("[0-9]{9,12}|[A-Z]{2}[0-9]{13}", made.value.replace("-", ""))


@given(made_ones, st.integers(0, 21), st.sampled_from(CHARACTERS))
def test_a_changed_character_is_noticed(made: TemporaryId, place: int, character: str) -> None:
    compact = made.value.replace("-", "")
    assume(compact[place] != character)
    found = temporary_id(compact[:place] + character + compact[place + 1 :])
    assert found is None or not found.right or found == made


def test_how_many_exchanged_neighbours_are_noticed() -> None:
    """All but a few in a hundred thousand of the pairs, wherever they stand."""
    missed = 0
    for before in CHARACTERS:
        for first in CHARACTERS:
            for second in CHARACTERS:
                if first < second:
                    one, other = f"{before}{first}{second}", f"{before}{second}{first}"
                    missed += check_character(one) == check_character(other)
    assert missed / (36 * 630) < 0.005
