"""Entries of a chart in words, one row each, as a summary tells them: on a page, on paper, in a document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from ehr.dates import ZONE
from fhir_api.pages.chart.vaccines import not_counted
from fhir_api.pages.chart.words import sayer, told
from fhir_api.pages.formats import amounts_text, date_text, digits_text, moment_text
from fhir_api.pages.languages import Messages
from projections.health_record.chart import Chart
from projections.health_record.entry import Coded
from projections.health_record.kinds import (
    Act,
    Allergy,
    AnyEntry,
    Document,
    Immunisation,
    Measure,
    Medicine,
    Order,
    Problem,
    Visit,
)
from projections.health_record.lateness import Lateness
from projections.health_record.repeated import Repeated
from projections.health_record.series import Point, Series
from projections.health_record.vaccinations import vaccinations_of

MOST_VALUES = 3
"""Values of a series: the newest."""

NOT_PRESCRIBED = frozenset({"proposal", "plan", "option"})
"""Intents of requests that nobody may act on yet (https://hl7.org/fhir/R4/valueset-medicationrequest-intent.html)."""

_on, _when = told(date_text), told(moment_text)


class Row(NamedTuple):
    """entries: whose resources say it. what: it is. more: about it. where: facility, and who."""

    entries: Sequence[AnyEntry]
    what: str
    more: str
    when: str
    where: str


class Wording:
    """Makes rows of the entries of one chart."""

    def __init__(self, chart: Chart, now: datetime, t: Messages) -> None:
        """now: on this day vaccinations are held against the schedule. t: in this language."""
        self._chart = chart
        self._now = now
        self._t = t
        self._said = sayer(t.language)

    def problem(self, repeated: Repeated[Problem]) -> Row:
        """A problem, as it was stated last, and every facility that states it."""
        one, times = repeated.latest, len(repeated.all)
        decided = self._chart.deciding(repeated)
        more = (
            self._state(decided, decided is not one),
            self._unless("verification", one.verification, "confirmed"),
            one.severity,
            self._dated("chart.abated", one.abated),
            self._t("chart.times", count=times) if times > 1 else "",
        )
        stated = [str(each.facility or self._t("chart.nowhere")) for each in self._chart.stated_by(repeated)]
        who = self._chart.name(one.source) or self._chart.seen_by(one)
        row = self._row(one, _coded(repeated.code), more, one.onset or one.at)
        entries = [one] if decided is one else [one, decided]
        return row._replace(entries=entries, where=_joined(", ".join(stated), who))

    def diagnosis(self, repeated: Repeated[Problem]) -> Row:
        """One of which nobody says whether it lasts: when it was stated tells most of it."""
        stated = self._chart.stated_at(repeated.latest)
        return self.problem(repeated)._replace(when=_on(stated) or self._t("chart.undated"))

    def medicine(self, one: Medicine) -> Row:
        """A request or statement of a medicine: until when and by whom, too."""
        name = self._chart.medicine_name(one) or "?"
        forbidden = f"{self._t('chart.forbidden')}: " if one.forbidden else ""
        what = forbidden + _coded(Coded(name, one.code.system, one.code.code))
        more = (
            self._said("intent", one.intent) if one.intent in NOT_PRESCRIBED else "",
            amounts_text(one.dosage, self._t.language) if one.dosage and one.composed else one.dosage,
            self._dated("chart.until", one.until) or self._t("chart.until_unknown"),
            self._unless("status", one.status, "active"),
            "; ".join(one.reasons),
            one.note,
        )
        return self._row(one, what, more, one.at, self._prescriber(one))

    def allergy(self, one: Allergy) -> Row:
        """An allergy, or the statement that none is known."""
        denied = f"{self._t('chart.denied')}: " if one.denies else ""
        more = (
            ", ".join(one.reactions),
            self._said("severity", one.severity),
            self._said("criticality", one.criticality),
            "" if one.denies else self._said("allergy_clinical", one.clinical),
            self._unless("verification", one.verification, "confirmed"),
        )
        return self._row(one, denied + _coded(one.code), more, one.at, self._chart.name(one.source))

    def immunisation(self, one: Immunisation) -> Row:
        """A vaccination, given or not; whether it counts, as the chart says it."""
        more = (
            self._not_counted.get(one.origin.reference),
            self._unless("status", one.status, "completed"),
            one.why_not,
            f"{self._t('chart.dose')} {one.dose}" if one.dose else "",
            ", ".join(one.targets),
            f"{self._t('chart.lot')} {one.lot}" if one.lot else "",
        )
        return self._row(one, _coded(one.code), more, one.at, self._chart.name(one.by))

    def series(self, one: Series) -> Row:
        """The newest values of one measurement, the latest first."""
        points = one.points[:MOST_VALUES]
        latest, *before = points
        values = [self._value(latest), *(self._former(point) for point in before)]
        usual = f"({self._t('chart.range').lower()} {self._usual(one.judged)})" if one.judged else ""
        row = self._row(latest.result, _coded(one.code), ["; ".join(values), usual], latest.result.at)
        return row._replace(entries=[point.result for point in points])

    def report(self, one: Document) -> Row:
        """A report, by its conclusion."""
        return self._row(
            one, one.title or one.category or "?", [one.conclusion], one.at, self._chart.name(one.author)
        )

    def act(self, one: Act) -> Row:
        """A procedure."""
        more = (self._unless("status", one.status, "completed"), one.outcome, "; ".join(one.reasons))
        return self._row(one, _coded(one.code), more, one.at, self._chart.name(one.by))

    def visit(self, one: Visit) -> Row:
        """An encounter: why, and what was found."""
        reasons = [name for name in map(self._chart.name, one.reasons) if name]
        found = [_coded(diagnosed.code) for diagnosed in self._chart.diagnoses(one)]
        more = (self._unless("status", one.status, "finished"), "; ".join(found), one.outcome)
        what = "; ".join(reasons) or ", ".join(one.types) or self._said("kind", one.kind) or "–"
        row = self._row(one, what, more, one.at, self._chart.name(next(iter(one.practitioners), None)))
        return row._replace(when=_when(one.at) or row.when)

    def order(self, one: Order) -> Row:
        """An order or a referral."""
        marks = [
            self._t("chart.not_to_do") if one.forbidden else "",
            self._t("chart.referral") if one.referral else "",
        ]
        to = [str(facility) for facility in map(self._chart.whereabouts.of_named, one.to) if facility]
        more = (
            self._t("chart.to", name=", ".join(to)) if to else "",
            self._unless("priority", one.priority, "routine"),
            self._said("status", one.status),
            "; ".join(one.reasons),
            one.note,
        )
        what = ": ".join([*filter(None, marks), _coded(one.code)])
        return self._row(one, what, more, one.at, self._chart.name(one.by))

    def _row(
        self, entry: AnyEntry, what: str, more: Sequence[str | None], at: str | None, who: str | None = None
    ) -> Row:
        where = _joined(str(self._chart.facility(entry) or self._t("chart.nowhere")), who)
        modified = self._t("chart.modified") if entry.origin.modified else ""
        return Row(
            [entry],
            what,
            _joined(modified, self._late(entry), *more),
            _on(at) or self._t("chart.undated"),
            where,
        )

    @cached_property
    def _not_counted(self) -> Mapping[str, str]:
        return not_counted(vaccinations_of(self._chart, self._now.astimezone(ZONE).date()), self._t)

    def _prescriber(self, one: Medicine) -> str | None:
        """Who prescribed it, handed it out or gave it, else who saw the person then."""
        if one.by:
            return f"{self._said('doer', one.origin.type)}: {self._chart.name(one.by)}"
        seen_by = self._chart.seen_by(one)
        return f"{self._t('chart.practitioners')}: {seen_by}" if seen_by else None

    def _value(self, point: Point) -> str:
        measure = point.measure
        if measure.value is None:
            return measure.absent or "–"
        value = self._digits(measure.value) if measure.numeric else self._said("said", measure.value)
        flag = f"({self._said('flag', point.flag)})" if point.flag and point.flag != "N" else None
        return " ".join(filter(None, (f"{measure.comparator or ''}{value}", measure.unit, flag)))

    def _usual(self, measure: Measure) -> str:
        usual = measure.usual or ""
        return self._digits(usual) if measure.by_ends else usual

    def _digits(self, text: str) -> str:
        return digits_text(text, self._t.language)

    def _former(self, point: Point) -> str:
        late = self._late(point.result)
        return f"{_on(point.day)}: {self._value(point)}{f' ({late})' if late else ''}"

    def _late(self, entry: AnyEntry) -> str:
        """When it was recorded, if another facility had to act without it."""
        if self._chart.lateness(entry) is not Lateness.LATE:
            return ""
        return self._t("chart.lateness.late", recorded=_when(entry.origin.recorded_at))

    def _unless(self, group: str, code: str | None, usual: str) -> str:
        """What a code is called, unless it is the usual one."""
        return "" if code == usual else self._said(group, code)

    def _state(self, one: Problem, earlier: bool) -> str:
        state, stated = self._said("clinical", one.clinical), self._chart.stated_at(one)
        if not state or not earlier:
            return state
        return self._t("chart.state_as_of", state=state, date=_on(stated) or self._t("chart.undated"))

    def _dated(self, key: str, text: str | None) -> str:
        return self._t(key, date=_on(text)) if text else ""


def _coded(coded: Coded) -> str:
    """``Đái tháo đường típ 2 (E11.9)``"""
    text = coded.text or coded.code or "?"
    return f"{text} ({coded.code})" if coded.code and coded.code != text else text


def _joined(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))
