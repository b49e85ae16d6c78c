"""Where somebody was seen last, as the record knew at a time: found without going through all visits."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from ehr.dates import span
from projections.health_record.kinds import Visit
from projections.health_record.whereabouts import Facility

NOT_SEEN = frozenset({"planned", "cancelled", "entered-in-error"})
"""States of an encounter in which nobody saw the person (https://hl7.org/fhir/R4/valueset-encounter-status.html)."""


class _Seeing(NamedTuple):
    """A visit that began. known: since when it had both begun and been recorded."""

    known: datetime
    begun: datetime
    where: Facility


class _Latest:
    """When the latest visit began, of all that were known at a time, or of those outside of one group."""

    def __init__(self, seen: Iterable[tuple[datetime, datetime, str]]) -> None:
        """seen: (known, begun, group)."""
        self._known: list[datetime] = []
        self._ends: list[tuple[datetime, str, datetime | None]] = []
        best: dict[str, datetime] = {}
        for known, begun, group in sorted(seen):
            best[group] = max(begun, best.get(group, begun))
            # Only the two groups that lead can ever be asked for.
            leading = sorted(best.items(), key=itemgetter(1), reverse=True)[:2]
            best = dict(leading)
            self._known.append(known)
            self._ends.append((leading[0][1], leading[0][0], leading[1][1] if leading[1:] else None))

    def outside(self, group: str, before: datetime) -> datetime | None:
        """Of another group, known before that; None where there is none."""
        index = bisect_left(self._known, before) - 1
        if index < 0:
            return None
        begun, where, other = self._ends[index]
        return other if where == group else begun


class Seen:
    """The visits of one person in which somebody saw them, at facilities that are known."""

    def __init__(self, visits: Iterable[tuple[Visit, Facility | None]] = ()) -> None:
        seen = [one for one in (_seeing(visit, where) for visit, where in visits) if one]
        self._by_name = _Latest((one.known, one.begun, one.where.name) for one in seen)
        coded: dict[str, list[tuple[datetime, datetime, str]]] = {}
        for one in seen:
            if one.where.coded:
                coded.setdefault(one.where.name, []).append((one.known, one.begun, one.where.key))
        self._by_key = {name: _Latest(ones) for name, ones in coded.items()}

    def last_elsewhere(self, here: Facility | None, before: datetime) -> datetime | None:
        """When the latest visit began of those that had begun, and were known, before that, at another
        facility for certain (``whereabouts.apart``)."""
        if here is None:
            return None
        found = [self._by_name.outside(here.name, before)]
        if here.coded and here.name in self._by_key:
            found.append(self._by_key[here.name].outside(here.key, before))
        return max((one for one in found if one), default=None)


def _seeing(visit: Visit, where: Facility | None) -> _Seeing | None:
    begun, recorded = span(visit.at) if visit.at else None, span(visit.origin.recorded_at)
    if not where or not begun or not recorded or visit.status in NOT_SEEN:
        return None
    return _Seeing(max(begun.start, recorded.start), begun.start, where)
