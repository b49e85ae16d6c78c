"""The QR code of identity cards, whole and damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.citizen_card import read_citizen_card
from ehr.formats.scanned import Extra, Scanned, Spelling
from ehr.formats.warning_codes import WarningCode as W
from ehr.matching.numbers import number_of
from ehr.systems import CANCELLED_NATIONAL_ID, NATIONAL_ID, OLD_CITIZEN_ID
from tests.ehr.formats.cards import ADDRESS, CITIZEN_CARD, NAME, NUMBER


def read(text: str) -> Scanned:
    scanned = read_citizen_card(text)
    assert scanned is not None
    return scanned


def test_the_card_of_2021() -> None:
    scanned = read(CITIZEN_CARD)
    fields = scanned.fields
    assert fields.number(NATIONAL_ID) == NUMBER
    assert fields.number(OLD_CITIZEN_ID) == "191234567"
    assert (fields.name, fields.spelling, fields.birth, fields.sex) == (
        NAME,
        Spelling.WRITTEN,
        "1990-05-15",
        "male",
    )
    assert (fields.address, fields.issued) == (ADDRESS, "2021-07-01")
    assert (scanned.layout, scanned.extra, scanned.warnings) == ("citizen-card/7", (), ())


@pytest.mark.parametrize(
    ("written", "birth", "warnings"),
    [
        ("15051990", "1990-05-15", ()),
        ("051990", "1990-05", ()),
        ("1990", "1990", ()),
        ("00001990", "1990", ()),
        ("31021990", "1990", (W.BIRTH_DATE_UNREADABLE,)),
        ("15o51990", None, (W.BIRTH_DATE_UNREADABLE,)),
        ("", None, ()),
        ("15051991", "1991-05-15", (W.BIRTH_YEAR_DIFFERS,)),
    ],
)
def test_birth_dates(written: str, birth: str | None, warnings: tuple[W, ...]) -> None:
    scanned = read(CITIZEN_CARD.replace("15051990", written))
    assert (scanned.fields.birth, scanned.warnings) == (birth, warnings)


OTHER = "045090987654"


@pytest.mark.parametrize(
    ("former", "cancelled"), [(OTHER, OTHER), ("045 090 987 654", OTHER), (NUMBER, None)]
)
def test_a_former_number_of_twelve_digits_is_a_cancelled_one(former: str, cancelled: str | None) -> None:
    """It is compared with those of others: whose Patient still has it is perhaps the same person."""
    fields = read(CITIZEN_CARD.replace("191234567", former)).fields
    assert fields.number(CANCELLED_NATIONAL_ID) == cancelled
    assert (fields.number(NATIONAL_ID), fields.number(OLD_CITIZEN_ID)) == (NUMBER, None)
    if cancelled:
        compared = number_of(CANCELLED_NATIONAL_ID, cancelled, "qr", old=False, end="", on="")
        assert compared is not None
        assert (compared.kind, compared.value, compared.ended) == ("personal_number", OTHER, True)


def test_without_an_old_number() -> None:
    scanned = read(CITIZEN_CARD.replace("191234567", ""))
    assert scanned.fields.number(OLD_CITIZEN_ID) is None
    assert scanned.warnings == ()


@pytest.mark.parametrize(
    ("name", "sex", "address", "spelling", "warnings"),
    [
        ("Hồ Thị Thử", "Nữ", ADDRESS, Spelling.WRITTEN, ()),
        ("HỒ THỊ THỬ", "NỮ", ADDRESS, Spelling.WRITTEN, ()),
        ("Ho Thi Thu", "Nữ", ADDRESS, Spelling.WRITTEN, ()),
        ("Ho Thi Thu", "Nu", "Thon Mau, Huong Lap", Spelling.DAMAGED, (W.ACCENTS_LOST,)),
        ("Hồ Thị Thử", "Nu", ADDRESS, Spelling.DAMAGED, (W.ACCENTS_LOST,)),
        ("H\ufffd Th\ufffd Th\ufffd", "N\ufffd", ADDRESS, Spelling.DAMAGED, (W.ACCENTS_LOST,)),
        ("H? Th? Th?", "N?", ADDRESS, Spelling.DAMAGED, (W.ACCENTS_LOST,)),
        ("Hồ Thị Thử", "Nữ", "Th\ufffdn Mẫu", Spelling.WRITTEN, (W.ACCENTS_LOST,)),
        ("Hoof Thij Thuwr", "Nuwx", "Thoon Maaux", Spelling.DAMAGED, (W.TYPING_MODE_ON,)),
        ("Ho62 Thi5 Thu73", "Nu74", "Tho6n Ma64u", Spelling.DAMAGED, (W.TYPING_MODE_ON,)),
        ("Hồ Thị Th#", "Nữ", ADDRESS, Spelling.DAMAGED, (W.NAME_DAMAGED,)),
        ("Ksor H'Blek", "Nữ", ADDRESS, Spelling.WRITTEN, ()),
        ("", "Nữ", ADDRESS, Spelling.WRITTEN, (W.NAME_MISSING,)),
    ],
)
def test_names_that_were_damaged_on_the_way(
    name: str, sex: str, address: str, spelling: Spelling, warnings: tuple[W, ...]
) -> None:
    scanned = read(f"045190000017||{name}|15051990|{sex}|{address}|01072021")
    assert (scanned.fields.name, scanned.fields.sex) == (name or None, "female")
    assert (scanned.fields.spelling, scanned.warnings) == (spelling, warnings)


def test_a_sex_that_cannot_be_read_and_one_that_does_not_fit() -> None:
    assert read(CITIZEN_CARD.replace("|Nam|", "|N|")).warnings == (W.SEX_UNREADABLE,)
    assert read(CITIZEN_CARD.replace("|Nam|", "|Nữ|")).warnings == (W.SEX_DIFFERS,)


def test_unknown_fields_of_the_card_of_2024_are_kept_as_they_came() -> None:
    scanned = read(f"{CITIZEN_CARD}|Hồ Văn Mẫu||HỒ THỊ MẪU")
    assert scanned.fields == read(CITIZEN_CARD).fields
    assert scanned.layout == "citizen-card/10"
    assert scanned.extra == (Extra("8", "Hồ Văn Mẫu"), Extra("10", "HỒ THỊ MẪU"))
    assert scanned.warnings == (W.UNKNOWN_FIELDS,)


def test_of_an_order_that_is_not_known_only_the_number_is_filled_in() -> None:
    scanned = read(f"{NUMBER}|{NAME}|15051990|Nam|{ADDRESS}|01072021|191234567|045190000025")
    assert scanned.fields.number(NATIONAL_ID) == NUMBER
    assert (scanned.fields.name, scanned.fields.birth) == (None, None)
    assert scanned.extra[0] == Extra("2", NAME)
    assert len(scanned.extra) == 7
    assert scanned.warnings == (W.UNKNOWN_LAYOUT,)


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (CITIZEN_CARD.replace("|", "~"), (W.WRONG_KEYBOARD,)),
        (CITIZEN_CARD + CITIZEN_CARD, (W.SCANNED_TWICE,)),
        (CITIZEN_CARD + CITIZEN_CARD.replace(NUMBER, "045190000025"), (W.TWO_CARDS,)),
        (f"Hồ Vă{CITIZEN_CARD}", (W.TEXT_BEFORE,)),
        (CITIZEN_CARD.replace("045", "O45"), (W.LETTER_FOR_DIGIT,)),
        (CITIZEN_CARD.replace("|", " | "), ()),
    ],
)
def test_what_keyboards_and_hurry_do_to_it(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read(text)
    assert scanned.fields == read(CITIZEN_CARD).fields
    assert scanned.warnings == warnings


def test_a_scan_that_broke_off() -> None:
    scanned = read(CITIZEN_CARD[: CITIZEN_CARD.index("|Nam")])
    assert (scanned.fields.name, scanned.fields.birth) == (NAME, "1990-05-15")
    assert scanned.warnings == (W.INCOMPLETE, W.SEX_UNREADABLE)


@pytest.mark.parametrize("text", ["", "|", "|||||||", NUMBER, "04509000001|a|b", "x|y", "1" * 13 + "|"])
def test_no_identity_card(text: str) -> None:
    assert read_citizen_card(text) is None


@given(st.lists(st.text(max_size=20), max_size=20))
def test_any_fields_are_read_and_none_is_lost(rest: list[str]) -> None:
    scanned = read_citizen_card("|".join([NUMBER, *rest, ""]))
    assert scanned is not None
    assert scanned.fields.number(NATIONAL_ID) == NUMBER
    assert (scanned.fields.name is None) == (
        W.NAME_MISSING in scanned.warnings or W.UNKNOWN_LAYOUT in scanned.warnings
    )


words = st.sampled_from("Nguyễn Hồ Thị Văn Đức Ánh H'Mông Ksor Moong Thử".split())


@given(st.lists(words, min_size=2, max_size=5), st.booleans())
def test_what_a_card_says_comes_back(name: list[str], woman: bool) -> None:
    text = f"{NUMBER}||{' '.join(name)}|1990|{'Nữ' if woman else 'Nam'}|Thôn Mẫu|2021"
    fields = read(text).fields
    assert fields.name == " ".join(name)
    assert fields.spelling is Spelling.WRITTEN
    assert (fields.sex, fields.birth, fields.issued) == ("female" if woman else "male", "1990", "2021")
