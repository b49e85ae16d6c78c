"""Facts that the record took later than they happened, and whether somebody had to act without them."""

from datetime import timedelta
from enum import StrEnum

from ehr.dates import Span, span
from projections.health_record.entry import Entry
from projections.health_record.kinds import (
    Act,
    Allergy,
    Document,
    Medicine,
    Note,
    Order,
    Problem,
    Result,
    Visit,
)
from projections.health_record.seen import Seen
from projections.health_record.whereabouts import Facility

PROMPT = timedelta(days=1)
"""What is recorded so soon after the end of what it tells is not late at all."""

BROUGHT_IN = timedelta(days=30)
"""What is recorded longer after it happened is taken for history that somebody brought in."""

_DONE = Visit | Result | Act | Medicine | Document | Order | Note
"""Kinds whose date says when somebody did it. Vaccinations are told from a book years afterwards."""

_BEGUN = Problem | Allergy
"""Kinds whose date says when it began: what counts is when somebody stated it."""


class Lateness(StrEnum):
    """What to say about a fact that was not recorded promptly: with each, when it was recorded.

    LATE is the clinical hazard: when the record took it, another facility had already seen the person again.
    """

    AFTERWARDS = "afterwards"
    LATE = "late"
    BROUGHT_IN = "brought-in"


def lateness_of(
    entry: Entry, seen: Seen, here: Facility | None = None, visit: Visit | None = None
) -> Lateness | None:
    """None for what was recorded within a day, has no date, or is not done at one time.

    seen: where the person was seen. here: where it happened. visit: that it belongs to.
    """
    told, recorded = _told(entry, visit), span(entry.origin.recorded_at)
    if not told or not recorded or recorded.start - told.end <= PROMPT:
        return None
    if recorded.start - told.end > BROUGHT_IN:
        return Lateness.BROUGHT_IN
    last = seen.last_elsewhere(here, recorded.start)
    return Lateness.LATE if last and last >= told.end else Lateness.AFTERWARDS


def _told(entry: Entry, visit: Visit | None) -> Span | None:
    """The time of what is told; a visit is done when it ends."""
    if isinstance(entry, _BEGUN):
        text = entry.recorded or (visit and (visit.ends or visit.at))
    elif isinstance(entry, _DONE):
        text = entry.ends if isinstance(entry, Visit) and entry.ends else entry.at
    else:
        return None
    return span(text) if text else None
