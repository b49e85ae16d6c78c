"""Spans of FHIR dates (https://hl7.org/fhir/R4/search.html#date, datatypes.html#dateTime)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.dates import FIRST, LAST, ZONE, instant, local_day, months_before, span

DAYS = st.dates(date(1, 1, 2), date(9998, 12, 30))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS)


@contextmanager
def meant_in(zone: str) -> Iterator[None]:
    """Dates without a zone are meant there."""
    ZONE.use(zone)
    try:
        yield
    finally:
        ZONE.use("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2023-12-31T17:00:00.000Z", "2024-12-31T17:00:00.000Z"),
        ("2024-02", "2024-01-31T17:00:00.000Z", "2024-02-29T17:00:00.000Z"),
        ("2023-12", "2023-11-30T17:00:00.000Z", "2023-12-31T17:00:00.000Z"),
        ("2024-02-29", "2024-02-28T17:00:00.000Z", "2024-02-29T17:00:00.000Z"),
        ("2024-05-10T08:00", "2024-05-10T01:00:00.000Z", "2024-05-10T01:01:00.000Z"),
        ("2024-05-10T08:00:01", "2024-05-10T01:00:01.000Z", "2024-05-10T01:00:02.000Z"),
        ("2024-05-10T08:00:00Z", "2024-05-10T08:00:00.000Z", "2024-05-10T08:00:01.000Z"),
        ("2024-05-10T08:00:00+07:00", "2024-05-10T01:00:00.000Z", "2024-05-10T01:00:01.000Z"),
        ("2024-05-10T08:00:00-03:30", "2024-05-10T11:30:00.000Z", "2024-05-10T11:30:01.000Z"),
        ("2024-05-10T08:00:00.5Z", "2024-05-10T08:00:00.500Z", "2024-05-10T08:00:00.600Z"),
        ("2024-05-10T08:00:00.050Z", "2024-05-10T08:00:00.050Z", "2024-05-10T08:00:00.051Z"),
        ("2024-05-10T08:00:00.123000999Z", "2024-05-10T08:00:00.123Z", "2024-05-10T08:00:00.123Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", "2017-01-01T00:00:01.000Z"),
    ],
)
def test_a_date_means_all_of_the_time_that_it_leaves_open(text: str, start: str, end: str) -> None:
    meant = span(text)
    assert meant
    assert (instant(meant.start), instant(meant.end)) == (start, end)
    assert meant.start < meant.end


@pytest.mark.parametrize(
    "text",
    [
        *("", "24", "0000", "10000", "2024-5", "2024-13", "2024-00", "2024-02-30", "2023-02-29", "20240510"),
        *("2024-05-10T", "2024-05-10T08", "2024-05-10 08:00", "2024-05-10T24:00:00Z", "2024-05-10T08:60Z"),
        *("2024-05-10T08:00:61Z", "2024-05-10T08:00.5Z", "2024-05-10T08:00:00.Z", "2024-05-10T08:00:00+7"),
        *("2024-05-10T08:00:00+24:00", "2024-05T08:00", "２０２４", "2024\n", " 2024", "2024Z", "-2024"),
    ],
)
def test_what_is_no_date_means_nothing(text: str) -> None:
    assert span(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("0001", "0001-01", "0001-01-01", "9999", "9999-12", "9999-12-31"),
        *("0001-01-01T00:00:00+14:00", "0001-01-01T00:00", "9999-12-31T23:59:60-14:00"),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_spans_are_cut_where_time_ends(text: str, zone: str) -> None:
    with meant_in(zone):
        meant = span(text)
    assert meant
    assert FIRST <= meant.start <= meant.end <= LAST


@given(DAYS)
def test_a_year_is_its_months_and_a_month_its_days(day: date) -> None:
    year, month, here = span(f"{day.year:04}"), span(f"{day.year:04}-{day.month:02}"), span(day.isoformat())
    after = span((day + timedelta(days=1)).isoformat())
    assert year
    assert month
    assert here
    assert after
    assert year.start <= month.start <= here.start < here.end <= month.end <= year.end
    assert here.end == after.start
    assert (month.end == here.end) == ((day + timedelta(days=1)).month != day.month)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Pacific/Apia", "Europe/Berlin", "UTC"])
def test_days_follow_one_another_where_clocks_are_changed(zone: str) -> None:
    """Midnight of 4 November 2018 did not exist in São Paulo, nor 30 December 2011 in Samoa."""
    with meant_in(zone):
        for start in (date(2018, 11, 1), date(2011, 12, 28), date(2024, 3, 29)):
            days = [span((start + timedelta(days=n)).isoformat()) for n in range(7)]
            for here, after in pairwise(days):
                assert here
                assert after
                assert here.start <= here.end == after.start


def test_the_zone_is_that_of_the_setting() -> None:
    with meant_in("UTC"):
        meant = span("2024-05-10")
    assert meant
    assert instant(meant.start) == "2024-05-10T00:00:00.000Z"
    assert span("2024-05-10") != meant


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-05-31T17:30:00Z", "2026-06-01"), ("2026-05-31", "2026-05-31"), ("2026-05", "2026-05"), ("x", "")],
)
def test_a_day_is_that_of_the_zone(text: str, day: str) -> None:
    assert local_day(text) == day
    with meant_in("UTC"):
        assert local_day(text) == day.replace("06-01", "05-31")
    assert local_day(text) == day


@given(MOMENTS, OFFSETS)
def test_a_moment_is_the_same_in_every_zone(moment: datetime, zone: timezone) -> None:
    meant = span(moment.isoformat(timespec="microseconds"))
    assert meant == span(moment.astimezone(zone).isoformat(timespec="microseconds"))
    assert meant
    assert meant.start == moment < meant.end


@given(MOMENTS)
def test_an_instant_is_written_in_utc_to_the_millisecond(moment: datetime) -> None:
    meant = span(instant(moment))
    assert instant(moment).endswith("Z")
    assert meant
    assert meant.start <= moment.astimezone(UTC) < meant.end


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z\-]{0,20}"))
def test_any_text_is_read(text: str) -> None:
    meant = span(text)
    assert meant is None or FIRST <= meant.start <= meant.end <= LAST


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        (datetime(2026, 5, 31, 8, tzinfo=UTC), 3, "2026-02-28"),
        (datetime(2026, 5, 31, 18, tzinfo=UTC), 3, "2026-03-01"),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, "2023-02-28"),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, "2025-12-15"),
        (datetime(2026, 1, 15, tzinfo=UTC), 0, "2026-01-15"),
    ],
)
def test_months_before_a_moment_begin_with_a_day_here(moment: datetime, months: int, expected: str) -> None:
    meant = span(expected)
    assert meant is not None
    assert months_before(moment, months) == meant.start


def test_months_before_the_first_year_begin_with_it() -> None:
    assert months_before(FIRST, 12) == FIRST
