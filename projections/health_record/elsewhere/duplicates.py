"""Tests that two facilities did within a month: the second might have been spared, or the first be of use."""

from datetime import datetime, timedelta
from typing import NamedTuple

from projections.health_record.chart import Chart
from projections.health_record.entry import Coded
from projections.health_record.kinds import Document, Result
from projections.health_record.order import begins, newest_first
from projections.health_record.repeated import fold
from projections.health_record.series import day_of
from projections.health_record.whereabouts import Facility, apart, merged

WITHIN = timedelta(days=30)

_TESTS = frozenset({"laboratory", "imaging"})
"""Categories of results that somebody had to order; a blood pressure is taken at every visit."""

_NOT_DONE = frozenset({"registered", "cancelled"})
_WHOLE_DAY = len("2026-05-31")

Test = Result | Document


class Duplicate(NamedTuple):
    """What was tested at two facilities, one after the other. tests: by what they are called."""

    tests: list[Coded]
    earlier: Test
    later: Test

    @property
    def at(self) -> datetime:
        """When the later one was done."""
        return begins(self.later)


def duplicates(chart: Chart) -> list[Duplicate]:
    """Of each test the last two at different facilities that were done within WITHIN; those done together on
    the same days are one. The newest first."""
    found: dict[tuple[Facility | str | None, ...], Duplicate] = {}
    for tests in _by_code(chart).values():
        pair = _last_pair(chart, tests)
        if pair:
            earlier, later = pair
            same = (chart.facility(earlier), day_of(earlier), chart.facility(later), day_of(later))
            found.setdefault(same, Duplicate([], earlier, later)).tests.append(_name(later))
    return sorted(found.values(), key=lambda one: one.at, reverse=True)


def _last_pair(chart: Chart, tests: list[Test]) -> tuple[Test, Test] | None:
    """(earlier, later) of tests that are given newest first."""
    later: dict[
        Facility | None, list[Test]
    ] = {}  # The newest first. No two of the facilities are surely two.
    for test in tests:
        here = merged(facility) if (facility := chart.facility(test)) else None
        pairs = [
            one
            for there in [there for there in later if here and there and apart(here, there)]
            for one in later.pop(there)
            if begins(one) - begins(test) <= WITHIN
        ]
        if pairs:
            return test, newest_first(pairs)[0]
        later.setdefault(here, []).append(test)
    return None


def _by_code(chart: Chart) -> dict[tuple[str, str], list[Test]]:
    """Tests of a known facility and day, newest first, by code, or by what they are called."""
    found: dict[tuple[str, str], list[Test]] = {}
    for test in newest_first(entry for entry in chart.entries if isinstance(entry, Test)):
        if _is_done(test) and chart.facility(test) and len(day_of(test)) == _WHOLE_DAY:
            name = _name(test)
            coded = (name.system, name.code) if name.system and name.code else None
            same = coded or ("", fold(name.text or ""))
            if any(same):
                found.setdefault(same, []).append(test)
    return found


def _is_done(test: Test) -> bool:
    """A report over results is told by those."""
    if test.status in _NOT_DONE:
        return False
    if isinstance(test, Result):
        return test.category in _TESTS
    return test.origin.type == "DiagnosticReport" and not test.parts


def _name(test: Test) -> Coded:
    return test.code if isinstance(test, Result) or test.code.text else Coded(test.title)
