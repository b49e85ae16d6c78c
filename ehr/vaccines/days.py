"""Days that may be known in part: a year, a month or one day."""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from ehr.dates import ZONE, span


class Days(NamedTuple):
    """From the earliest to the latest day that may be meant, both included."""

    earliest: date
    latest: date

    @property
    def width(self) -> int:
        """How uncertain it is, in days; 0 where the day is known."""
        return (self.latest - self.earliest).days

    def overlaps(self, other: "Days") -> bool:
        """Whether both may be one day."""
        return self.earliest <= other.latest and other.earliest <= self.latest

    def after(self, *, months: int = 0, days: int = 0) -> "Days":
        """So long afterwards. A day that a month lacks is its last one."""
        return Days(*(_after(_months_after(day, months), days) for day in self))

    def or_later(self, other: "Days") -> "Days":
        """The later of both."""
        return Days(max(self.earliest, other.earliest), max(self.latest, other.latest))


def days_of(text: str | None) -> Days | None:
    """The days that a FHIR date or dateTime means in Vietnam; None for text that is neither."""
    meant = span(text) if text else None
    if meant is None:
        return None
    last = meant.end.astimezone(ZONE) - timedelta(microseconds=1)
    return Days(meant.start.astimezone(ZONE).date(), last.date())


def months_between(start: date, end: date) -> int:
    """Completed months."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _after(day: date, days: int) -> date:
    return day + timedelta(min(days, (date.max - day).days))
