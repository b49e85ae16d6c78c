"""The insurance card of a person that is used at another facility on the same day."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ehr.formats.digits import compact
from ehr.formats.insurance_number import card_number
from ehr.masking import mask
from ehr.systems import INSURANCE_NUMBER
from projections.health_record.chart import Chart
from projections.health_record.kinds import Person, Visit
from projections.health_record.seen import NOT_SEEN
from projections.health_record.series import day_of
from projections.health_record.whereabouts import Facility, are_several


class Use(NamedTuple):
    """A visit with the card. at: FHIR date. patient: id of the Patient, where it is another person than the
    one of the chart, by all that is known."""

    facility: Facility | None
    at: str | None
    encounter: str
    patient: str | None = None


class Card(NamedTuple):
    """number: of the card or of the person alone, its middle hidden. uses: on one day, the newest first."""

    number: str
    uses: Sequence[Use]


def card_used(chart: Chart, day: date, others: Iterable[Use] = (), here: str | None = None) -> Card | None:
    """The card, where it was used on a day in Vietnam at two facilities, or at another one than ``here``.

    others: uses of the same card by Patients of other people on that day. here: the facility that asks, as
    facts name it; None where that is not known.
    """
    numbers = {number for person in chart.persons for number in numbers_of(person)}
    own = (
        Use(chart.facility(one), one.at, one.origin.id) for one in chart.visits if _with_card(chart, one, day)
    )
    uses = sorted((*own, *others), key=lambda use: use.at or "", reverse=True)
    facilities = [use.facility for use in uses if use.facility]
    if here:
        facilities.append(chart.whereabouts.of_sender(here))
    if not numbers or not uses or not are_several(facilities):
        return None
    return Card(mask(max(numbers, key=lambda number: (len(number), number))), uses)


def keys_of(chart: Chart) -> list[str]:
    """What the person's cards are found by: the last ten digits of each number, as projections.citizens keeps
    them."""
    return sorted(
        {key for person in chart.persons for number in numbers_of(person) if (key := key_of(number))}
    )


def numbers_of(person: Person) -> list[str]:
    """The insurance numbers of a Patient that are not out of use."""
    return [
        one.value
        for one in person.identifiers
        if (one.system == INSURANCE_NUMBER or one.type == "SB") and one.use != "old"
    ]


def key_of(number: str) -> str | None:
    """The ten digits of the person; None for what is no insurance number."""
    card = card_number(number)
    digits = card.person if card else compact(number)
    return digits if len(digits) == 10 and digits.isascii() and digits.isdigit() else None


def _with_card(chart: Chart, visit: Visit, day: date) -> bool:
    """Whether it began on the day and is stated of a Patient that bears a number."""
    if visit.status in NOT_SEEN or day_of(visit) != day.isoformat():
        return False
    patient = chart.sources.patient(visit.origin.reference)
    return any(numbers_of(one) for one in chart.persons if patient in (None, one.origin.id))
