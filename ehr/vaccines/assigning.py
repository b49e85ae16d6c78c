"""Which given dose is which of the schedule.

Doses are taken in the order in which they were given. Each is the next of its antigen if it may count as that
one, so as many are counted as can be, and a later one never moves an earlier one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ehr.vaccines.days import Days
from ehr.vaccines.schedule import Dose


class Given(NamedTuple):
    """A vaccination as one resource tells it. vaccine: its key. number: of the dose, as stated."""

    reference: str
    at: Days
    vaccine: str
    number: int | None = None


class Event(NamedTuple):
    """One dose, perhaps told several times. told: what is known best first."""

    told: tuple[Given, ...]

    @property
    def at(self) -> Days:
        """When it was given."""
        return self.told[0].at

    @property
    def number(self) -> int | None:
        """As whoever told of it has counted."""
        return next((one.number for one in self.told if one.number is not None), None)


class Early(NamedTuple):
    """A dose that does not count as dose ``number``: before ``least``, for sure, by ``days`` at least.

    by_age: too young for it; else too soon after the dose before.
    """

    event: Event
    number: int
    least: date
    days: int
    by_age: bool


class Assigned(NamedTuple):
    """counted: by number of the dose. beyond: given when nothing was left to give."""

    counted: dict[int, Event]
    early: list[Early]
    beyond: list[Event]


def assign(doses: Sequence[Dose], given: Iterable[Given], birth: Days) -> Assigned:
    """doses: of one antigen. given: in any order, of vaccines against it."""
    counted: dict[int, Event] = {}
    early: list[Early] = []
    beyond: list[Event] = []
    open_, last = list(doses), None
    for event in told_once(given):
        while _has_passed(open_, event, birth):
            open_.pop(0)
        if not open_:
            beyond.append(event)
        elif refusal := _too_early(open_[0], event, birth, last):
            early.append(refusal)
        else:
            counted[open_.pop(0).number] = last = event
    return Assigned(counted, early, beyond)


def told_once(given: Iterable[Given]) -> list[Event]:
    """The doses of one antigen in order, each once.

    What is told of one day is one dose. What is told of a year or a month is the same as another of that
    time, if the vaccine is the same and they are not counted otherwise.
    """
    doses: list[list[Given]] = []
    exact: dict[Days, list[Given]] = {}
    for one in sorted(given, key=lambda one: (one.at.width, one.at, one.number or 0, one.reference)):
        same = (dose for dose in doses if all(_may_be_one(other, one) for other in dose))
        found = next(same, None) if one.at.width else exact.get(one.at)
        if found is None:
            doses.append([one])
            exact.setdefault(one.at, doses[-1])
        else:
            found.append(one)
    return sorted(map(Event, map(tuple, doses)), key=lambda event: (event.at, event.told[0].reference))


def _may_be_one(known: Given, one: Given) -> bool:
    numbers = {known.number, one.number} - {None}
    return known.at.overlaps(one.at) and known.vaccine == one.vaccine and len(numbers) < 2


def _has_passed(open_: Sequence[Dose], event: Event, birth: Days) -> bool:
    """Whether a later dose is what somebody of that age gets instead of the first one."""
    over = [is_over(dose, birth, event.at.earliest) for dose in open_]
    return any(over[:1]) and not all(over)


def is_over(dose: Dose, birth: Days, day: date) -> bool:
    """Whether it is not given any more on that day, for sure."""
    return dose.over_months is not None and day >= birth.after(months=dose.over_months).latest


def _too_early(dose: Dose, event: Event, birth: Days, last: Event | None) -> Early | None:
    """None where it counts, or may count."""
    age = birth.after(days=dose.least_days)
    after = last.at.after(days=dose.least_after) if last and dose.after_days else age
    least = age.or_later(after)
    days = (least.earliest - event.at.latest).days
    by_age = after is age or age.earliest > after.earliest
    return Early(event, dose.number, least.earliest, days, by_age) if days > 0 else None
