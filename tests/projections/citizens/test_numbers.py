"""Keys of numbers, and what typed text means."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.formats.warning_codes import WarningCode
from projections.citizens.numbers import number_key
from projections.citizens.patient import Birth, birth_of
from projections.citizens.typed import Name, read_typed, similar_names


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("045090000017", "045090000017"),
        ("045 090 000.017", "045090000017"),
        ("GD4454500000017", "4500000017"),
        ("gd4 45 4500000017", "4500000017"),
        ("4500000017", "4500000017"),
        ("GD9454500000017", "GD9454500000017"),
        ("bn-000123", "BN000123"),
        ("\u200b045\u00a0090\u200b000017\ufeff", "045090000017"),
        ("０４５０９００００01７", "045090000017"),
        ("x" * 400, number_key("X" * 400)),
    ],
)
def test_number_keys(written: str, key: str) -> None:
    assert number_key(written) == key
    assert len(key.encode()) <= 300


@pytest.mark.parametrize(
    ("text", "numbers", "telephones"),
    [
        ("045090000017", ("045090000017",), ()),
        (
            "045090000017|191234567|Hồ Văn Thử|15051990|Nam|Thôn Mẫu|01072021",
            ("045090000017", "191234567"),
            (),
        ),
        ("GD4454500000017|48e1bb93|15/05/1990|1$", ("4500000017",), ()),
        ("GD4 45 4500000017", ("4500000017",), ()),
        ("0912345678", ("0912345678",), ("0912345678",)),
        ("+84 912 345 678", ("+84912345678",), ("0912345678",)),
        ("191234567", ("191234567",), ("191234567",)),
        ("45090000017", ("045090000017", "45090000017"), ("45090000017",)),
        ("O450 9OOO OO17", ("045090000017",), ()),
        ("MT-45901-20261120-A10017-6", ("MT4590120261120A100176",), ()),
        ("00012.GCS.45901.26", ("00012GCS4590126",), ()),
        ("\u202d045090000017\u202c", ("045090000017",), ()),
        ("bn-000123", ("BN000123",), ()),
        ("12345", ("12345",), ()),
        ("Adam631", ("ADAM631",), ()),
        ("hồ thử 1990", (), ()),
        ("%", (), ()),
        ("", (), ()),
    ],
)
def test_reads_numbers(text: str, numbers: tuple[str, ...], telephones: tuple[str, ...]) -> None:
    typed = read_typed(text)
    assert (typed.numbers, typed.telephones) == (numbers, telephones)


@pytest.mark.parametrize(
    ("text", "name", "birth"),
    [
        ("  hồ  văn thử ", "hồ văn thử", None),
        ("\ufeffhồ\u200bvăn\u200b thử", "hồ văn thử", None),
        ("ｈồ　thử　１９９０", "hồ thử", "1990"),
        ("hồ văn thử 1990", "hồ văn thử", "1990"),
        ("1990 hồ văn thử", "hồ văn thử", "1990"),
        ("hồ thử 15/5/1990", "hồ thử", "1990-05-15"),
        ("hồ thử 05/1990", "hồ thử", "1990-05"),
        ("hồ thử 15051990", "hồ thử", "1990-05-15"),
        ("hồ thử 1990-05-15", "hồ thử", "1990-05-15"),
        ("hồ thử 31/02/1990", "hồ thử", "1990"),
        ("Adam631", "Adam631", None),
        ("045090000017||Hồ Văn Thử|15051990|Nam|Thôn Mẫu|01072021", "Hồ Văn Thử", "1990-05-15"),
        ("hồ thử, bé", "hồ thử bé", None),
        ("045090000017", "", None),
        ("", "", None),
    ],
)
def test_reads_names(text: str, name: str, birth: str | None) -> None:
    assert read_typed(text).name == Name(name, birth_of(birth) if birth else Birth())


def test_a_commune_after_a_comma() -> None:
    assert read_typed("Hồ Thử 1990, Hướng Việt").name.text == "Hồ Thử Hướng Việt", "the comma is the date's"
    assert read_typed("Hồ Thử, xã Hướng Việt").name == Name("Hồ Thử", communes=frozenset({"19435"}))
    assert read_typed("hồ thử, huong lap 1990").name == Name("hồ thử", birth_of("1990"), frozenset({"19435"}))


@pytest.mark.parametrize(
    ("text", "similar"),
    [
        ("ho van thu huong lap", [("ho van thu", {"19435"}), ("ho thu huong lap", set())]),
        ("Nguyeenx Thij Hoaf", [("nguyen thi hoa", set()), ("nguienx hoaf", set())]),
        ("nguyen thi hoa", [("nguyen hoa", set())]),
        ("nguyen hoa", []),
        ("hoa", []),
    ],
)
def test_what_may_have_been_meant(text: str, similar: list[tuple[str, set[str]]]) -> None:
    found = [(one.text, set(one.communes)) for one in similar_names(read_typed(text).name)]
    assert found[:1] == similar[:1]


def test_a_number_of_twelve_digits_is_no_telephone() -> None:
    assert read_typed("045090000017").telephones == ()


def test_words_accents_and_the_last_word() -> None:
    name = read_typed("Nguyễn Thị Thúy").name
    assert name.words == ["nguyen", "thi", "thui"]
    assert name.begun == "thuy"
    assert [word.strip() for word in name.accented] != name.words
    assert read_typed("nguyen thi thuy").name.accented == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0912345678", WarningCode.SEVERAL_MEANINGS),
        ("45090000017", WarningCode.ZERO_MISSING),
        ("MT-45901-20261120-A10017-7", WarningCode.CHECK_CHARACTER),
        ("Nguyeenx Thij Hoaf", WarningCode.TYPING_MODE_ON),
    ],
)
def test_warnings_come_along(text: str, code: WarningCode) -> None:
    assert code in read_typed(text).warnings


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1990", date(1990, 1, 1), date(1990, 12, 31)),
        ("1990-02", date(1990, 2, 1), date(1990, 2, 28)),
        ("1990-05-15", date(1990, 5, 15), date(1990, 5, 15)),
        ("1900-01-01", date(1900, 1, 1), date(1900, 1, 1)),
    ],
)
def test_a_partial_birth_date_is_a_span_of_days(text: str, earliest: date, latest: date) -> None:
    birth = birth_of(text)
    assert birth == (text, earliest, latest)


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_text_can_be_typed(text: str) -> None:
    typed = read_typed(text)
    for name in (typed.name, *similar_names(typed.name)):
        assert len(name.accented) in (0, len(name.words))
        assert all(name.words)
    assert all((*typed.numbers, *typed.telephones))
