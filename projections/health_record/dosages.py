"""How a medicine is to be taken, in words, and until when: https://hl7.org/fhir/R4/dosage.html"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

import msgspec

from ehr.dates import FIRST, ZONE, span
from projections.health_record.elements import (
    UNSTATED,
    Concept,
    Period,
    Quantity,
    Range,
    amount,
    extent,
    number,
    shown,
    words,
)

MOST_DAYS = 36_525
"""A course of a hundred years says nothing."""

_DAYS = {
    "min": Decimal(1) / 1440,
    "h": Decimal(1) / 24,
    **dict.fromkeys(("d", "day", "days", "ngày"), Decimal(1)),
    **dict.fromkeys(("wk", "week", "weeks", "tuần"), Decimal(7)),
    **dict.fromkeys(("mo", "month", "months", "tháng"), Decimal("30.4375")),
    **dict.fromkeys(("a", "year", "years", "năm"), Decimal("365.25")),
}
"""Days of the units of time of UCUM (https://ucum.org/ucum#para-31), and what is written in their place."""


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Timing, its repeat."""

    frequency: int | None = None
    period: msgspec.Raw = UNSTATED
    periodUnit: str | None = None
    boundsPeriod: Period = Period()
    boundsDuration: Quantity | None = None


class Timing(msgspec.Struct, frozen=True, gc=False):
    """The same, with its code."""

    repeat: Repeat = Repeat()
    code: Concept | None = None


class Dose(msgspec.Struct, frozen=True, gc=False):
    """Dosage.doseAndRate"""

    doseQuantity: Quantity | None = None
    doseRange: Range | None = None


class Dosage(msgspec.Struct, frozen=True, gc=False):
    """A Dosage, or that of a MedicationAdministration, which has one dose."""

    sequence: int | None = None
    text: str | None = None
    patientInstruction: str | None = None
    timing: Timing = Timing()
    route: Concept | None = None
    doseAndRate: tuple[Dose, ...] = ()
    dose: Quantity | None = None


def told(dosages: Sequence[Dosage]) -> str | None:
    """All of them in words."""
    return shown("; ".join(text for text in map(_said, dosages) if text))


def composed(dosages: Sequence[Dosage]) -> bool:
    """Whether that is put together of amounts, in no words of who prescribed it."""
    return not any(one.text or one.patientInstruction for one in dosages)


def ends_of(dosages: Sequence[Dosage], start: str | None) -> str | None:
    """The last day that dosages name, as a FHIR date; None unless each of them says how long it goes on.

    start: FHIR date on which the first begins. Those of different ``sequence`` follow each other.
    """
    ends: list[str] = []
    stages: dict[int | None, int] = {}
    for dosage in dosages:
        repeat = dosage.timing.repeat
        days = days_of(repeat.boundsDuration)
        if repeat.boundsPeriod.end:
            ends.append(repeat.boundsPeriod.end)
        elif days:
            stages[dosage.sequence] = max(days, stages.get(dosage.sequence, 0))
        else:
            return None
    if stages:
        after = days_after(start, sum(stages.values()))
        if after is None:
            return None
        ends.append(after)
    return max(ends, key=_ends, default=None)


def days_after(start: str | None, days: int | None) -> str | None:
    """The day in Vietnam that is so many days after a FHIR date; None where the day of that is not known."""
    meant = span(start) if start else None
    if not start or not meant or not days or days > MOST_DAYS or ("T" not in start and start.count("-") < 2):
        return None
    try:
        return (meant.start.astimezone(ZONE).date() + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def days_of(duration: Quantity | None, times: int = 1) -> int | None:
    """Days of a Duration, that many times, one that is begun for a whole one; None where it says none, more
    than MOST_DAYS, or only that they are more or fewer (https://hl7.org/fhir/R4/valueset-quantity-comparator.html)."""
    digits = number(duration.value) if duration and not duration.comparator else None
    unit = _DAYS.get((duration.code or duration.unit or "").lower()) if duration else None
    if digits is None or unit is None or times > MOST_DAYS:
        return None
    value = Decimal(digits)
    if not 0 < value <= MOST_DAYS * 1440 or value * unit * times > MOST_DAYS:
        return None
    return ceil(value * unit * times)


def _ends(date: str) -> datetime:
    meant = span(date)
    return meant.end if meant else FIRST


def _said(dosage: Dosage) -> str | None:
    """A dosage in its own words, or else its dose, timing and route; with how long at least or at most."""
    doses = [
        one for dose in dosage.doseAndRate for one in (amount(dose.doseQuantity), extent(dose.doseRange))
    ]
    own = dosage.text or dosage.patientInstruction
    composed = (*doses, amount(dosage.dose), _rhythm(dosage.timing), words(dosage.route))
    parts = ((own,) if own else composed, (_bound(dosage.timing),))
    return " · ".join(part for some in parts for part in some if part) or None


def _rhythm(timing: Timing) -> str | None:
    """``3 × / 1 d``; units are those of UCUM (https://hl7.org/fhir/R4/valueset-units-of-time.html)."""
    repeat = timing.repeat
    period = number(repeat.period)
    if period is None:
        return words(timing.code)
    return f"{repeat.frequency or 1} × / {period} {repeat.periodUnit or ''}".strip()


def _bound(timing: Timing) -> str | None:
    """``> 30 d``: how long it goes on at least or at most, which says no last day."""
    bound = timing.repeat.boundsDuration
    return amount(bound) if bound and bound.comparator else None
