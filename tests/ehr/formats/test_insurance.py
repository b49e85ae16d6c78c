"""Numbers of health insurance, and the paper card's QR code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.insurance_card import of_hexadecimal, read_insurance_card
from ehr.formats.insurance_number import card_number, read_insurance_number
from ehr.formats.scanned import Extra, Insurance, Kind, Scanned, Spelling
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import INSURANCE_NUMBER
from tests.ehr.formats.cards import INSURANCE_CARD, NAME


def read(text: str) -> Scanned:
    scanned = read_insurance_card(text)
    assert scanned is not None
    return scanned


@pytest.mark.parametrize(
    ("text", "value", "warnings"),
    [
        ("GD4454500000017", "GD4454500000017", ()),
        ("gd4 45 4500000017", "GD4454500000017", ()),
        ("4500000017", "4500000017", ()),
        ("4500OOOOl7", "4500000017", (W.LETTER_FOR_DIGIT,)),
        ("GD445450OOOO0l7", "GD4454500000017", (W.LETTER_FOR_DIGIT,)),
        ("TÉ454500000017", "TE1454500000017", (W.TYPING_MODE_ON,)),
        ("CẠ454500000017", "CA5454500000017", (W.TYPING_MODE_ON,)),
        ("nõ454500000017", "NO4454500000017", (W.TYPING_MODE_ON,)),
    ],
)
def test_numbers(text: str, value: str, warnings: tuple[W, ...]) -> None:
    scanned = read_insurance_number(text)
    assert scanned is not None
    assert scanned.kinds == (Kind.INSURANCE_NUMBER,)
    assert scanned.fields.number(INSURANCE_NUMBER) == value
    assert scanned.warnings == warnings


def test_object_level_and_province_are_as_the_card_has_them() -> None:
    number = card_number("GD2454500000017")
    assert number is not None
    assert (number.object, number.level, number.province, number.person) == ("GD", "2", "45", "4500000017")


@pytest.mark.parametrize(
    "text", ["", "GD6454500000017", "GD445450000001", "45000000177", "G44454500000017", "ÉÉÉ", "٤٥٠٠٠٠٠٠١٧"]
)
def test_no_number_of_insurance(text: str) -> None:
    assert read_insurance_number(text) is None


def test_the_card() -> None:
    scanned = read(INSURANCE_CARD)
    fields = scanned.fields
    assert fields.number(INSURANCE_NUMBER) == "GD4454500000017"
    assert (fields.name, fields.spelling, fields.birth) == (NAME, Spelling.WRITTEN, "1990-05-15")
    assert (fields.sex, fields.address, fields.parent) == ("male", "Thôn Mẫu, Hướng Lập", None)
    assert fields.insurance == Insurance(
        object="GD",
        level="4",
        province="45",
        facility="45001",
        issued="2025-12-20",
        valid_from="2026-01-01",
        issuer="45",
        area="K2",
        five_years_on="2024-01",
    )
    assert (scanned.extra, scanned.warnings) == ((), ())


def test_a_card_of_ten_digits_with_plain_text() -> None:
    scanned = read(f"4500000017|{NAME}|1990|2|Thôn Mẫu|45001|01/01/2026|31/12/2026|-|45|Hồ Thị Mẫu|4|-|x1|$")
    fields = scanned.fields
    assert fields.number(INSURANCE_NUMBER) == "4500000017"
    assert (fields.name, fields.birth, fields.sex, fields.parent) == (NAME, "1990", "female", "Hồ Thị Mẫu")
    assert fields.insurance is not None
    assert (fields.insurance.level, fields.insurance.valid_until) == (None, "2026-12-31")
    assert scanned.extra == (Extra("12", "4"), Extra("14", "x1"))
    assert scanned.warnings == ()


@pytest.mark.parametrize(
    ("found", "changed", "warnings"),
    [
        ("|$", "", (W.INCOMPLETE,)),
        ("15/05/1990", "31/02/1990", (W.BIRTH_DATE_UNREADABLE,)),
        ("15/05/1990", "hôm qua", (W.BIRTH_DATE_UNREADABLE,)),
        ("01/01/2026", "32/01/2026", (W.DATE_UNREADABLE,)),
        ("|1|", "|3|", (W.SEX_UNREADABLE,)),
        ("45 - 001", "Đông Hà", (W.NUMBER_UNREADABLE,)),
        (NAME.encode().hex(), NAME.encode().hex()[:-1], (W.ACCENTS_LOST,)),
        (NAME.encode().hex(), "ffffffff11", (W.ACCENTS_LOST,)),
        (NAME.encode().hex(), "4ê1bb93", (W.NAME_DAMAGED,)),
        (NAME.encode().hex(), "", (W.NAME_MISSING,)),
        ("GD4454500000017", "GD44545OOOOOO17", (W.LETTER_FOR_DIGIT,)),
    ],
)
def test_damaged_cards_are_still_filled_in(found: str, changed: str, warnings: tuple[W, ...]) -> None:
    scanned = read(INSURANCE_CARD.replace(found, changed))
    assert scanned.warnings == warnings
    assert scanned.fields.number(INSURANCE_NUMBER) == "GD4454500000017"


def test_a_scan_that_broke_off() -> None:
    scanned = read("GD4454500000017|")
    assert set(scanned.warnings) == {W.INCOMPLETE, W.NAME_MISSING, W.SEX_UNREADABLE}


@pytest.mark.parametrize("text", ["", "$", "|$", "GD4454500000017", "x|y|$", "045090000017|a|b"])
def test_no_insurance_card(text: str) -> None:
    assert read_insurance_card(text) is None


@given(st.text(min_size=1, max_size=40).filter(lambda text: text[0].isalpha()))
def test_hexadecimal_comes_back(text: str) -> None:
    digits = text.encode().hex()
    assert of_hexadecimal(digits) in (text, digits)
    assert of_hexadecimal(text) == text or text.isascii()


@given(st.lists(st.text(max_size=20), max_size=20))
def test_any_fields_are_read(rest: list[str]) -> None:
    scanned = read_insurance_card("|".join(["4500000017", *rest, "$"]))
    assert scanned is not None
    assert scanned.fields.number(INSURANCE_NUMBER) == "4500000017"
