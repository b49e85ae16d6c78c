"""Days as people and cards write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.dates import span
from ehr.formats.written_date import read_date, year_of


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("15051990", "1990-05-15"),
        ("051990", "1990-05"),
        ("1990", "1990"),
        ("15/05/1990", "1990-05-15"),
        ("5/5/1990", "1990-05-05"),
        ("15.5.1990", "1990-05-15"),
        ("05/1990", "1990-05"),
        ("5-1990", "1990-05"),
        ("1990-05-15", "1990-05-15"),
        ("1990-05", "1990-05"),
        ("00001990", "1990"),
        ("00051990", "1990-05"),
        ("00/1990", "1990"),
        ("15001990", "1990"),
        ("29021992", "1992-02-29"),
    ],
)
def test_dates(text: str, read: str) -> None:
    assert read_date(text) == read
    assert year_of(text) == read[:4]


@pytest.mark.parametrize(
    ("text", "year"),
    [("31021990", "1990"), ("15/13/1990", "1990"), ("131990", "1990"), ("29/2/1990", "1990")],
)
def test_days_of_no_calendar_still_have_a_year(text: str, year: str) -> None:
    assert read_date(text) is None
    assert year_of(text) == year


@pytest.mark.parametrize(
    "text", ["", "90", "1790", "2200", "١٩٩٠", "15051990 ", "15//1990", "150519901", "x"]
)
def test_no_date(text: str) -> None:
    assert (read_date(text), year_of(text)) == (None, None)


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)))
def test_every_day_comes_back(day: date) -> None:
    for text in (f"{day:%d%m}{day.year}", f"{day.day}/{day.month}/{day.year}", day.isoformat()):
        assert read_date(text) == day.isoformat()


@given(st.text("0123456789/.-", max_size=10))
def test_what_is_read_is_a_date_of_fhir(text: str) -> None:
    read = read_date(text)
    assert read is None or span(read)
