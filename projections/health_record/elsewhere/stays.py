"""Stays that overlap with visits at another facility: somebody is in two places at once."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ehr.dates import span
from projections.health_record.chart import Chart
from projections.health_record.kinds import Visit
from projections.health_record.lateness import NOT_SEEN

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
    start: datetime
    end: datetime

    @property
    def in_a_bed(self) -> bool:
        return self.visit.kind in IN_A_BED


def overlaps(chart: Chart, now: datetime) -> list[Overlap]:
    """Those that surely overlap, whatever the hours are that nobody stated; the newest first."""
    found: list[Overlap] = []
    opened: dict[str, list[_Stay]] = {}
    stays = [
        (facility, stay)
        for visit in chart.visits
        if (facility := chart.facility(visit))
        if (stay := _stay(visit, now))
    ]
    for here, stay in sorted(stays, key=lambda one: one[1].end, reverse=True):
        for there, others in opened.items():
            if there != here:
                others[:] = [other for other in others if other.start < stay.end]
                found += [_overlap(stay, other) for other in others if stay.in_a_bed or other.in_a_bed]
        if len(found) >= MOST:
            break
        opened.setdefault(here, []).append(stay)
    return found[:MOST]


def _overlap(one: _Stay, other: _Stay) -> Overlap:
    earlier, later = sorted((one, other), key=lambda stay: stay.start)
    return Overlap(earlier.visit, later.visit, min(one.end, other.end))


def _stay(visit: Visit, now: datetime) -> _Stay | None:
    """A day without hours is over before it has surely begun: None, as for whom nobody need have seen."""
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
    return _Stay(visit, start, end) if start < end else None
