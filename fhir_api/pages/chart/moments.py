"""Moments of the past as they are typed and as they stand in addresses."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from ehr.dates import ZONE, Span, span

_POSITION = re.compile(r"\d{1,18}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TYPED = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?:[\s,]+(\d{1,2})[:hg](\d\d))?", re.ASCII | re.IGNORECASE
)
_MOMENT = timedelta(microseconds=1)


class Asked(NamedTuple):
    """A moment that somebody asks for.

    text: as it stands in addresses. position: of the record, or else span: the day, minute or instant of
    which all is meant that was recorded until its end.
    """

    text: str
    position: int | None = None
    span: Span | None = None

    @property
    def is_day(self) -> bool:
        """A day, which ends at midnight in Vietnam."""
        return self.span is not None and "T" not in self.text

    def end(self, now: datetime) -> datetime:
        """Until when all counts: of a time that is not over, until now."""
        assert self.span is not None
        return min(self.span.end, now)

    def last(self, now: datetime) -> datetime:
        """The last moment that counts."""
        return self.end(now) - _MOMENT


def asked(text: str) -> Asked | None:
    """From an address: a position, ``2026-03-03`` or an instant, which without a zone is meant in Vietnam's.
    None for anything else."""
    if _POSITION.fullmatch(text):
        return Asked(text, position=int(text))
    meant = span(text) if _DAY.fullmatch(text) or "T" in text else None
    return Asked(text, span=meant) if meant else None


def typed(text: str) -> Asked | None:
    """From somebody's hand: ``03/03/2026``, ``3/3/2026 8:30``, or as it stands in addresses."""
    text = text.strip()
    match = _TYPED.fullmatch(text)
    if not match:
        return asked(text)
    day, month, year, hour, minute = (int(part) if part else 0 for part in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=ZONE)
    except ValueError:
        return None
    return asked(moment.isoformat(timespec="minutes") if match[4] else moment.date().isoformat())
