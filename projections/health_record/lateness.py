"""Facts that the record took later than they happened, and whether somebody had to act without them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from ehr.dates import Span, span
from projections.health_record.entry import Entry
from projections.health_record.kinds import Act, Document, Medicine, Order, Result, Visit

PROMPT = timedelta(days=1)
"""What is recorded so soon after the end of what it tells is not late at all."""

BROUGHT_IN = timedelta(days=30)
"""What is recorded longer after it happened is taken for history that somebody brought in."""

_DONE = Visit | Result | Act | Medicine | Document | Order
"""Kinds whose date says when somebody did it. That of a problem or an allergy is when it began, and
vaccinations are told from a book years afterwards."""

NOT_SEEN = frozenset({"planned", "cancelled", "entered-in-error"})
"""States of an encounter in which nobody saw the person (https://hl7.org/fhir/R4/valueset-encounter-status.html)."""


class Lateness(StrEnum):
    """What to say about a fact that was not recorded promptly: with each, when it was recorded.

    LATE is the clinical hazard: when the record took it, another facility had already seen the person again.
    """

    AFTERWARDS = "afterwards"
    LATE = "late"
    BROUGHT_IN = "brought-in"


def lateness_of(entry: Entry, elsewhere: Iterable[Visit]) -> Lateness | None:
    """None for what was recorded within a day, has no date, or is not done at one time.

    elsewhere: visits of the person at other facilities.
    """
    told, recorded = _told(entry), span(entry.origin.recorded_at)
    if not told or not recorded or recorded.start - told.end <= PROMPT:
        return None
    if recorded.start - told.end > BROUGHT_IN:
        return Lateness.BROUGHT_IN
    overtaken = any(_seen_between(visit, told.end, recorded.start) for visit in elsewhere)
    return Lateness.LATE if overtaken else Lateness.AFTERWARDS


def _told(entry: Entry) -> Span | None:
    """The time of what is told; a visit is done when it ends."""
    if not isinstance(entry, _DONE):
        return None
    text = entry.ends if isinstance(entry, Visit) and entry.ends else entry.at
    return span(text) if text else None


def _seen_between(visit: Visit, happened: datetime, recorded: datetime) -> bool:
    """Whether it began after the one and was itself recorded before the other.

    History that is brought in at once, in the order in which it happened, overtakes nothing.
    """
    begun, known = span(visit.at) if visit.at else None, span(visit.origin.recorded_at)
    if not begun or not known or visit.status in NOT_SEEN:
        return False
    return happened <= begun.start < recorded and known.start < recorded
