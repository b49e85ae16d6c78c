"""How long a facility usually sends nothing, and when its silence becomes unusual."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.dates import ZONE
from projections.facilities.rhythm import LEAST, TIMES, WINDOW, Day, Rhythm, rhythm_of

MONDAY = date(2026, 9, 7)


def days(hours: Iterable[int], weekdays: Iterable[int], weeks: int) -> list[Day]:
    """Something in each of the hours of each of the days (0 is Monday), for so many weeks from MONDAY on."""
    bits, wanted = sum(1 << hour for hour in hours), set(weekdays)
    every = (MONDAY + timedelta(days=number) for number in range(7 * weeks))
    return [(day, bits) for day in every if day.weekday() in wanted]


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def test_a_station_rests_at_night_and_at_weekends() -> None:
    """Its clock stands still on Saturday and Sunday: the gap over a weekend is like that over a night."""
    found = rhythm_of(days(range(8, 17), range(5), 4))
    tuesday_after = MONDAY + timedelta(days=29)
    assert found == Rhythm(16, local(tuesday_after, 1)), "two nights' gaps after Friday at five"


def test_a_station_that_sends_on_thursdays_is_silent_after_two_of_them() -> None:
    found = rhythm_of(days([9], [3], 9))
    last = MONDAY + timedelta(days=7 * 8 + 3)
    assert found == Rhythm(24, local(last + timedelta(days=14), 10))


def test_a_hospital_that_never_sleeps_is_silent_after_some_hours() -> None:
    found = rhythm_of(days(range(24), range(7), 3))
    assert found == Rhythm(1, local(MONDAY + timedelta(days=21), LEAST))


def test_a_feast_changes_no_rhythm() -> None:
    usual = days(range(8, 17), range(5), 8)
    feast = [one for one in usual if not 14 <= (one[0] - MONDAY).days < 24]
    assert rhythm_of(feast) == rhythm_of(usual)


def test_a_sunday_now_and_then_is_no_usual_day() -> None:
    usual = days(range(8, 17), range(5), 8)
    sunday = (MONDAY + timedelta(days=20), 1 << 10)
    with_sunday = rhythm_of(sorted([*usual, sunday]))
    assert with_sunday == rhythm_of(usual)
    last = rhythm_of([*usual, (MONDAY + timedelta(days=55), 1 << 10)])
    assert last is not None
    assert last.silent_from == local(MONDAY + timedelta(days=57), 8), "from Monday on, 32 hours"


@pytest.mark.parametrize(
    "few",
    [
        [],
        days([9], range(7), 1),
        days(range(24), range(7), 2)[:14],
        days([9], [3], 8),
        days([9, 10], [3], 2),
    ],
)
def test_of_few_sendings_nothing_is_told(few: list[Day]) -> None:
    assert rhythm_of(few) is None


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, (1 << 24) - 1)), unique_by=lambda one: one[0]),
    st.integers(WINDOW, 400),
)
def test_whenever_something_came_the_silence_begins_after_it_and_what_is_long_ago_says_nothing(
    sendings: list[tuple[int, int]], long_ago: int
) -> None:
    stated = sorted((MONDAY + timedelta(days=number), hours) for number, hours in sendings)
    found = rhythm_of(stated)
    if found:
        last, hours = stated[-1]
        end = local(last, hours.bit_length() - 1) + timedelta(hours=1)
        assert found.silent_from >= end + timedelta(hours=max(TIMES * found.usual_gap, LEAST))
        assert rhythm_of([(last - timedelta(days=long_ago), 1), *stated]) == found
