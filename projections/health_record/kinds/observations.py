"""Results and vital signs: https://hl7.org/fhir/R4/observation.html"""

from collections.abc import Sequence

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    LOINC,
    UNSTATED,
    Concept,
    Period,
    Quantity,
    Range,
    Reference,
    Resource,
    Timing,
    between,
    code_of,
    coded,
    encounter_id,
    extent,
    first_event,
    number,
    shown,
    unit_of,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin


class Measure(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One value of an Observation or of a component of it.

    value: a number in the digits in which it was received, or words; None when absent says why there is none.
    numeric: it is a number. comparator: ``<``, ``<=``, ``>=`` or ``>`` where the true value is beyond it.
    unit: as printed; unit_code: what tells it from others (elements.unit_of). usual: reference range as
    printed; low, high: its ends in digits. flag: code of
    http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation, or words.
    """

    code: Coded
    value: str | None
    numeric: bool = False
    comparator: str | None = None
    unit: str | None = None
    unit_code: str | None = None
    usual: str | None = None
    low: str | None = None
    high: str | None = None
    flag: str | None = None
    absent: str | None = None

    @property
    def by_ends(self) -> bool:
        """Whether the range is printed by its ends alone, not in words of the facility."""
        return self.usual is not None and self.usual == between(self.low, self.high)


class Result(Entry, frozen=True, tag=7, gc=False):
    """One Observation. code: of the whole; measures: of its value and of its components."""

    code: Coded
    status: str | None
    category: str | None
    measures: list[Measure]
    by: Named | None


class _SampledData(msgspec.Struct, frozen=True, gc=False):
    data: str | None = None


class _Ratio(msgspec.Struct, frozen=True, gc=False):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class _ReferenceRange(msgspec.Struct, frozen=True, gc=False):
    low: Quantity | None = None
    high: Quantity | None = None
    type: Concept | None = None
    text: str | None = None


class _Measured(Resource, frozen=True, kw_only=True, gc=False):
    """What an Observation and its components have in common."""

    code: Concept | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: Concept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: msgspec.Raw = UNSTATED
    valueRange: Range | None = None
    valueRatio: _Ratio | None = None
    valueSampledData: _SampledData | None = None
    valueTime: str | None = None
    valueDateTime: str | None = None
    valuePeriod: Period | None = None
    dataAbsentReason: Concept | None = None
    interpretation: tuple[Concept, ...] = ()
    referenceRange: tuple[_ReferenceRange, ...] = ()


class _Observation(_Measured, frozen=True, kw_only=True, gc=False):
    status: str | None = None
    category: tuple[Concept, ...] = ()
    encounter: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period = Period()
    effectiveTiming: Timing | None = None
    effectiveInstant: str | None = None
    issued: str | None = None
    performer: tuple[Reference, ...] = ()
    component: tuple[_Measured, ...] = ()


_decode = msgspec.json.Decoder(_Observation).decode


def result(body: bytes, origin: Origin) -> Result | None:
    """Reads an Observation."""
    stated = _decode(body)
    if stated.status == "entered-in-error":
        return None
    return Result(
        origin,
        _when(stated),
        encounter_id(stated.encounter),
        coded(stated.code, LOINC),
        stated.status,
        next(filter(None, map(code_of, stated.category)), None),
        _measures(stated),
        next((named(one, stated) for one in stated.performer), None),
    )


def _when(stated: _Observation) -> str | None:
    return (
        stated.effectiveDateTime
        or stated.effectivePeriod.start
        or stated.effectivePeriod.end
        or stated.effectiveInstant
        or first_event(stated.effectiveTiming)
        or stated.issued
    )


def _measures(stated: _Observation) -> list[Measure]:
    """The value of its own, unless there are only components."""
    own = _measure(stated)
    if not stated.component:
        return [own]
    parts = [_measure(component) for component in stated.component]
    return parts if own.value is None else [own, *parts]


def _measure(stated: _Measured) -> Measure:
    quantity = stated.valueQuantity
    if quantity is None:
        digits = number(stated.valueInteger)
        quantity = _NO_QUANTITY
    else:
        digits = number(quantity.value)
    unit = unit_of(quantity)
    low, high, usual = _usual(stated.referenceRange, unit) if stated.referenceRange else _NO_RANGE
    return Measure(
        coded(stated.code, LOINC),
        digits or _said(stated),
        digits is not None,
        quantity.comparator,
        shown(quantity.unit or quantity.code),
        unit,
        usual,
        low,
        high,
        _flag(stated.interpretation) if stated.interpretation else None,
        words(stated.dataAbsentReason),
    )


_NO_QUANTITY = Quantity()
_NO_RANGE = (None, None, None)


def _flag(interpretations: Sequence[Concept]) -> str | None:
    flags = (code_of(one) or words(one) for one in interpretations)
    return next((flag for flag in flags if flag), None)


def _said(stated: _Measured) -> str | None:
    """A value that is not a number, in words."""
    return (
        words(stated.valueCodeableConcept)
        or shown(stated.valueString)
        or _TRUTH[stated.valueBoolean]
        or extent(stated.valueRange)
        or _ratio(stated.valueRatio)
        or stated.valueTime
        or stated.valueDateTime
        or _span(stated.valuePeriod)
        or (shown(stated.valueSampledData.data) if stated.valueSampledData else None)
    )


_TRUTH = {None: None, True: "true", False: "false"}


def _span(period: Period | None) -> str | None:
    return between(period.start, period.end) if period else None


def _ratio(ratio: _Ratio | None) -> str | None:
    """``1 : 128``, with units where they are stated."""
    if ratio is None:
        return None
    ends = (ratio.numerator, ratio.denominator)
    return shown(" : ".join(text for text in (_plain(end) for end in ends) if text))


def _plain(quantity: Quantity | None) -> str | None:
    if quantity is None:
        return None
    parts = (quantity.comparator, number(quantity.value), quantity.unit)
    return " ".join(part for part in parts if part) or None


def _usual(ranges: Sequence[_ReferenceRange], unit: str | None) -> tuple[str | None, str | None, str | None]:
    """(low, high, as printed) of the normal range: the first that is not of another type. Its ends in another
    unit than the value's are only printed."""
    normal = [one for one in ranges if code_of(one.type) in (None, "normal")]
    for one in normal or ranges:
        ends = [end for end in (one.low, one.high) if end]
        printed = shown(one.text) or extent(Range(one.low, one.high))
        if any(unit_of(end) not in (None, unit) for end in ends):
            return None, None, printed
        low, high = (number(end.value) if end else None for end in (one.low, one.high))
        return low, high, shown(one.text) or between(low, high)
    return _NO_RANGE
