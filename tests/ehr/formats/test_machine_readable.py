"""The three lines at the back of a card (ICAO 9303-3, 4.9 and 9303-5, appendix B)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ehr.formats.machine_readable import LINE, check_digit, read_machine_readable, zone
from ehr.formats.scanned import Extra, Kind, Scanned, Spelling
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import NATIONAL_ID
from tests.ehr.formats.cards import NUMBER, ZONE

WRONG = {W.MRZ_DOCUMENT_NUMBER, W.MRZ_PERSONAL_NUMBER, W.MRZ_BIRTH_DATE, W.MRZ_EXPIRY, W.MRZ_COMPOSITE}
PROTECTED = [
    *range(5, LINE),
    *range(LINE, LINE + 7),
    *range(LINE + 8, LINE + 15),
    *range(LINE + 18, 2 * LINE),
]
"""Places that a check digit covers: all but the beginning, the sex, the nationality and the name."""


def read(*lines: str) -> Scanned:
    scanned = read_machine_readable("\n".join(lines))
    assert scanned is not None
    return scanned


def made(number: str = NUMBER, birth: str = "900515", sex: str = "M", expiry: str = "300515") -> list[str]:
    first = f"IDVNM{number[3:]}{check_digit(number[3:])}{number}<<{check_digit(number)}"
    second = f"{birth}{check_digit(birth)}{sex}{expiry}{check_digit(expiry)}VNM<<<<<<<<<<<"
    composite = check_digit(first[5:] + second[:7] + second[8:15] + second[18:29])
    return [first, second + composite, ZONE[2]]


def test_the_published_example_of_a_check_digit() -> None:
    assert check_digit("520727") == "3"  # ICAO 9303-3, 4.9
    assert check_digit("AB2134<<<") == "5"


def test_a_card() -> None:
    scanned = read(*ZONE)
    fields = scanned.fields
    assert fields.number(NATIONAL_ID) == NUMBER
    assert (fields.birth, fields.sex, fields.valid_until) == ("1990-05-15", "male", "2030-05-15")
    assert (fields.name, fields.spelling) == ("HO VAN THU", Spelling.UNACCENTED)
    assert (scanned.layout, scanned.warnings) == ("td1", (W.NAME_UNACCENTED,))


def test_made_and_published_lines_agree() -> None:
    assert made() == list(ZONE)


@pytest.mark.parametrize("text", ["".join(ZONE), " ".join(ZONE), "\r\n".join(ZONE).lower()])
def test_in_one_line_with_other_breaks_and_in_small_letters(text: str) -> None:
    assert read(text) == read(*ZONE)


@pytest.mark.parametrize(
    ("line", "place", "character", "warnings"),
    [
        (0, 5, "1", {W.MRZ_DOCUMENT_NUMBER, W.MRZ_COMPOSITE}),
        (0, 26, "8", {W.MRZ_PERSONAL_NUMBER, W.MRZ_COMPOSITE}),
        (1, 5, "6", {W.MRZ_BIRTH_DATE, W.MRZ_COMPOSITE}),
        (1, 8, "4", {W.MRZ_EXPIRY, W.MRZ_COMPOSITE}),
        (1, 29, "3", {W.MRZ_COMPOSITE}),
    ],
)
def test_each_failure_is_named(line: int, place: int, character: str, warnings: set[W]) -> None:
    lines = list(ZONE)
    lines[line] = lines[line][:place] + character + lines[line][place + 1 :]
    scanned = read(*lines)
    assert WRONG & set(scanned.warnings) == warnings


def test_what_was_misread_is_not_filled_in() -> None:
    scanned = read(ZONE[0].replace("045090000017", "045090000018"), "9005166M3005164VNM<<<<<<<<<<<2", ZONE[2])
    assert scanned.fields.number(NATIONAL_ID) is None
    assert (scanned.fields.birth, scanned.fields.valid_until) == (None, None)
    assert Extra("personal number", "045090000018") in scanned.extra
    assert scanned.fields.name == "HO VAN THU"


@pytest.mark.parametrize(
    ("number", "birth", "expected", "warnings"),
    [
        ("045306000017", "060515", "2006-05-15", set()),
        ("045106000017", "060515", "1906-05-15", set()),
        ("045090000017", "90<<<<", "1990", set()),
        ("045090000017", "910515", None, {W.CENTURY_UNKNOWN, W.BIRTH_YEAR_DIFFERS}),
        ("045090000017", "900231", "1990", {W.BIRTH_DATE_UNREADABLE}),
    ],
)
def test_the_century_comes_from_the_number_or_from_nowhere(
    number: str, birth: str, expected: str | None, warnings: set[W]
) -> None:
    scanned = read(*made(number, birth, "F" if int(number[3]) % 2 else "M"))
    assert scanned.fields.birth == expected
    assert set(scanned.warnings) == {W.NAME_UNACCENTED, *warnings}


def test_letters_where_only_digits_can_stand() -> None:
    scanned = read(ZONE[0].replace("045", "O45"), ZONE[1].replace("9005156", "9OO5I56"), ZONE[2])
    assert scanned.fields == read(*ZONE).fields
    assert scanned.warnings == (W.LETTER_FOR_DIGIT, W.NAME_UNACCENTED)


def test_sex_against_the_number() -> None:
    assert W.SEX_DIFFERS in read(*made(sex="F")).warnings
    assert W.SEX_UNREADABLE in read(*made(sex="8")).warnings
    assert read(*made(sex="<")).fields.sex is None


def test_numbers_that_do_not_belong_together() -> None:
    other = made("045190000025")[0]
    first = other[:15] + made()[0][15:]
    assert W.MRZ_NUMBERS_DIFFER in read(first, *made()[1:]).warnings


def test_names_that_fill_the_line_may_be_cut() -> None:
    assert W.NAME_CUT in read(ZONE[0], ZONE[1], "HO<<VAN<" + "A" * 22).warnings
    assert W.NAME_MISSING in read(ZONE[0], ZONE[1], "<" * 30).warnings


def test_a_card_of_another_state() -> None:
    scanned = read(
        "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    )
    assert scanned.fields.numbers == ()
    assert scanned.fields.name == "ERIKSSON ANNA MARIA"
    assert scanned.extra == (Extra("document number", "D23145890"), Extra("birth date", "740812"))
    assert set(scanned.warnings) == {W.FOREIGN_CARD, W.CENTURY_UNKNOWN, W.NAME_UNACCENTED}


def test_a_zone_that_broke_off() -> None:
    assert read(*ZONE[:2]).warnings == (W.INCOMPLETE,)


@pytest.mark.parametrize(
    "text", ["", NUMBER, "IDVNM0900000177", "P<VNMHO<<VAN<THU", "I thank you << all", "<" * 90]
)
def test_no_zone(text: str) -> None:
    assert read_machine_readable(text) is None


@given(st.sampled_from(PROTECTED), st.sampled_from("0123456789"))
def test_a_changed_digit_is_noticed(place: int, digit: str) -> None:
    text = "".join(ZONE)
    assume(text[place] != digit and (text[place], digit) != ("<", "0"))
    scanned = read_machine_readable(text[:place] + digit + text[place + 1 :])
    assert scanned
    assert WRONG & set(scanned.warnings)


@given(st.booleans(), st.integers(0, 99_999_999))
def test_what_a_card_says_comes_back(woman: bool, serial: int) -> None:
    number = f"0451{serial:08d}" if woman else f"0450{serial:08d}"
    found = zone("".join(made(number)))
    assert found is not None
    assert found.personal_number == number
    assert found.wrong == ()


@given(st.text("IDVNM<0123456789ABC", min_size=90, max_size=90))
def test_any_ninety_characters(text: str) -> None:
    scanned = read_machine_readable(f"IDVNM{text[5:]}")
    assert scanned is None or scanned.kinds == (Kind.MACHINE_READABLE_ZONE,)
