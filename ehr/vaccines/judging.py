"""What each dose of the schedule is for somebody on a day: given, due, overdue, still to come, past."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ehr.vaccines.assigning import Assigned, Early, Event, is_over
from ehr.vaccines.days import Days
from ehr.vaccines.schedule import Dose


class State(StrEnum):
    """Of a dose on a day. Whatever is not GIVEN is so as far as the record knows.

    PERHAPS: it depends on days that are known in part. MISSED: overdue, and past the age group of which the
    schedule speaks; somebody has to judge. OVER: it is not given any more at that age. AFTER: an earlier one
    comes first.
    """

    GIVEN = "given"
    OVERDUE = "overdue"
    DUE = "due"
    PERHAPS = "perhaps"
    MISSED = "missed"
    UPCOMING = "upcoming"
    AFTER = "after"
    OVER = "over"


class Judged(NamedTuple):
    """event: that counts as it. due: since or from when; None for what is given, over, or comes after another
    one. early: given as it, but too early to count."""

    dose: Dose
    state: State
    event: Event | None = None
    due: Days | None = None
    early: Sequence[Early] = ()


def judge(doses: Sequence[Dose], assigned: Assigned, birth: Days, day: date) -> list[Judged]:
    """doses: of one antigen. assigned: of what was given up to that day."""
    judged: list[Judged] = []
    last: Event | None = None
    waits = False
    for dose in doses:
        event = assigned.counted.get(dose.number)
        if event:
            judged.append(Judged(dose, State.GIVEN, event))
            last, waits = event, False
        else:
            judged.append(_missing(dose, assigned, birth, day, last if dose.after_days else None, waits))
            waits |= judged[-1].state is not State.OVER
    return judged


def _missing(
    dose: Dose, assigned: Assigned, birth: Days, day: date, last: Event | None, waits: bool
) -> Judged:
    """last: the dose after which it is given. waits: an earlier one is not given yet."""
    early = [one for one in assigned.early if one.number == dose.number]
    if is_over(dose, birth, day):
        return Judged(dose, State.OVER, early=early)
    if waits and dose.after_days:
        return Judged(dose, State.AFTER, early=early)
    due = birth.after(months=dose.months)
    due = due.or_later(last.at.after(days=dose.after_days)) if last else due
    return Judged(dose, _state(dose, due, birth, day), due=due, early=early)


def _state(dose: Dose, due: Days, birth: Days, day: date) -> State:
    if day < due.earliest:
        return State.UPCOMING
    if day < due.latest:
        return State.PERHAPS
    overdue = due.after(days=dose.window_days).latest
    if day <= overdue:
        return State.DUE
    return State.OVERDUE if day < birth.after(months=dose.until_months).latest else State.MISSED
