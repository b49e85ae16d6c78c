"""Ages, from birth dates that may be partial."""

from datetime import date, timedelta
from typing import NamedTuple

from ehr.dates import ZONE, span

MONTHS_UNTIL = 72
"""Under this many months an age is told in months, as prescriptions for children must (Circular
26/2025/TT-BYT)."""

DAYS_UNTIL = 31


class Age(NamedTuple):
    """Completed units of time: from ``least`` to ``most``, which differ when the birth date is partial.

    unit: years, months or days.
    """

    unit: str
    least: int
    most: int


def age_on(birth: str | None, day: date) -> Age | None:
    """The age on a day of somebody born at a FHIR date; None when that is unknown or later."""
    meant = span(birth) if birth else None
    if meant is None:
        return None
    earliest = meant.start.astimezone(ZONE).date()
    latest = min(day, (meant.end.astimezone(ZONE) - timedelta(microseconds=1)).date())
    if earliest > day:
        return None
    months, least_months = _months(earliest, day), _months(latest, day)
    if months >= MONTHS_UNTIL:
        return Age("years", least_months // 12, months // 12)
    if (day - earliest).days < DAYS_UNTIL:
        return Age("days", (day - latest).days, (day - earliest).days)
    return Age("months", least_months, months)


def _months(start: date, end: date) -> int:
    """Completed months."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
