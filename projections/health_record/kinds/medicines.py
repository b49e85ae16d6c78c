"""Medicines asked for, handed out, taken and given:
https://hl7.org/fhir/R4/medicationrequest.html, …/medicationdispense.html, …/medicationstatement.html and
…/medicationadministration.html"""

from collections.abc import Sequence

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    UNSTATED,
    Annotation,
    Concept,
    Period,
    Quantity,
    Range,
    Reference,
    Resource,
    all_words,
    amount,
    coded,
    encounter_id,
    extent,
    number,
    shown,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin


class Medicine(Entry, frozen=True, tag=4, gc=False):
    """One request, dispense, statement or administration (``origin.type``) of a medicine.

    name: where the medicine is stated by reference. until: FHIR date on which it ends. intent: of a request.
    forbidden: a request *not* to give it, or one that was not done. by: who asked for, handed out or gave it.
    """

    code: Coded
    name: Named | None
    status: str | None
    intent: str | None
    forbidden: bool
    dosage: str | None
    until: str | None
    by: Named | None
    reasons: list[str]
    note: str | None


class _Repeat(msgspec.Struct, frozen=True, gc=False):
    frequency: int | None = None
    period: msgspec.Raw = UNSTATED
    periodUnit: str | None = None
    boundsPeriod: Period | None = None


class _Timing(msgspec.Struct, frozen=True, gc=False):
    repeat: _Repeat = _Repeat()
    code: Concept | None = None


class _Dose(msgspec.Struct, frozen=True, gc=False):
    doseQuantity: Quantity | None = None
    doseRange: Range | None = None


class _Dosage(msgspec.Struct, frozen=True, gc=False):
    text: str | None = None
    patientInstruction: str | None = None
    timing: _Timing = _Timing()
    route: Concept | None = None
    doseAndRate: tuple[_Dose, ...] = ()
    dose: Quantity | None = None


class _Medication(Resource, frozen=True, kw_only=True, gc=False):
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    status: str | None = None
    reasonCode: tuple[Concept, ...] = ()
    note: tuple[Annotation, ...] = ()


class _Dispensing(msgspec.Struct, frozen=True, gc=False):
    validityPeriod: Period = Period()


class _Request(_Medication, frozen=True, kw_only=True, gc=False):
    intent: str | None = None
    doNotPerform: bool = False
    encounter: Reference | None = None
    authoredOn: str | None = None
    requester: Reference | None = None
    dosageInstruction: tuple[_Dosage, ...] = ()
    dispenseRequest: _Dispensing = _Dispensing()


class _Performer(msgspec.Struct, frozen=True, gc=False):
    actor: Reference | None = None


class _Use(_Medication, frozen=True, kw_only=True, gc=False):
    """Statement and administration, with a list of dosages and one dosage in turn."""

    context: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period = Period()
    performer: tuple[_Performer, ...] = ()


class _Statement(_Use, frozen=True, kw_only=True, gc=False):
    dateAsserted: str | None = None
    informationSource: Reference | None = None
    dosage: tuple[_Dosage, ...] = ()


class _Administration(_Use, frozen=True, kw_only=True, gc=False):
    dosage: _Dosage = _Dosage()


class _Dispense(_Medication, frozen=True, kw_only=True, gc=False):
    context: Reference | None = None
    whenPrepared: str | None = None
    whenHandedOver: str | None = None
    performer: tuple[_Performer, ...] = ()
    dosageInstruction: tuple[_Dosage, ...] = ()


_request = msgspec.json.Decoder(_Request).decode
_statement = msgspec.json.Decoder(_Statement).decode
_administration = msgspec.json.Decoder(_Administration).decode
_dispense = msgspec.json.Decoder(_Dispense).decode


def requested(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationRequest."""
    stated = _request(body)
    return _entry(
        stated,
        origin,
        at=stated.authoredOn,
        encounter=stated.encounter,
        dosages=stated.dosageInstruction,
        until=stated.dispenseRequest.validityPeriod.end or _bound(stated.dosageInstruction),
        by=stated.requester,
        intent=stated.intent,
        forbidden=stated.doNotPerform,
    )


def dispensed(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationDispense."""
    stated = _dispense(body)
    return _entry(
        stated,
        origin,
        at=stated.whenHandedOver or stated.whenPrepared,
        encounter=stated.context,
        dosages=stated.dosageInstruction,
        until=_bound(stated.dosageInstruction),
        by=_first_actor(stated.performer),
    )


def taken(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationStatement."""
    stated = _statement(body)
    return _entry(
        stated,
        origin,
        at=stated.effectiveDateTime or stated.effectivePeriod.start or stated.dateAsserted,
        encounter=stated.context,
        dosages=stated.dosage,
        until=stated.effectivePeriod.end or _bound(stated.dosage),
        by=stated.informationSource,
        forbidden=stated.status == "not-taken",
    )


def given(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationAdministration."""
    stated = _administration(body)
    return _entry(
        stated,
        origin,
        at=stated.effectiveDateTime or stated.effectivePeriod.start,
        encounter=stated.context,
        dosages=[stated.dosage],
        until=stated.effectivePeriod.end,
        by=_first_actor(stated.performer),
        forbidden=stated.status == "not-done",
    )


def _entry(
    stated: _Medication,
    origin: Origin,
    *,
    at: str | None,
    encounter: Reference | None,
    dosages: Sequence[_Dosage],
    until: str | None,
    by: Reference | None,
    intent: str | None = None,
    forbidden: bool = False,
) -> Medicine | None:
    if stated.status == "entered-in-error":
        return None
    return Medicine(
        origin,
        at,
        encounter_id(encounter),
        coded(stated.medicationCodeableConcept),
        named(stated.medicationReference, stated),
        stated.status,
        intent,
        forbidden,
        shown("; ".join(text for text in map(_said, dosages) if text)),
        until,
        named(by, stated),
        all_words(stated.reasonCode),
        shown("; ".join(note.text for note in stated.note if note.text)),
    )


def _said(dosage: _Dosage) -> str | None:
    """A dosage in its own words, or else its dose, timing and route side by side."""
    doses = [
        one for dose in dosage.doseAndRate for one in (amount(dose.doseQuantity), extent(dose.doseRange))
    ]
    parts = (*doses, amount(dosage.dose), _rhythm(dosage.timing), words(dosage.route))
    composed = " · ".join(part for part in parts if part)
    return dosage.text or dosage.patientInstruction or composed or None


def _rhythm(timing: _Timing) -> str | None:
    """``3 × / 1 d``; units are those of UCUM (https://hl7.org/fhir/R4/valueset-units-of-time.html)."""
    repeat = timing.repeat
    period = number(repeat.period)
    if period is None:
        return words(timing.code)
    return f"{repeat.frequency or 1} × / {period} {repeat.periodUnit or ''}".strip()


def _bound(dosages: Sequence[_Dosage]) -> str | None:
    bounds = (dosage.timing.repeat.boundsPeriod for dosage in dosages)
    return next((bound.end for bound in bounds if bound and bound.end), None)


def _first_actor(performers: Sequence[_Performer]) -> Reference | None:
    return next((one.actor for one in performers if one.actor), None)
