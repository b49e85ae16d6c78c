"""date: spans of time (https://hl7.org/fhir/R4/search.html#date).

Moments are whole microseconds since 1970 in UTC; a span is from its start until before its end.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, plain, prefixed

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):(\d\d))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1)
_SECOND = 1_000_000


class Span(NamedTuple):
    """Infinite where a period is open."""

    start: float
    end: float


@lru_cache(maxsize=1 << 18)
def span(text: str, zone: str) -> Span | None:
    """What a date, dateTime or instant means; None if it is none of these. zone: where none is said."""
    try:
        return _of_day(text, zone) or _of_clock(text, zone)
    except ValueError:
        return None


def _of_day(text: str, zone: str) -> Span | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    first = date(year, month, day)
    if match[3]:
        after = first + timedelta(days=1) if first < date.max else first
    elif match[2]:
        after = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else date.max
    else:
        after = date(year + 1, 1, 1) if year < 9999 else date.max
    return Span(_midnight(first, zone), _midnight(after, zone))


def _midnight(day: date, zone: str) -> int:
    return _moment(datetime(day.year, day.month, day.day), zone)


def _of_clock(text: str, zone: str) -> Span | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    minute, second, fraction, utc, sign, hours, minutes = match.groups()
    clock = datetime.fromisoformat(minute)
    if int(second or 0) > 60:
        raise ValueError
    start = _moment(clock, zone)
    if utc or sign:
        offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60 * _SECOND
        start = _micros(clock) - (offset if sign == "+" else -offset)
    start += int(second or 0) * _SECOND + int((fraction or "0")[:6].ljust(6, "0"))
    width = 10 ** (6 - min(6, len(fraction))) if fraction else _SECOND if second else 60 * _SECOND
    return Span(start, start + width)


def _moment(clock: datetime, zone: str) -> int:
    offset = clock.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    return _micros(clock) - offset // timedelta(microseconds=1)


def _micros(clock: datetime) -> int:
    return (clock - _EPOCH) // timedelta(microseconds=1)


def spans(value: Value, zone: str) -> list[Span]:
    """The one span of a value; none when it says nothing."""
    if value.type == "Period":
        found = _of_period(value.content, zone)
    elif value.type == "Timing":
        found = _of_timing(value.content, zone)
    else:
        found = span(value.content, zone) if value.type in ("date", "dateTime", "instant") else None
    return [found] if found else []


def _of_period(period: dict[str, Any], zone: str) -> Span | None:
    start, end = (span(period.get(side) or "", zone) for side in ("start", "end"))
    if not start and not end:
        return None
    return Span(start.start if start else -inf, end.end if end else inf)


def _of_timing(timing: dict[str, Any], zone: str) -> Span | None:
    found = list(_parts(timing, zone))
    if not found:
        return None
    return Span(min(one.start for one in found), max(one.end for one in found))


def _parts(timing: dict[str, Any], zone: str) -> Iterator[Span]:
    events = (span(event, zone) for event in timing.get("event", ()) if event)
    yield from (event for event in events if event)
    bounds = _of_period(timing.get("repeat", {}).get("boundsPeriod", {}), zone)
    if bounds:
        yield bounds


def _eq(searched: Span, found: Span) -> bool:
    return searched.start <= found.start and found.end <= searched.end


def _ap(searched: Span, found: Span) -> bool:
    width = searched.end - searched.start
    return found.start < searched.end + width and found.end > searched.start - width


COMPARISONS: dict[str, Callable[[Span, Span], bool]] = {
    "eq": _eq,
    "ne": lambda searched, found: not _eq(searched, found),
    "gt": lambda searched, found: found.end > searched.end,
    "lt": lambda searched, found: found.start < searched.start,
    "ge": lambda searched, found: found.end > searched.end or _eq(searched, found),
    "le": lambda searched, found: found.start < searched.start or _eq(searched, found),
    "sa": lambda searched, found: found.start >= searched.end,
    "eb": lambda searched, found: found.end <= searched.start,
    "ap": _ap,
}


def matcher(text: str, zone: str) -> Matcher:
    """zone: IANA name; where dates are meant that name none."""
    prefix, written = prefixed(plain(text))
    searched = span(written, zone)
    if not searched:
        raise Refused("not a date")
    compare = COMPARISONS[prefix]
    return lambda value: any(compare(searched, found) for found in spans(value, zone))
