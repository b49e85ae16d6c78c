"""FHIR dates as spans of time: ``2024-05`` is all of May 2024 (https://hl7.org/fhir/R4/search.html#date)."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ehr.remembering import remembered


class _Zone(tzinfo):
    """The one zone in which dates without a zone are meant; which one it is, the wiring says once."""

    def __init__(self, name: str) -> None:
        self._zone = ZoneInfo(name)

    def use(self, name: str) -> None:
        """name: IANA name. Views hold spans: after a change they must be rebuilt."""
        self._zone = ZoneInfo(name)
        span.cache_clear()
        local_day.cache_clear()

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self._zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self._zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self._zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self._zone.fromutc(moment.replace(tzinfo=self._zone)).replace(tzinfo=self)


ZONE = _Zone("Asia/Ho_Chi_Minh")
"""Where dates without a zone are meant."""

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
"""Spans are cut here, so that they stay within what Python and PostgreSQL can say in every zone."""

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)((?<=:\d\d:\d\d)\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


class Span(NamedTuple):
    """From ``start`` until before ``end``."""

    start: datetime
    end: datetime


LONGEST = 64
"""Characters of a text that is remembered: a fraction of a second may have millions."""


@remembered(65536, LONGEST)
def span(text: str) -> Span | None:
    """The time that a FHIR date, dateTime or instant means; None for text that is none of these."""
    try:
        return _of_date(text) or _of_time(text)
    except (ValueError, OverflowError):
        return None


@remembered(65536, LONGEST)
def local_day(text: str) -> str:
    """The day in ZONE on which a FHIR date or time begins, ``2026-05-31``; a partial date as it is, '' for
    text that is neither."""
    meant = span(text)
    if meant is None:
        return ""
    return meant.start.astimezone(ZONE).date().isoformat() if "T" in text else text


def months_before(moment: datetime, months: int) -> datetime:
    """The beginning of the day in ZONE so many months before; a day that a month lacks is its last one."""
    day = moment.astimezone(ZONE).date()
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < date.min.year:
        return FIRST
    return _midnight(date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])))


def instant(moment: datetime) -> str:
    """meta.lastUpdated of a moment: RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _of_date(text: str) -> Span | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    first = date(year, 1 if month is None else month, 1 if day is None else day)
    if day:
        last = first + timedelta(days=1) if first < date(9999, 12, 31) else first
    elif month:
        last = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else date.max
    else:
        last = date(year + 1, 1, 1) if year < 9999 else date.max
    return Span(_midnight(first), _midnight(last))


def _of_time(text: str) -> Span | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    clock, fraction, zone = match.groups()
    leap = clock.endswith(":60") and clock.count(":") == 2
    start = datetime.fromisoformat(
        (clock[:-2] + "59" if leap else clock) + (zone or "").replace("Z", "+00:00")
    )
    start = start.replace(microsecond=int((fraction or ".0")[1:7].ljust(6, "0")))
    start = _in_utc(start if zone else start.replace(tzinfo=ZONE)) + timedelta(seconds=leap)
    width = (
        timedelta(microseconds=10 ** (6 - min(6, len(fraction) - 1))) if fraction else timedelta(seconds=1)
    )
    if clock.count(":") == 1:
        width = timedelta(minutes=1)
    return Span(_within(start), _within(start + width))


def _midnight(day: date) -> datetime:
    if day.year in (1, 9999):
        return _within(datetime.combine(day, time(), UTC))
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def _in_utc(moment: datetime) -> datetime:
    """Within the cuts, before the zone could carry it beyond what Python can say."""
    clock = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if FIRST <= clock <= LAST else _within(clock)


def _within(moment: datetime) -> datetime:
    return min(max(moment, FIRST), LAST)
