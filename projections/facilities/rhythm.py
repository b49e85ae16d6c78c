"""Rhythm: how long a facility usually sends nothing, and from when on it is silent for longer.

Its clock runs on the days of the week on which it usually sends and stands still on the others: a station
that is closed at weekends is not silent on Sunday, one that sends on Thursdays is after two Thursdays.
Pure.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple

from ehr.dates import ZONE

WINDOW: Final = 84
"""Days before its last one of which a facility's rhythm is told."""

FEWEST_GAPS: Final = 8
FEWEST_DAYS: Final = 14
"""Gaps, and days from the first to the last of them, without which nothing is known of a rhythm."""

SHARE: Final = 0.95
"""Of all gaps so many are no longer than the usual one: a feast or a broken line does not count."""

TIMES: Final = 2
"""A silence is unusual that is longer than so many usual gaps."""

LEAST: Final = 6
"""Hours that a silence has at least before it is unusual."""

_HOURS: Final = 24

Day = tuple[date, int]
"""A day in Vietnam, and its hours in which something was recorded: bit n is from n to n + 1 o'clock."""


class Rhythm(NamedTuple):
    """usual_gap: hours of the facility's clock. silent_from: when its silence becomes unusual, unless it
    sends again."""

    usual_gap: int
    silent_from: datetime


def rhythm_of(days: Sequence[Day]) -> Rhythm | None:
    """days: those on which something was recorded, in order. None: there are too few to tell."""
    days = [one for one in days if (days[-1][0] - one[0]).days < WINDOW]
    if not days or (days[-1][0] - days[0][0]).days < FEWEST_DAYS:
        return None
    usual = _usual_days([day for day, _ in days])
    gaps = sorted(gap for gap in _gaps(days, usual) if gap)
    if len(gaps) < FEWEST_GAPS:
        return None
    gap = gaps[ceil(SHARE * len(gaps)) - 1]
    last, hours = days[-1]
    return Rhythm(gap, _after(last, hours.bit_length(), max(TIMES * gap, LEAST), usual))


def _usual_days(days: Sequence[date]) -> frozenset[int]:
    """Days of the week (Monday is 0) on which something was recorded in every fourth week at least."""
    weeks = (days[-1] - days[0]).days // 7 + 1
    counts = [sum(day.weekday() == one for day in days) for one in range(7)]
    return frozenset(one for one, count in enumerate(counts) if 4 * count >= weeks) or frozenset(range(7))


def _gaps(days: Sequence[Day], usual: frozenset[int]) -> Iterator[int]:
    """Hours of the clock from each hour in which something was recorded to the next one."""
    return (other - one for one, other in pairwise(_hours(days, usual)))


def _hours(days: Sequence[Day], usual: frozenset[int]) -> Iterator[int]:
    """What the clock says in each of these hours."""
    clock, seen = 0, days[0][0]
    for day, hours in days:
        while seen < day:
            clock += _HOURS * (seen.weekday() in usual)
            seen += timedelta(days=1)
        runs = day.weekday() in usual
        while hours:
            lowest = hours & -hours
            yield clock + runs * (lowest.bit_length() - 1)
            hours ^= lowest


def _after(day: date, hour: int, hours: int, usual: frozenset[int]) -> datetime:
    """When the clock has gone on by so many hours. hour: at which the day is when it begins, up to 24."""
    while day.weekday() not in usual or hour + hours >= _HOURS:
        hours -= (_HOURS - hour) * (day.weekday() in usual)
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour + hours), ZONE).astimezone(UTC)
