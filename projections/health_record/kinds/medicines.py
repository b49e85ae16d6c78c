"""Medicines asked for, handed out, taken and given:
https://hl7.org/fhir/R4/medicationrequest.html, …/medicationdispense.html, …/medicationstatement.html and
…/medicationadministration.html"""

from collections.abc import Mapping, Sequence

import msgspec

from projections.health_record.directory import concept_within, named
from projections.health_record.dosages import Dosage, composed, days_after, days_of, ends_of, told
from projections.health_record.elements import (
    Annotation,
    Concept,
    Period,
    Quantity,
    Reference,
    Resource,
    all_words,
    coded,
    encounter_id,
    shown,
)
from projections.health_record.entry import Coded, Entry, Named, Origin

ATC = "http://www.whocc.no/atc"


class Medicine(Entry, frozen=True, tag=4, gc=False):
    """One request, dispense, statement or administration (``origin.type``) of a medicine.

    name: where the medicine is stated by reference. until: FHIR date on which it ends, None where nobody can
    tell. intent: of a request. forbidden: a request *not* to give it, or one that was not done. by: who asked
    for, handed out or gave it. basis: what says until when: ``dosage``, ``supply`` (how long what is handed
    out lasts), ``validity`` (of the prescription) or ``period`` (in which it was taken). composed: the dosage
    is put together of amounts.
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
    basis: str | None = None
    composed: bool = False


class _Medication(Resource, frozen=True, kw_only=True, gc=False):
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    status: str | None = None
    reasonCode: tuple[Concept, ...] = ()
    note: tuple[Annotation, ...] = ()


class _Dispensing(msgspec.Struct, frozen=True, gc=False):
    validityPeriod: Period = Period()
    expectedSupplyDuration: Quantity | None = None
    numberOfRepeatsAllowed: int = 0


class _Request(_Medication, frozen=True, kw_only=True, gc=False):
    intent: str | None = None
    doNotPerform: bool = False
    encounter: Reference | None = None
    authoredOn: str | None = None
    requester: Reference | None = None
    dosageInstruction: tuple[Dosage, ...] = ()
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
    dosage: tuple[Dosage, ...] = ()


class _Administration(_Use, frozen=True, kw_only=True, gc=False):
    dosage: Dosage = Dosage()


class _Dispense(_Medication, frozen=True, kw_only=True, gc=False):
    context: Reference | None = None
    whenPrepared: str | None = None
    whenHandedOver: str | None = None
    daysSupply: Quantity | None = None
    performer: tuple[_Performer, ...] = ()
    dosageInstruction: tuple[Dosage, ...] = ()


_request = msgspec.json.Decoder(_Request).decode
_statement = msgspec.json.Decoder(_Statement).decode
_administration = msgspec.json.Decoder(_Administration).decode
_dispense = msgspec.json.Decoder(_Dispense).decode


def requested(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationRequest."""
    stated = _request(body)
    dispensing = stated.dispenseRequest
    start = dispensing.validityPeriod.start or stated.authoredOn  # Of a stay it is valid later.
    supply = days_of(dispensing.expectedSupplyDuration, 1 + dispensing.numberOfRepeatsAllowed)
    return _entry(
        stated,
        origin,
        at=stated.authoredOn,
        encounter=stated.encounter,
        dosages=stated.dosageInstruction,
        ends={
            "dosage": ends_of(stated.dosageInstruction, start),
            "supply": days_after(start, supply),
            "validity": dispensing.validityPeriod.end,
        },
        by=stated.requester,
        intent=stated.intent,
        forbidden=stated.doNotPerform,
    )


def dispensed(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationDispense."""
    stated = _dispense(body)
    start = stated.whenHandedOver or stated.whenPrepared
    return _entry(
        stated,
        origin,
        at=start,
        encounter=stated.context,
        dosages=stated.dosageInstruction,
        ends={
            "dosage": ends_of(stated.dosageInstruction, start),
            "supply": days_after(start, days_of(stated.daysSupply)),
        },
        by=_first_actor(stated.performer),
    )


def taken(body: bytes, origin: Origin) -> Medicine | None:
    """Reads a MedicationStatement."""
    stated = _statement(body)
    start = stated.effectiveDateTime or stated.effectivePeriod.start
    return _entry(
        stated,
        origin,
        at=start or stated.dateAsserted,
        encounter=stated.context,
        dosages=stated.dosage,
        ends={"period": stated.effectivePeriod.end, "dosage": ends_of(stated.dosage, start)},
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
        ends={"period": stated.effectivePeriod.end},
        by=_first_actor(stated.performer),
        forbidden=stated.status == "not-done",
    )


def _entry(
    stated: _Medication,
    origin: Origin,
    *,
    at: str | None,
    encounter: Reference | None,
    dosages: Sequence[Dosage],
    ends: Mapping[str, str | None],
    by: Reference | None,
    intent: str | None = None,
    forbidden: bool = False,
) -> Medicine | None:
    """ends: by basis; the first that is known counts."""
    if stated.status == "entered-in-error":
        return None
    basis, until = next(((basis, end) for basis, end in ends.items() if end), (None, None))
    reference = stated.medicationReference
    return Medicine(
        origin,
        at,
        encounter_id(encounter),
        coded(stated.medicationCodeableConcept or concept_within(reference, stated.contained), ATC),
        named(reference, stated),
        stated.status,
        intent,
        forbidden,
        told(dosages),
        until,
        named(by, stated),
        all_words(stated.reasonCode),
        shown("; ".join(note.text for note in stated.note if note.text)),
        basis,
        bool(dosages) and composed(dosages),
    )


def _first_actor(performers: Sequence[_Performer]) -> Reference | None:
    return next((one.actor for one in performers if one.actor), None)
