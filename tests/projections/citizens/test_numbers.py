"""Keys of numbers, and what typed text means."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.citizens.numbers import number_key
from projections.citizens.patient import birth_of
from projections.citizens.typed import Typed, read_typed


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
    ("text", "typed"),
    [
        ("045090000017", Typed("045090000017")),
        ("045090000017|191234567|Hồ Văn Thử|15051990|Nam|Thôn Mẫu|01072021", Typed("045090000017")),
        ("GD4454500000017|48e1bb93|15/05/1990|1$", Typed("4500000017")),
        ("GD4 45 4500000017", Typed("4500000017")),
        ("0912345678", Typed("0912345678", "0912345678")),
        ("  hồ  văn thử ", Typed(name="hồ văn thử")),
        ("\ufeffhồ\u200bvăn\u200b thử", Typed(name="hồ văn thử")),
        ("ｈồ　thử　１９９０", Typed(name="hồ thử", birth=birth_of("1990"))),
        ("\u202d045090000017\u202c", Typed("045090000017")),
        ("hồ văn thử 1990", Typed(name="hồ văn thử", birth=birth_of("1990"))),
        ("1990 hồ văn thử", Typed(name="hồ văn thử", birth=birth_of("1990"))),
        ("hồ thử 15/5/1990", Typed(name="hồ thử", birth=birth_of("1990-05-15"))),
        ("hồ thử 05/1990", Typed(name="hồ thử", birth=birth_of("1990-05"))),
        ("hồ thử 15051990", Typed(name="hồ thử", birth=birth_of("1990-05-15"))),
        ("hồ thử 1990-05-15", Typed(name="hồ thử", birth=birth_of("1990-05-15"))),
        ("hồ thử 31/02/1990", Typed(name="hồ thử", birth=birth_of("1990"))),
        ("Adam631", Typed("ADAM631", name="Adam631")),
        ("", Typed()),
    ],
)
def test_reads_what_is_typed(text: str, typed: Typed) -> None:
    assert read_typed(text) == typed


def test_a_number_of_twelve_digits_is_no_telephone() -> None:
    assert read_typed("045090000017").telephone is None


def test_words_accents_and_the_last_word() -> None:
    typed = read_typed("Nguyễn Thị Thúy")
    assert typed.words == ["nguyen", "thi", "thui"]
    assert typed.begun == "thuy"
    assert [word.strip() for word in typed.accented] != typed.words
    assert read_typed("nguyen thi thuy").accented == []


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


@given(st.text(max_size=80))
def test_any_text_can_be_typed(text: str) -> None:
    typed = read_typed(text)
    assert typed.number is None or typed.number
    assert len(typed.accented) in (0, len(typed.words))
    assert all(typed.words)
