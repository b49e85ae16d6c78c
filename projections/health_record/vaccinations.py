"""A person's vaccinations against the national schedule on a day, computed when they are read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from ehr.vaccines.assigning import Assigned, Early, Given, assign
from ehr.vaccines.days import Days, days_of
from ehr.vaccines.judging import Judged, judge
from ehr.vaccines.recognising import Contradictory, vaccine_of
from ehr.vaccines.schedule import Antigen, Schedule, Vaccine, schedule
from projections.health_record.chart import Chart
from projections.health_record.kinds import Immunisation

CHILD_UNTIL: Final = 16 * 12
"""Months of age until which the schedule is computed: a child is under 16 (Law 102/2016/QH13, article 1)."""

MOST: Final = 300
"""Vaccinations of one person that are held against the schedule: five times what a childhood has. Who tells
of which is compared pair by pair."""

_NUMBER = re.compile(r"[0-9]{1,2}")


class Withheld(StrEnum):
    """Why nothing is computed."""

    DECEASED = "deceased"
    NO_BIRTH_DATE = "no_birth_date"
    UNBORN = "unborn"
    GROWN_UP = "grown_up"
    TOO_MANY = "too_many"


class Reason(StrEnum):
    """Why a vaccination does not count."""

    UNKNOWN = "unknown"
    CONTRADICTORY = "contradictory"
    STATUS = "status"
    MODIFIED = "modified"
    SUBPOTENT = "subpotent"
    UNDATED = "undated"
    BEFORE_BIRTH = "before_birth"
    FUTURE = "future"
    EARLY = "early"


class Uncounted(NamedTuple):
    """early: by antigen, where that is the reason."""

    entry: Immunisation
    reason: Reason
    early: Mapping[str, Early]


class Row(NamedTuple):
    """An antigen. cells: by number of the dose."""

    antigen: str
    cells: Mapping[int, Judged]


class Vaccinations(NamedTuple):
    """on: the day for which it is computed. withheld: why there are no rows, else None.

    entries: by ``Type/id``. others: given, and not asked for by the schedule. refused: said not to be given.
    All of these newest first.
    """

    on: date
    schedule: Schedule
    withheld: Withheld | None
    rows: list[Row]
    entries: Mapping[str, Immunisation]
    others: list[Immunisation]
    uncounted: list[Uncounted]
    refused: list[Immunisation]


def vaccinations_of(chart: Chart, on: date) -> Vaccinations:
    """on: in Vietnam. What the chart knows is held against the schedule of that day."""
    birth = days_of(chart.person.birth_date) if chart.person else None
    refused = [one for one in chart.immunisations if one.status == "not-done"]
    entries = {one.origin.reference: one for one in chart.immunisations if one.status != "not-done"}
    withheld = _withheld(chart, birth, on)
    if withheld or birth is None:
        return Vaccinations(on, schedule(), withheld, [], entries, [*entries.values()], [], refused)
    given, uncounted = _sorted_out(entries.values(), birth, on)
    assigned = {one.key: assign(one.doses, _against(one, given), birth) for one in schedule().antigens}
    rows = [_row(one, assigned[one.key], birth, on) for one in schedule().antigens]
    early = _early(assigned)
    counted = set(_counted(assigned.values()))
    others = [reference for _, one in given if (reference := one.reference) not in counted | early.keys()]
    uncounted += [
        Uncounted(entries[reference], Reason.EARLY, refusals)
        for reference, refusals in early.items()
        if reference not in counted
    ]
    places = {reference: place for place, reference in enumerate(entries)}
    uncounted.sort(key=lambda one: places[one.entry.origin.reference])
    return Vaccinations(
        on, schedule(), None, rows, entries, [entries[one] for one in others], uncounted, refused
    )


def _withheld(chart: Chart, birth: Days | None, on: date) -> Withheld | None:
    if any(person.deceased for person in chart.persons):
        return Withheld.DECEASED
    if birth is None:
        return Withheld.NO_BIRTH_DATE
    if on < birth.earliest:
        return Withheld.UNBORN
    if on >= birth.after(months=CHILD_UNTIL).latest:
        return Withheld.GROWN_UP
    return Withheld.TOO_MANY if len(chart.immunisations) > MOST else None


_Known = tuple[Vaccine, Given]


def _sorted_out(
    entries: Iterable[Immunisation], birth: Days, on: date
) -> tuple[list[_Known], list[Uncounted]]:
    known: list[_Known] = []
    uncounted: list[Uncounted] = []
    for entry in entries:
        found = _known(entry, birth, on)
        if isinstance(found, Reason):
            uncounted.append(Uncounted(entry, found, {}))
        else:
            known.append(found)
    return known, uncounted


def _known(entry: Immunisation, birth: Days, on: date) -> _Known | Reason:
    codings = [(one.system, one.code) for one in (entry.code, *entry.codings)]
    try:
        vaccine = vaccine_of(codings, entry.code.text)
    except Contradictory:
        return Reason.CONTRADICTORY
    if vaccine is None:
        return Reason.UNKNOWN
    at = days_of(entry.at)
    if at is None:
        return Reason.UNDATED
    reason = _unfit(entry) or _misdated(at, birth, on)
    number = int(entry.dose) if entry.dose and _NUMBER.fullmatch(entry.dose) else None
    return reason or (vaccine, Given(entry.origin.reference, at, vaccine.key, number))


def _unfit(entry: Immunisation) -> Reason | None:
    if entry.status != "completed":
        return Reason.STATUS
    if entry.origin.modified:
        return Reason.MODIFIED
    return Reason.SUBPOTENT if entry.subpotent else None


def _misdated(at: Days, birth: Days, on: date) -> Reason | None:
    if at.latest < birth.earliest:
        return Reason.BEFORE_BIRTH
    return Reason.FUTURE if at.earliest > on else None


def _against(antigen: Antigen, given: Iterable[_Known]) -> list[Given]:
    return [one for vaccine, one in given if antigen.key in vaccine.antigens]


def _row(antigen: Antigen, assigned: Assigned, birth: Days, on: date) -> Row:
    judged = judge(antigen.doses, assigned, birth, on)
    return Row(antigen.key, {one.dose.number: one for one in judged})


def _counted(assigned: Iterable[Assigned]) -> Iterator[str]:
    for antigen in assigned:
        for event in antigen.counted.values():
            yield from (one.reference for one in event.told)


def _early(assigned: Mapping[str, Assigned]) -> dict[str, dict[str, Early]]:
    """reference -> antigen -> why it is too early."""
    found: dict[str, dict[str, Early]] = {}
    for antigen, one in assigned.items():
        for early in one.early:
            for given in early.event.told:
                found.setdefault(given.reference, {})[antigen] = early
    return found
