"""What keyboards and scanners do to Vietnamese letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.cleaning import LONGEST, clean
from ehr.formats.damage import (
    as_typed,
    decoded_again,
    of_vietnamese_keys,
    spelling_of,
    typing_mode_shows,
)
from ehr.formats.scanned import Spelling
from ehr.formats.warning_codes import WarningCode as W

WORDS = """
Nguyễn Trần Lê Phạm Hoàng Hồ Vũ Đặng Bùi Lý Vàng Giàng Sùng Mùa Lò Cà Moong Xồng Kpă Ksor Rmah Siu
Rơ Châm Y A H'Mông H'Blek Niê Kdăm Êban Thị Văn Đức Thúy Quý Hòa Nghiêm Khoa Phương Thương Đoàn Xuân
Khánh Huỳnh Vừ Của Khai Anh Minh An Hoa Mai Lan Nam Kim Long Dung Trung Tuan Thanh Khanh Phuong
Quyen Xoong Loong Nay Der Ayun
""".split()


@pytest.mark.parametrize(
    "text",
    [
        "Nguyeenx Vawn An",
        "NGUYEENX VAWN AN",
        "Hoof Vawn Thuwr",
        "Ddawngj",
        "Thij Hoaf",
        "Lee Thij Nguyeetj",
        "Coongj",
        "Nguyeexn Vaen",
        "Nguye6n4 Va8n An",
        "Ho62 Thi5",
        "D9ang8 Kho6i",
        "hồ vawn thử",
    ],
)
def test_keystrokes_of_telex_and_vni(text: str) -> None:
    assert typing_mode_shows(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Moong Văn Xồng",
        "Ksor H'Blek",
        "Nay Der",
        "Lee Min",
        "Anna Smith",
        "Phòng 3",
        "B2",
        "Adam631 Ullrich385",
    ],
)
def test_no_keystrokes(text: str) -> None:
    assert not typing_mode_shows(text)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_names_are_no_keystrokes_and_not_damaged(words: list[str]) -> None:
    name = " ".join(words)
    assert not typing_mode_shows(name)
    assert spelling_of(name, "Thôn Mẫu") == (Spelling.WRITTEN, ())
    assert decoded_again(name) is None
    assert of_vietnamese_keys(name) is None


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_a_wrong_encoding_is_undone(words: list[str]) -> None:
    name = f"Hồ {' '.join(words)}"
    wrong = "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in name.encode()
    )
    assert clean(wrong) == ([name], (W.WRONG_ENCODING,))


def test_a_keyboard_of_vietnamese_layout_types_letters_for_digits() -> None:
    assert of_vietnamese_keys("đô\u0300đ\u0323đđđđđă\u0303") == "0450900000" + "17"
    assert of_vietnamese_keys("045090000017") is None


@pytest.mark.parametrize(("letters", "keys"), [("TÉ", "TE1"), ("Đ", "d9"), ("Ẫ", "A64"), ("Ử", "U73")])
def test_keystrokes_of_letters(letters: str, keys: str) -> None:
    assert sorted(as_typed(letters)[0]) == sorted(keys)


@pytest.mark.parametrize(
    ("text", "lines", "warnings"),
    [
        ("hồ\r\n", ["hồ"], ()),
        ("\x02hồ\x03\t", ["hồ"], ()),
        ("\ufeff]Q3hồ", ["hồ"], ()),
        ("hồ\nthử", ["hồ", "thử"], (W.LINE_BROKEN,)),
        ("hồ\0thử", ["hồ thử"], (W.LINE_BROKEN,)),
        ("hồ\tthử", ["hồ thử"], (W.LINE_BROKEN,)),
        ("０４５", ["045"], (W.FULL_WIDTH,)),
        ("ho\u0302\u0300", ["hồ"], ()),
        ("\ud800hồ", ["\ufffdhồ"], ()),
        ("x" * (LONGEST + 1), ["x" * LONGEST], (W.TOO_LONG,)),
        ("", [], ()),
        (" \0 ", [], ()),
    ],
)
def test_cleaning(text: str, lines: list[str], warnings: tuple[W, ...]) -> None:
    assert clean(text) == (lines, warnings)


@given(st.text(st.characters(), max_size=200))
def test_any_text_can_be_cleaned_once(text: str) -> None:
    cleaned = clean(text)
    assert all(line and line == " ".join(line.split()) for line in cleaned.lines)
    assert not any(ord(character) < 32 for character in cleaned.text)
