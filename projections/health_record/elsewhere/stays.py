"""Stays that overlap with visits at another facility: somebody is in two places at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple

from ehr.dates import span
from projections.health_record.chart import Chart
from projections.health_record.kinds import Visit
from projections.health_record.seen import NOT_SEEN
from projections.health_record.whereabouts import Facility, apart, merged

IN_A_BED = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS"})
"""Kinds of visits that are stays (https://terminology.hl7.org/6.5.0/ValueSet-encounter-class.html)."""

_ELSEWHERE = frozenset({"VR", "PRENC"})
"""Kinds of visits for which nobody need be there."""

_GOING_ON = frozenset({"arrived", "triaged", "in-progress"})

MOST = 50
"""Pairs that are told; after those the older ones are left out."""


class Overlap(NamedTuple):
    """Two visits at two facilities, of which one is a stay. until: when they were no longer both going on."""

    earlier: Visit
    later: Visit
    until: datetime


class _Stay(NamedTuple):
    """A visit from when it had surely begun until it may have ended."""

    visit: Visit
    facility: Facility
    start: datetime
    end: datetime

    @property
    def in_a_bed(self) -> bool:
        return self.visit.kind in IN_A_BED


def overlaps(chart: Chart, now: datetime) -> list[Overlap]:
    """Those that surely overlap, whatever the hours are that nobody stated; the newest first.

    From the last end back through time, each is held against those that were going on when it ended.
    """
    stays = sorted(_stays(chart, now), key=lambda stay: stay.end, reverse=True)
    begun_last = sorted(stays, key=lambda stay: stay.start)
    going_on, found = _GoingOn(), list[Overlap]()
    for stay in stays:
        while begun_last[-1].start >= stay.end:
            going_on.leave(begun_last.pop())
        found += islice((_overlap(stay, other) for other in going_on.beside(stay)), MOST - len(found))
        if len(found) == MOST:
            break
        going_on.join(stay)
    return found


class _GoingOn:
    """The stays and visits at one moment, by name and facility: those that are not apart from one are passed
    over as a whole."""

    def __init__(self) -> None:
        self._beds: _ByName = {}
        self._others: _ByName = {}

    def join(self, stay: _Stay) -> None:
        alike = self._like(stay).setdefault(stay.facility.name, {})
        alike.setdefault(merged(stay.facility), {})[id(stay)] = stay

    def leave(self, stay: _Stay) -> None:
        there, facility = self._like(stay), merged(stay.facility)
        alike = there[facility.name]
        del alike[facility][id(stay)]
        if not alike[facility]:
            del alike[facility]
        if not alike:
            del there[facility.name]

    def beside(self, stay: _Stay) -> Iterator[_Stay]:
        """Those at other facilities; beside a visit only stays."""
        here = stay.facility
        for name, alike in chain(self._beds.items(), self._others.items() if stay.in_a_bed else ()):
            for facility, stays in alike.items() if name != here.name or here.coded else ():
                if apart(facility, here):
                    yield from stays.values()

    def _like(self, stay: _Stay) -> "_ByName":
        return self._beds if stay.in_a_bed else self._others


_ByName = dict[str, dict[Facility, dict[int, _Stay]]]


def _stays(chart: Chart, now: datetime) -> Iterator[_Stay]:
    for visit in chart.visits:
        facility, times = chart.facility(visit), _times(visit, now)
        if facility and times:
            yield _Stay(visit, facility, *times)


def _overlap(one: _Stay, other: _Stay) -> Overlap:
    earlier, later = sorted((one, other), key=lambda stay: stay.start)
    return Overlap(earlier.visit, later.visit, min(one.end, other.end))


def _times(visit: Visit, now: datetime) -> tuple[datetime, datetime] | None:
    """(start, end). A day without hours is over before it has surely begun: None, as for whom nobody need
    have seen."""
    starts = span(visit.at) if visit.at else None
    if starts is None or visit.status in NOT_SEEN or visit.kind in _ELSEWHERE:
        return None
    start = starts.start if "T" in (visit.at or "") else starts.end
    ends = span(visit.ends) if visit.ends else None
    if ends:
        end = ends.start
    elif visit.status in _GOING_ON and visit.kind in IN_A_BED:
        end = now
    else:
        end = start
    if "T" in (visit.at or ""):
        end = max(end, start + timedelta(seconds=1))
    return (start, end) if start < end else None
