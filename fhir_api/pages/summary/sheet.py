"""All that a summary on paper says: who it is, the sections, as of when, and who has printed it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from fhir_api.pages.chart.banner import Banner, banner_of
from fhir_api.pages.chart.words import Said, sayer
from fhir_api.pages.formats import date_text, moment_text, number_text
from fhir_api.pages.languages import Messages
from fhir_api.pages.summary.sections import Section, notices_of, sections_of
from projections.health_record.chart import Chart
from projections.health_record.kinds import Allergy
from projections.health_record.problems import OVER

MOST_NAMED = 6
"""Allergies that are named at the head of each page; their section has more."""


LONGEST_NAMED = 32
"""Characters of such a name: all of them have room on the three lines that a page gives them."""


class Sheet(NamedTuple):
    """In words of one language. facts: birth, age, sex, death, numbers. allergies: the state, and which.
    notices: why something may be missing. printed: by whom, and when."""

    name: str
    facts: Sequence[str]
    allergies: str
    notices: Sequence[str]
    as_of: str
    sections: Sequence[Section]
    printed: str


def sheet_of(chart: Chart, now: datetime, t: Messages, who: Sequence[str | None]) -> Sheet:
    """who: prints it, person and facility, None where that is not known."""
    banner = banner_of(chart, now, t)
    printed_by = ", ".join(filter(None, who)) or t("summary.nobody")
    return Sheet(
        banner.name or t("chart.nameless"),
        list(facts_of(banner, t)),
        allergies_of(banner, t),
        notices_of(chart, t),
        _as_of(chart, now, t),
        sections_of(chart, now, t),
        t("summary.printed", who=printed_by, when=moment_text(now)),
    )


def facts_of(banner: Banner, t: Messages) -> Iterator[str]:
    """Who it is beside the name. Numbers are told whole: they are what another facility goes by."""
    person = banner.person
    if banner.deceased:
        yield t("chart.deceased_on", date=date_text(banner.died)) if banner.died else t("chart.deceased")
    if person is None:
        yield t("chart.unregistered")
        return
    age = f" ({banner.age})" if banner.age else ""
    yield (
        t("chart.born", date=date_text(person.birth_date)) + age
        if person.birth_date
        else t("chart.born_unknown")
    )
    yield t(f"sex.{person.gender}") if person.gender else t("sex.missing")
    for number in banner.main_numbers:
        label = number.label if number.kind == "other" else None
        yield f"{label or t(f'chart.number.{number.kind}')} {number.value}"
    if not person.active:
        yield t("chart.inactive")


def allergies_of(banner: Banner, t: Messages) -> str:
    """In one of four states, never blank."""
    state = t(f"chart.allergy_state.{banner.allergy_state}")
    said = sayer(t.language)
    named = [_named(one, said) for one in sorted(banner.allergies, key=_weight)]
    more = [t("summary.more_allergies", count=len(named) - MOST_NAMED)] if len(named) > MOST_NAMED else []
    perhaps = [t("chart.allergy_state.perhaps_more")] if banner.perhaps_more and named else []
    return ": ".join(filter(None, (state, "; ".join(named[:MOST_NAMED] + more + perhaps))))


def _weight(one: Allergy) -> tuple[bool, bool]:
    """Those that are over go last, dangerous ones first."""
    return one.clinical in OVER, not (one.criticality == "high" or one.severity == "severe")


def _named(one: Allergy, said: Said) -> str:
    name = one.code.text or one.code.code or "?"
    name = name if len(name) <= LONGEST_NAMED else f"{name[:LONGEST_NAMED]}…"
    return f"{name} ({said('allergy_clinical', one.clinical)})" if one.clinical in OVER else name


def _as_of(chart: Chart, now: datetime, t: Messages) -> str:
    standing = chart.standing
    if standing.last_updated is None:
        return t("chart.as_of_nothing", now=moment_text(now))
    position, recorded = number_text(standing.position, t.language), moment_text(standing.last_updated)
    return t("chart.as_of", now=moment_text(now), position=position, recorded=recorded)
