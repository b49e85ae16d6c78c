"""Data group 13 of the chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.chip import LONGEST, read_chip
from ehr.formats.scanned import Extra, Scanned
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import NATIONAL_ID
from tests.ehr.formats.cards import ADDRESS, CHIP_TEXTS, NAME, NUMBER, chip, chip_field, element

PARENTS = ("Hồ Văn Mẫu", "Hồ Thị Mẫu")


def read(data: bytes) -> Scanned:
    scanned = read_chip(data)
    assert scanned is not None
    return scanned


def test_a_chip() -> None:
    scanned = read(chip(CHIP_TEXTS, *PARENTS))
    fields = scanned.fields
    assert fields.number(NATIONAL_ID) == NUMBER
    assert (fields.name, fields.birth, fields.sex) == (NAME, "1990-05-15", "male")
    assert (fields.nationality, fields.ethnic_group) == ("Việt Nam", "Bru-Vân Kiều")
    assert (fields.hometown, fields.address) == ("Hướng Lập, Quảng Trị", ADDRESS)
    assert (fields.issued, fields.valid_until) == ("2021-07-01", "2030-05-15")
    assert (fields.father, fields.mother) == PARENTS
    assert (scanned.layout, scanned.extra, scanned.warnings) == ("dg13", (), ())


def test_religion_and_distinguishing_marks_are_not_kept() -> None:
    said = chip({**CHIP_TEXTS, 7: "Tôn giáo thử", 10: "Sẹo thử"})
    scanned = read(said)
    kept = {
        getattr(scanned.fields, name)
        for name in scanned.fields.__struct_fields__
        if isinstance(getattr(scanned.fields, name), str)
    }
    assert kept.isdisjoint({"Tôn giáo thử", "Sẹo thử"})
    assert scanned.extra == ()


def test_unknown_ids_are_kept_as_they_came() -> None:
    more = chip_field(14, "Hồ Thị Vợ") + chip_field(15, "191234567") + chip_field(16, "a", "b")
    scanned = read(chip(CHIP_TEXTS, more=more))
    assert scanned.extra == (
        Extra("14", "Hồ Thị Vợ"),
        Extra("15", "191234567"),
        Extra("16", "a"),
        Extra("16", "b"),
    )
    assert scanned.warnings == (W.UNKNOWN_FIELDS,)


def test_fields_without_the_sequence_around_them() -> None:
    fields = b"".join(chip_field(id_, text) for id_, text in CHIP_TEXTS.items())
    assert read(element(0x6D, fields)).fields == read(chip(CHIP_TEXTS)).fields


def test_a_card_without_an_end() -> None:
    scanned = read(chip({**CHIP_TEXTS, 12: "Không thời hạn"}))
    assert scanned.fields.valid_until is None
    assert scanned.warnings == ()


@pytest.mark.parametrize(
    ("changed", "warnings"),
    [
        ({1: "0450900000"}, {W.NUMBER_UNREADABLE}),
        ({2: ""}, {W.NAME_MISSING}),
        ({3: "31/02/1990"}, {W.BIRTH_DATE_UNREADABLE}),
        ({4: "Nữ"}, {W.SEX_DIFFERS}),
        ({4: "?"}, {W.SEX_UNREADABLE}),
        ({11: "gần đây"}, {W.DATE_UNREADABLE}),
    ],
)
def test_fields_that_cannot_be_read(changed: dict[int, str], warnings: set[W]) -> None:
    assert set(read(chip(CHIP_TEXTS | changed)).warnings) == warnings


def test_text_that_is_no_utf8() -> None:
    data = chip(CHIP_TEXTS).replace("Hồ Văn Thử".encode(), b"\xff" * len(NAME.encode()))
    assert W.ACCENTS_LOST in read(data).warnings


def test_one_that_broke_off_tells_what_came() -> None:
    whole = chip(CHIP_TEXTS)
    scanned = read(whole[: whole.index(b"Bru")])
    assert (scanned.fields.name, scanned.fields.ethnic_group) == (NAME, None)
    assert W.CHIP_DAMAGED in scanned.warnings


def test_hostile_nesting_and_size() -> None:
    deep = b""
    for _ in range(200):
        deep = element(0x30, deep)
    assert W.CHIP_DAMAGED in read(element(0x6D, deep)).warnings
    assert W.CHIP_DAMAGED in read(chip(CHIP_TEXTS) + b"\0" * LONGEST).warnings
    many = element(0x6D, b"".join(chip_field(99, "x") for _ in range(5000)))
    assert len(read(many).extra) == 100


@pytest.mark.parametrize("data", [b"", b"\x6d", b"\x61\x02\x30\x00", b"\x30\x80"])
def test_no_group_13(data: bytes) -> None:
    assert read_chip(data) is None


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    scanned = read_chip(b"\x6d" + data)
    assert scanned is None or scanned.layout == "dg13"


@given(st.integers(0, 400), st.integers(0, 255))
def test_any_changed_byte(place: int, byte: int) -> None:
    data = bytearray(chip(CHIP_TEXTS, *PARENTS))
    data[place % len(data)] = byte
    scanned = read_chip(bytes(data))
    assert scanned is None or scanned.layout == "dg13"


@given(st.dictionaries(st.sampled_from([5, 6, 8, 9]), st.from_regex("[A-Za-zĐđôữ]{1,60}", fullmatch=True)))
def test_what_a_chip_says_comes_back(texts: dict[int, str]) -> None:
    fields = read(chip(CHIP_TEXTS | texts)).fields
    said = dict(
        zip(
            (5, 6, 8, 9),
            (fields.nationality, fields.ethnic_group, fields.hometown, fields.address),
            strict=True,
        )
    )
    assert {id_: said[id_] for id_ in texts} == texts
