"""Who the chart is about and what must not be overlooked: always in view."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ehr.dates import ZONE, span
from fhir_api.pages.chart.ages import age_on
from fhir_api.pages.chart.numbers import ShownNumber, in_banner, numbers_of
from fhir_api.pages.chart.words import age_text
from fhir_api.pages.languages import Messages
from projections.health_record.chart import AllergyState, Chart
from projections.health_record.kinds import Allergy, Person

UNAVAILABLE = "unavailable"


class Banner(NamedTuple):
    """name: None where none is known. age: in words, at death for the deceased. died: FHIR date or None.

    allergy_state: one of AllergyState or ``unavailable``. allergies: those to name beside it. perhaps_more:
    the view is not complete, so there may be others.
    """

    person: Person | None
    name: str | None
    age: str
    deceased: bool
    died: str | None
    numbers: Sequence[ShownNumber]
    main_numbers: Sequence[ShownNumber]
    allergy_state: str
    allergies: Sequence[Allergy]
    perhaps_more: bool


def banner_of(chart: Chart, now: datetime, t: Messages) -> Banner:
    """now: for the age. Whom any of the Patients states to be dead is."""
    person = chart.person
    stated = next((one.deceased for one in chart.persons if one.deceased), None)
    died = stated if stated != "true" else None
    numbers = numbers_of(person.identifiers) if person else []
    state, allergies = _allergies(chart)
    return Banner(
        person,
        person.name if person else None,
        _age(person, stated, died, now, t),
        stated is not None,
        died,
        numbers,
        in_banner(numbers),
        state,
        allergies,
        not chart.standing.complete,
    )


def _age(person: Person | None, stated: str | None, died: str | None, now: datetime, t: Messages) -> str:
    """Of somebody who died at an unknown time no age is told."""
    if person is None or (stated and died is None):
        return ""
    end = span(died) if died else None
    day = (end.start if end else now).astimezone(ZONE).date()
    return age_text(age_on(person.birth_date, day), t)


def _allergies(chart: Chart) -> tuple[str, Sequence[Allergy]]:
    """What is known stays known in an incomplete view; that nothing is known cannot be said of one."""
    state = chart.allergy_state
    if state is AllergyState.KNOWN:
        return state, chart.known_allergies
    if not chart.standing.complete:
        return UNAVAILABLE, ()
    return state, chart.denied_allergies
