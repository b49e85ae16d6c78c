"""The order in which a chart shows its entries."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from ehr.dates import FIRST, span
from projections.health_record.entry import Entry

E = TypeVar("E", bound=Entry)


def begins(entry: Entry) -> datetime:
    """When it began; a partial date begins with its first moment, and no date before all others."""
    return begin_of(entry.at)


def begin_of(text: str | None) -> datetime:
    """The same of a date as stated."""
    meant = span(text) if text else None
    return meant.start if meant else FIRST


def newest_first(entries: Iterable[E]) -> list[E]:
    """By beginning, then by when it was recorded; what is equal in both by its id."""
    return sorted(entries, key=_place, reverse=True)


def _place(entry: Entry) -> tuple[datetime, str, str]:
    return begins(entry), entry.origin.recorded_at, entry.origin.id
