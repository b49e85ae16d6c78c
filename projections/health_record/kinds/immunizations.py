"""Immunisations: https://hl7.org/fhir/R4/immunization.html"""

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    UNSTATED,
    Concept,
    Quantity,
    Reference,
    Resource,
    all_words,
    amount,
    coded,
    encounter_id,
    number,
    shown,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin


class Immunisation(Entry, frozen=True, tag=6, gc=False):
    """A vaccination, given or not (status: completed, not-done). dose: number in its series, as stated.
    targets: diseases it protects from. at: may be words. codings: further codes of the vaccine. reported:
    told from a book or by somebody, not by whoever gave it. subpotent: it is not to count as a dose.
    """

    code: Coded
    status: str | None
    why_not: str | None
    dose: str | None
    series: str | None
    targets: list[str]
    lot: str | None
    quantity: str | None
    by: Named | None
    codings: tuple[Coded, ...] = ()
    reported: bool = False
    subpotent: bool = False


class _Performer(msgspec.Struct, frozen=True, gc=False):
    actor: Reference | None = None


class _Protocol(msgspec.Struct, frozen=True, gc=False):
    series: str | None = None
    targetDisease: tuple[Concept, ...] = ()
    doseNumberPositiveInt: msgspec.Raw = UNSTATED
    doseNumberString: str | None = None


class _Immunization(Resource, frozen=True, kw_only=True, gc=False):
    vaccineCode: Concept | None = None
    status: str | None = None
    statusReason: Concept | None = None
    encounter: Reference | None = None
    occurrenceDateTime: str | None = None
    occurrenceString: str | None = None
    lotNumber: str | None = None
    doseQuantity: Quantity | None = None
    performer: tuple[_Performer, ...] = ()
    protocolApplied: tuple[_Protocol, ...] = ()
    primarySource: bool | None = None
    isSubpotent: bool | None = None


_decode = msgspec.json.Decoder(_Immunization).decode


def immunisation(body: bytes, origin: Origin) -> Immunisation | None:
    """Reads an Immunization."""
    stated = _decode(body)
    if stated.status == "entered-in-error":
        return None
    protocol = stated.protocolApplied[0] if stated.protocolApplied else _Protocol()
    return Immunisation(
        origin,
        stated.occurrenceDateTime or shown(stated.occurrenceString),
        encounter_id(stated.encounter),
        coded(stated.vaccineCode),
        stated.status,
        words(stated.statusReason),
        number(protocol.doseNumberPositiveInt) or shown(protocol.doseNumberString),
        shown(protocol.series),
        list(dict.fromkeys(text for one in stated.protocolApplied for text in all_words(one.targetDisease))),
        shown(stated.lotNumber),
        amount(stated.doseQuantity),
        next((named(one.actor, stated) for one in stated.performer if one.actor), None),
        _further_codes(stated.vaccineCode),
        stated.primarySource is False,
        stated.isSubpotent is True,
    )


def _further_codes(concept: Concept | None) -> tuple[Coded, ...]:
    codings = [one for one in concept.coding if one.code] if concept else []
    return tuple(Coded(None, shown(one.system), shown(one.code)) for one in codings[1:])
