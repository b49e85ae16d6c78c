"""The sections of a summary: which entries of a chart are in it, how many at most, and what says that there
are none (https://hl7.org/fhir/uv/ips/)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from ehr.dates import months_before, span
from fhir_api.pages.formats import moment_text, number_text
from fhir_api.pages.languages import Messages
from fhir_api.pages.summary.rows import Row, Wording
from projections.health_record.chart import Chart

T = TypeVar("T")

ALWAYS = ("problems", "medicines", "allergies")
"""Sections that are there in any case."""

MOST = 50
"""Rows of one of these sections, and vaccinations."""

MOST_SERIES = 40
"""Measurements among results, and among vital signs, each with its newest values."""

MOST_DONE = 20
"""Past problems, procedures, orders."""

MOST_VISITS = MOST_REPORTS = 10

MONTHS = 12
"""So long a diagnosis is told that does not say whether it lasts."""

_NOT_SEEN = ("planned", "cancelled")
_PLANNED = ("active", "on-hold", "draft")


class Section(NamedTuple):
    """name: among the messages. title: in words. left_out: how many more rows the record has, "" for
    none. nothing: what an empty section says."""

    name: str
    title: str
    rows: Sequence[Row]
    left_out: str
    nothing: str


class _Part(NamedTuple):
    name: str
    rows: list[Row]
    total: int


def sections_of(chart: Chart, now: datetime, t: Messages) -> list[Section]:
    """In the order of the International Patient Summary. now: decides what is in use, and which vaccinations
    count."""
    return [
        Section(part.name, t(f"summary.{part.name}"), part.rows, _left_out(part, t), _nothing(chart, part, t))
        for part in _parts(chart, now, Wording(chart, now, t))
        if part.total or part.name in ALWAYS
    ]


def _parts(chart: Chart, now: datetime, words: Wording) -> list[_Part]:
    vital = [one for one in chart.series if one.category == "vital-signs"]
    measured = [one for one in chart.series if one.category != "vital-signs"]
    concluded = [d for d in chart.documents if d.origin.type == "DiagnosticReport" and d.conclusion]
    past = [one for one in chart.past_problems if one.latest.verification != "refuted"]
    recent = [one for one in chart.unstated_problems if _is_recent(chart.stated_at(one.latest), now)]
    seen = [one for one in chart.visits if one.status not in _NOT_SEEN]
    planned = [one for one in chart.orders if one.status in _PLANNED]
    medicines = [*chart.prohibited_medicines(now), *chart.current_medicines(now)]
    series = _part("results", words.series, measured, MOST_SERIES)
    reports = _part("results", words.report, concluded, MOST_REPORTS)
    return [
        _part("problems", words.problem, chart.present_problems, MOST),
        _part("medicines", words.medicine, medicines, MOST),
        _part("allergies", words.allergy, chart.known_allergies or chart.denied_allergies, MOST),
        _part("diagnoses", words.diagnosis, recent, MOST)._replace(total=len(chart.unstated_problems)),
        _part("past", words.problem, past, MOST_DONE),
        _part("immunisations", words.immunisation, chart.immunisations, MOST),
        _Part("results", series.rows + reports.rows, series.total + reports.total),
        _part("vital_signs", words.series, vital, MOST_SERIES),
        _part("procedures", words.act, chart.acts, MOST_DONE),
        _part("visits", words.visit, seen, MOST_VISITS),
        _part("plan", words.order, planned, MOST_DONE),
    ]


def _part(name: str, row: Callable[[T], Row], entries: Sequence[T], most: int) -> _Part:
    return _Part(name, [row(one) for one in entries[:most]], len(entries))


def _is_recent(stated: str | None, now: datetime) -> bool:
    """What has no date may be."""
    told = span(stated) if stated else None
    return told is None or told.end > months_before(now, MONTHS)


def _left_out(part: _Part, t: Messages) -> str:
    count = part.total - len(part.rows)
    if not count:
        return ""
    if part.name == "diagnoses":
        return t("summary.older_diagnoses", count=count)
    return t("summary.left_out", count=count)


def _nothing(chart: Chart, part: _Part, t: Messages) -> str:
    """What a section says that has no rows. That nothing is known cannot be said of an incomplete chart."""
    name = part.name
    if part.total:
        return _left_out(part, t)
    if not chart.standing.complete:
        return t("chart.none_shown")
    if name == "problems" and chart.problems:
        return t("chart.no_present")
    if name == "medicines" and chart.medicines:
        return t("chart.no_current")
    return t(f"chart.none.{name}") if name in ALWAYS else ""


def notices_of(chart: Chart, t: Messages) -> list[str]:
    """Why something may be missing, as the chart says it."""
    standing = chart.standing

    def told(key: str, number: int | None, name: str = "position", **more: str) -> list[str]:
        return [t(key, **{name: number_text(number, t.language)}, **more)] if number else []

    return [
        *told("chart.parked", standing.parked_since, moment=moment_text(standing.parked_at)),
        *told("chart.unlinked", standing.unlinked_since),
        *told("chart.behind", standing.behind, "count"),
        *_silence(chart, t),
    ]


def _silence(chart: Chart, t: Messages) -> list[str]:
    """Which facilities of this person have been silent beyond their rhythm."""
    silence = chart.standing.silence
    if silence is None or not silence.silent_ones:
        return []
    ones = [
        t(
            "facilities.silence.one",
            name=chart.whereabouts.of_sender(one.facility, one.name),
            last=moment_text(one.last_recorded),
            hours=number_text(one.usual_gap or 0, t.language),
        )
        for one in silence.silent_ones
    ]
    return [f"{t('facilities.silence.of_this_person')} {'; '.join(ones)}."]
