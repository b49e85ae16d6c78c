"""The 12 digits: their parts, and what does not fit together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.formats.personal_number import birthplaces, personal_number, read_personal_number
from ehr.formats.scanned import Kind
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import NATIONAL_ID


@pytest.mark.parametrize(
    ("text", "province", "sex", "year"),
    [
        ("045090000017", "Tỉnh Quảng Trị", "male", 1990),
        ("045 190 000 017", "Tỉnh Quảng Trị", "female", 1990),
        ("010206000017", "Tỉnh Lào Cai", "male", 2006),
        ("015.306.000.017", "Tỉnh Yên Bái", "female", 2006),
        ("101090000017", None, "male", 1990),
    ],
)
def test_the_parts(text: str, province: str | None, sex: str, year: int) -> None:
    number = personal_number(text)
    assert number is not None
    assert (number.province, number.sex, number.birth_year) == (province, sex, year)
    assert number.warnings(sex, str(year)) == ()


@pytest.mark.parametrize(
    ("digits", "sex", "birth", "warnings"),
    [
        ("045090000017", "female", "1990-05-15", (W.SEX_DIFFERS,)),
        ("045090000017", "male", "1991", (W.BIRTH_YEAR_DIFFERS,)),
        ("045090000017", "female", "2090-05", (W.SEX_DIFFERS, W.BIRTH_YEAR_DIFFERS)),
        ("045090000017", "other", None, ()),
        ("003090000017", None, None, (W.BIRTHPLACE_UNKNOWN,)),
        ("045490000017", None, None, (W.BIRTH_YEAR_IMPOSSIBLE,)),
    ],
)
def test_what_does_not_fit(digits: str, sex: str | None, birth: str | None, warnings: tuple[W, ...]) -> None:
    number = personal_number(digits)
    assert number is not None
    assert number.warnings(sex, birth) == warnings


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("045090000017", ()),
        ("O45O9OOOOOl7", (W.LETTER_FOR_DIGIT,)),
        ("45090000017", (W.ZERO_MISSING,)),
        ("045090000017 045090000017", (W.SCANNED_TWICE,)),
        ("045090000017045190000025", (W.TWO_CARDS,)),
    ],
)
def test_damaged_ones_are_still_filled_in(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read_personal_number(text)
    assert scanned is not None
    assert scanned.kinds == (Kind.PERSONAL_NUMBER,)
    assert scanned.fields.number(NATIONAL_ID) == "045090000017"
    assert scanned.warnings == warnings


@pytest.mark.parametrize(
    "text",
    ["", "04509000001", "0450900000171", "٠٤٥٠٩٠٠٠٠٠١٧", "045090000O1x", "OOOOOOOOOOOO", "99090000017"],
)
def test_no_personal_number(text: str) -> None:
    assert read_personal_number(text) is None


def test_all_former_provinces_are_known() -> None:
    assert len(birthplaces()) == 63
    assert all(len(code) == 3 and code[0] == "0" for code in birthplaces())


def test_its_repr_does_not_tell_it() -> None:
    number = personal_number("045090000017")
    assert "0450" not in f"{number} {number!r} {read_personal_number('045090000017')!r}"


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_number_of_twelve_digits_has_parts(digits: str) -> None:
    number = personal_number(digits)
    assert number is not None
    assert number.sex in ("male", "female")
    assert 1900 <= number.birth_year < 2400
    assert W.SEX_DIFFERS not in number.warnings(number.sex, str(number.birth_year))
