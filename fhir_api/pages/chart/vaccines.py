"""What the panel of immunisations says about the schedule."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from ehr.dates import ZONE
from ehr.vaccines.assigning import Early
from ehr.vaccines.days import Days, months_between
from ehr.vaccines.judging import State
from fhir_api.pages.formats import date_text
from fhir_api.pages.languages import Messages
from projections.health_record.chart import Chart
from projections.health_record.vaccinations import Uncounted, Vaccinations, vaccinations_of

CALLED = (State.OVERDUE, State.MISSED, State.DUE, State.PERHAPS)
"""States that are told above the grid, in this order; after them what comes next."""

DAYS_UNTIL = 31
MONTHS_UNTIL = 24
"""Under these a lapse of time is told in days, in months."""


class Call(NamedTuple):
    """Doses that are due at one time. doses: number of the dose -> antigens."""

    state: State
    due: Days
    doses: Mapping[int, Sequence[str]]


def vaccines_of(chart: Chart, now: datetime, t: Messages) -> dict[str, Any]:
    """What the template knows beside what every panel does. now: the moment that is looked at."""
    vaccinations = vaccinations_of(chart, now.astimezone(ZONE).date())
    return {
        "vaccinations": vaccinations,
        "calls": calls_of(vaccinations),
        "due_text": lambda due: due_text(due, t),
        "lapse": lambda due: lapse_text(due.latest, vaccinations.on, t),
        "why": lambda uncounted: why_not(uncounted, t),
    }


def calls_of(vaccinations: Vaccinations) -> list[Call]:
    """What to act on, the most pressing first, and the doses that come next."""
    found: dict[tuple[State, Days], dict[int, list[str]]] = {}
    for state, number, due, antigen in _missing(vaccinations):
        found.setdefault((state, due), {}).setdefault(number, []).append(antigen)
    calls = [Call(*key, doses) for key, doses in found.items()]
    pressing = [call for call in calls if call.state in CALLED]
    pressing.sort(key=lambda call: (CALLED.index(call.state), call.due))
    upcoming = [call for call in calls if call.state is State.UPCOMING]
    soonest = min((call.due for call in upcoming), default=None)
    return pressing + [call for call in upcoming if call.due == soonest]


def _missing(vaccinations: Vaccinations) -> Iterator[tuple[State, int, Days, str]]:
    for row in vaccinations.rows:
        for number, cell in row.cells.items():
            if cell.due is not None:
                yield cell.state, number, cell.due, row.antigen


def not_counted(vaccinations: Vaccinations, t: Messages) -> dict[str, str]:
    """``Type/id`` of what does not count -> that it does not, and why; and of what counts against one antigen
    and came too early for another one, which is still missing, why it does not count against that."""
    refused: dict[str, dict[str, Early]] = {}
    for antigen, early in _early(vaccinations):
        for telling in early.event.told:
            refused.setdefault(telling.reference, {})[antigen] = early
    partly = {reference: _too_early(early, t) for reference, early in refused.items()}
    return partly | {
        one.entry.origin.reference: t("vaccines.not_counted", why=why_not(one, t))
        for one in vaccinations.uncounted
    }


def why_not(uncounted: Uncounted, t: Messages) -> str:
    """Why a vaccination does not count."""
    return _too_early(uncounted.early, t) or t(f"vaccines.reason.{uncounted.reason}")


def _early(vaccinations: Vaccinations) -> Iterator[tuple[str, Early]]:
    for row in vaccinations.rows:
        for cell in row.cells.values():
            for early in cell.early:
                yield row.antigen, early


def _too_early(refused: Mapping[str, Early], t: Messages) -> str:
    """refused: by antigen. Each reason once, with its antigens."""
    reasons: dict[tuple[int, int, date, bool], list[str]] = {}
    for antigen, early in refused.items():
        key = (early.number, early.days, early.least, early.by_age)
        reasons.setdefault(key, []).append(t(f"vaccines.antigen.{antigen}"))
    return " ".join(
        t(
            f"vaccines.early.{'age' if by_age else 'interval'}",
            antigens=", ".join(antigens),
            dose=t("vaccines.dose", number=number) if number else t("vaccines.birth_dose"),
            days=days,
            least=date_text(least.isoformat()),
        )
        for (number, days, least, by_age), antigens in reasons.items()
    )


def lapse_text(start: date, end: date, t: Messages) -> str:
    """``12 ngày``, ``7 tháng``, ``3 năm``: completed."""
    days, months = (end - start).days, months_between(start, end)
    if days < DAYS_UNTIL:
        return t("vaccines.lapse.days", number=days)
    if months < MONTHS_UNTIL:
        return t("vaccines.lapse.months", number=months)
    return t("vaccines.lapse.years", number=months // 12)


def due_text(due: Days, t: Messages) -> str:
    """``15/04/2026``, ``trong 03/2026``, ``khoảng 03/2026–02/2027`` where it is known in part."""
    if not due.width:
        return date_text(due.earliest.isoformat())
    whole_months = due.earliest.day == 1 and due.latest.day == monthrange(*due.latest.timetuple()[:2])[1]
    texts = (day.isoformat()[: 7 if whole_months else 10] for day in due)
    earliest, latest = map(date_text, texts)
    if earliest == latest:
        return t("vaccines.in", month=earliest)
    return t("vaccines.around", earliest=earliest, latest=latest)
