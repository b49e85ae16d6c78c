"""The Patients that are the person of a chart, why they are, and which others may be."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from ehr.dates import ZONE
from ehr.linking import LINKS, State
from fhir_api.pages.chart.ages import age_on
from fhir_api.pages.chart.numbers import ShownNumber, in_banner, numbers_of
from fhir_api.pages.chart.words import age_text
from fhir_api.pages.languages import Messages
from fhir_api.pages.review.words import telling
from projections.health_record.chart import Chart
from projections.health_record.kinds import Person
from projections.health_record.sources import Source
from projections.health_record.whereabouts import Facility
from projections.links.queries import Decision

WAITING = frozenset({State.PROPOSED, State.POSTPONED})
"""Somebody is to say whether they are one person."""


class OnePatient(NamedTuple):
    """A Patient of the person. age: in words. differs: what another says than the one that is shown above:
    ``name``, ``birth_date`` or ``gender``."""

    source: Source
    facility: Facility | None
    age: str
    numbers: Sequence[ShownNumber]
    differs: frozenset[str]


class Link(NamedTuple):
    """The decision that two Patients are one person. numbers: which of those that are listed. evidence: in
    sentences."""

    decision: Decision
    numbers: Sequence[int]
    evidence: Sequence[str]


class People(NamedTuple):
    """patients: where there are several. links: what makes them one; waiting: decisions about others that may
    be, too."""

    patients: Sequence[OnePatient]
    links: Sequence[Link]
    waiting: Sequence[Decision]


def people_of_chart(chart: Chart, decisions: Iterable[Decision], now: datetime, t: Messages) -> People:
    """decisions: the last one about every pair to which one of the Patients belongs. now: for ages."""
    decided = list(decisions)
    today = now.astimezone(ZONE).date()
    return People(
        [_patient(chart, one, today, t) for one in chart.patients],
        [_link(chart, one, t) for one in decided if one.state in LINKS],
        [one for one in decided if one.state in WAITING and not _is_one_already(chart, one)],
    )


def _link(chart: Chart, decision: Decision, t: Messages) -> Link:
    numbers = map(chart.sources.number_of, decision.pair)
    evidence = [one.text for one in telling(decision.evidence, t)]
    return Link(decision, sorted(number for number in numbers if number), evidence)


def _is_one_already(chart: Chart, decision: Decision) -> bool:
    """Whether both are this person, over others."""
    return {decision.subject, decision.other} <= {*chart.sources.subjects}


def _patient(chart: Chart, source: Source, today: date, t: Messages) -> OnePatient:
    person = source.person
    if person is None:
        return OnePatient(source, None, "", (), frozenset())
    age = "" if person.deceased else age_text(age_on(person.birth_date, today), t)
    numbers = in_banner(numbers_of(person.identifiers))
    return OnePatient(source, chart.facility(person), age, numbers, _differing(person, chart.person))


def _differing(person: Person, shown: Person | None) -> frozenset[str]:
    fields = ("name", "birth_date", "gender")
    stated = (name for name in fields if getattr(person, name))
    return frozenset(name for name in stated if shown and getattr(person, name) != getattr(shown, name))
