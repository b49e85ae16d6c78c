"""CMND, birth papers, telephones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.birth_paper import birth_paper, read_birth_paper
from ehr.formats.old_citizen_id import read_old_citizen_id
from ehr.formats.telephone import OLD_PREFIXES, Telephone, read_telephone, telephone, telephone_key
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import BIRTH_PAPER, OLD_CITIZEN_ID


@pytest.mark.parametrize(
    ("text", "warnings"),
    [("191234567", ()), ("191 234 567", ()), ("I9I234567", (W.LETTER_FOR_DIGIT,))],
)
def test_old_citizen_ids(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read_old_citizen_id(text)
    assert scanned is not None
    assert scanned.fields.number(OLD_CITIZEN_ID) == "191234567"
    assert scanned.warnings == warnings


@pytest.mark.parametrize("text", ["", "19123456", "1912345678", "045090000017", "IIIIIIIII", "19123456x"])
def test_no_old_citizen_id(text: str) -> None:
    assert read_old_citizen_id(text) is None


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("00012.GCS.45901.26", ()),
        ("00012 gcs 45901 26", ()),
        ("00012GCS4590126", ()),
        ("OOOl2.GCS.45901.26", (W.LETTER_FOR_DIGIT,)),
    ],
)
def test_birth_papers(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read_birth_paper(text)
    assert scanned is not None
    assert scanned.fields.number(BIRTH_PAPER) == "00012.GCS.45901.26"
    assert scanned.warnings == warnings


@pytest.mark.parametrize(
    "text", ["", "GCS", "0012.GCS.45901.26", "00012.GKS.45901.26", "00012.GCS.45901.2026"]
)
def test_no_birth_paper(text: str) -> None:
    assert read_birth_paper(text) is None


@given(st.from_regex(r"[0-9]{5}\.GCS\.[0-9A-Z]{5}\.[0-9]{2}", fullmatch=True))
def test_birth_papers_come_back(text: str) -> None:
    paper = birth_paper(text)
    assert paper is not None
    assert paper.number == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0912 345 678", Telephone("0912345678", mobile=True)),
        ("+84 912 345 678", Telephone("0912345678", mobile=True)),
        ("+84 (0)912.345.678", Telephone("0912345678", mobile=True)),
        ("0084912345678", Telephone("0912345678", mobile=True)),
        ("84912345678", Telephone("0912345678", mobile=True)),
        ("０９１２３４５６７８", Telephone("0912345678", mobile=True)),
        ("\u202d0912345678\u202c", Telephone("0912345678", mobile=True)),
        ("0168 123 4567", Telephone("0381234567", mobile=True, old=True)),
        ("+84 120 123 4567", Telephone("0701234567", mobile=True, old=True)),
        ("0199.123.4567", Telephone("0591234567", mobile=True, old=True)),
        ("(0233) 385 2123", Telephone("02333852123")),
        ("024 3825 1234", Telephone("02438251234")),
        ("+1 555 123 4567", Telephone("+15551234567")),
    ],
)
def test_telephones(text: str, expected: Telephone) -> None:
    assert telephone(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "115",
        "19001234",
        "045090000017",
        "912345678",
        "0130 123 4567",
        "0412345678",
        "+8412",
        "٠٩١٢٣٤٥٦٧٨",
        "gọi sau",
    ],
)
def test_no_telephone(text: str) -> None:
    assert telephone(text) is None


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("0912 345 678", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("0084912345678", "0912345678"),
        ("(0233) 3852-123", "02333852123"),
        ("0168 123 4567", "0381234567"),
        ("+84 168 123 4567", "0381234567"),
        ("+1 555 123 4567", "15551234567"),
        ("\u202d+84 912 345 678\u202c", "0912345678"),
        ("0570 123 456", "0570123456"),
        ("053 385 2123", "0533852123"),
        ("3852123", "3852123"),
        ("115", None),
        ("không có", None),
        ("٠٩١٢٣٤٥٦٧٨", None),
    ],
)
def test_telephone_keys(written: str, key: str | None) -> None:
    assert telephone_key(written) == key


def test_warnings_of_telephones() -> None:
    old, short = read_telephone("01681234567"), read_telephone("912345678")
    assert old is not None
    assert short is not None
    assert old.warnings == (W.OLD_TELEPHONE,)
    assert (short.fields.telephone, short.warnings) == ("0912345678", (W.ZERO_MISSING,))


def test_every_prefix_of_2018_has_one_of_its_own() -> None:
    assert len(OLD_PREFIXES) == 21
    assert len(set(OLD_PREFIXES.values())) == 21
    assert all(old[:2] == "01" and len(new) == 3 for old, new in OLD_PREFIXES.items())


@given(st.text(max_size=40))
def test_a_telephone_is_its_own_normal_form(text: str) -> None:
    found = telephone(text)
    if found is not None:
        again = telephone(found.number)
        assert again is not None
        assert again.number == found.number


@given(st.from_regex("0[35789][0-9]{8}", fullmatch=True))
def test_ways_of_writing_a_mobile_number_have_one_form(number: str) -> None:
    ways = [number, f"+84{number[1:]}", f"0084 {number[1:]}", f"84{number[1:]}", f"{number[:4]}.{number[4:]}"]
    assert {found.number for way in ways if (found := telephone(way))} == {number}
