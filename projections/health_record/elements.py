"""The parts of FHIR R4 that this view reads, as msgspec decodes them from a resource's text.

Whatever is not named here is skipped without being built. Numbers keep their text, because their digits mean
precision (https://hl7.org/fhir/R4/datatypes.html#decimal). Intake has checked the types; every element may be
absent, and null may stand in lists of primitives (https://hl7.org/fhir/R4/json.html#primitive).
"""

import re
from collections.abc import Iterable

import msgspec

from ehr.values import ID
from projections.health_record.entry import Coded

LONGEST = 400
"""Characters of a text that are shown; what is longer ends with an ellipsis and is read in the resource."""

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

UNSTATED = msgspec.Raw()
"""Stands for a number that a resource does not state."""

_LOCAL = re.compile(rf"([A-Z][A-Za-z]+/{ID.pattern})(?:/_history/{ID.pattern})?")


class Coding(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Coding"""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#CodeableConcept"""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/references.html#Reference"""

    reference: str | None = None
    display: str | None = None


class Period(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Period"""

    start: str | None = None
    end: str | None = None


class Timing(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Timing"""

    event: tuple[str | None, ...] = ()


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Quantity; of Age and Duration too."""

    value: msgspec.Raw = UNSTATED
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None
    system: str | None = None


class Range(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Range"""

    low: Quantity | None = None
    high: Quantity | None = None


class Identifier(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Identifier"""

    use: str | None = None
    type: Concept | None = None
    system: str | None = None
    value: str | None = None


class Annotation(msgspec.Struct, frozen=True, gc=False):
    """https://hl7.org/fhir/R4/datatypes.html#Annotation"""

    text: str | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every resource that is read here may have."""

    contained: tuple[msgspec.Raw, ...] = ()


def shown(text: str | None) -> str | None:
    """The text without blanks around it and not too long; None for an empty one."""
    if not text:
        return None
    text = text.strip()
    return (text if len(text) <= LONGEST else f"{text[:LONGEST]}…") or None


def words(concept: Concept | None) -> str | None:
    """What a concept says to a person: its text, else the name of a coding, else a code."""
    if concept is None:
        return None
    if concept.text:
        return shown(concept.text)
    for coding in concept.coding:
        if coding.display:
            return shown(coding.display)
    return code_of(concept)


def coded(concept: Concept | None, preferred: str | None = None) -> Coded:
    """A concept as entries keep it: by its first coding, or the first of the preferred system, in which
    facilities with codes of their own meet."""
    if concept is None:
        return NOT_CODED
    codings = [coding for coding in concept.coding if coding.code]
    common = (coding for coding in codings if preferred and coding.system == preferred)
    coding = next(common, codings[0] if codings else Coding())
    return Coded(words(concept), shown(coding.system) if coding.code else None, shown(coding.code))


NOT_CODED = Coded()


def all_words(concepts: Iterable[Concept]) -> list[str]:
    """What each concept says, but for those that say nothing."""
    return [text for text in map(words, concepts) if text]


def code_of(concept: Concept | None) -> str | None:
    """The first code of a concept, whatever its system: for elements bound to one small value set."""
    if concept is not None:
        for coding in concept.coding:
            if coding.code:
                return shown(coding.code)
    return None


def number(raw: msgspec.Raw) -> str | None:
    """A JSON number as it is written."""
    return bytes(raw).decode() if raw is not UNSTATED else None


def amount(quantity: Quantity | None) -> str | None:
    """A quantity in words: ``≤ 2.50 mg``."""
    if quantity is None:
        return None
    parts = (quantity.comparator, number(quantity.value), quantity.unit or quantity.code)
    return shown(" ".join(part for part in parts if part))


def unit_of(quantity: Quantity) -> str | None:
    """What tells a unit from others: its code of UCUM, else its code with the system, else as printed."""
    if quantity.code and quantity.system not in (None, UCUM):
        return shown(f"{quantity.system}|{quantity.code}")
    return shown(quantity.code or quantity.unit)


def extent(span: Range | None) -> str | None:
    """A range in words: ``5–10 mg``; with one end open ``≥ 5 mg``."""
    if span is None:
        return None
    low, high = (number(end.value) if end else None for end in (span.low, span.high))
    units = (end.unit or end.code for end in (span.low, span.high) if end)
    unit = next(filter(None, units), None)
    return shown(" ".join(part for part in (between(low, high), unit) if part))


def between(low: str | None, high: str | None) -> str | None:
    """``5–10``, ``≥ 5``, ``≤ 10``; None when both ends are open."""
    if low and high:
        return f"{low}–{high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else None


def first_event(timing: Timing | None) -> str | None:
    """The first time that a timing lists."""
    return next(filter(None, timing.event), None) if timing else None


def literal(reference: Reference | None) -> str | None:
    """``Type/id`` of a reference to this server, without a version; None for any other."""
    if reference is None or reference.reference is None:
        return None
    local = _LOCAL.fullmatch(reference.reference)
    return local[1] if local else None


def all_literal(references: Iterable[Reference]) -> list[str]:
    """``Type/id`` of each that is a reference to this server."""
    return [target for target in map(literal, references) if target]


def encounter_id(reference: Reference | None) -> str | None:
    """The id of the Encounter that is referred to; None for anything else."""
    target = literal(reference)
    return target[len("Encounter/") :] if target and target.startswith("Encounter/") else None
