"""Encounters: https://hl7.org/fhir/R4/encounter.html"""

import msgspec

from projections.health_record.directory import named, named_facility
from projections.health_record.elements import (
    Coding,
    Concept,
    Period,
    Reference,
    Resource,
    all_literal,
    all_words,
    code_of,
    literal,
    words,
)
from projections.health_record.entry import Entry, Named, Origin


class Diagnosis(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the Encounter says was diagnosed in it. reference: ``Type/id``, usually of a Condition. name: as
    stated with the reference. role: code of ``use``. rank: 1 is the first among those of a role."""

    reference: str | None
    name: str | None
    role: str | None = None
    rank: int | None = None


class Visit(Entry, frozen=True, tag=2, gc=False):
    """One encounter. kind: code of http://terminology.hl7.org/CodeSystem/v3-ActCode. ends: like ``at``.
    provider: facility as the Encounter states it. outcome: how the person left. based_on: ``Type/id`` of the
    requests that it answers, a referral for one."""

    ends: str | None
    status: str | None
    kind: str | None
    types: list[str]
    reasons: list[Named]
    diagnoses: list[Diagnosis]
    practitioners: list[Named]
    provider: Named | None
    place: Named | None
    outcome: str | None
    based_on: list[str] = msgspec.field(default_factory=list)


class _Diagnosis(msgspec.Struct, frozen=True, gc=False):
    condition: Reference | None = None
    use: Concept | None = None
    rank: int | None = None


class _Participant(msgspec.Struct, frozen=True, gc=False):
    individual: Reference | None = None


class _Location(msgspec.Struct, frozen=True, gc=False):
    location: Reference | None = None


class _Hospitalization(msgspec.Struct, frozen=True, gc=False):
    dischargeDisposition: Concept | None = None


class _Encounter(Resource, frozen=True, kw_only=True, gc=False):
    status: str | None = None
    class_: Coding = msgspec.field(name="class", default=Coding())
    type: tuple[Concept, ...] = ()
    serviceType: Concept | None = None
    period: Period = Period()
    reasonCode: tuple[Concept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    diagnosis: tuple[_Diagnosis, ...] = ()
    participant: tuple[_Participant, ...] = ()
    serviceProvider: Reference | None = None
    location: tuple[_Location, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    hospitalization: _Hospitalization | None = None


_decode = msgspec.json.Decoder(_Encounter).decode


def visit(body: bytes, origin: Origin) -> Visit | None:
    """Reads an Encounter."""
    stated = _decode(body)
    if stated.status == "entered-in-error":
        return None
    stay = stated.hospitalization
    individuals = (named(one.individual, stated) for one in stated.participant)
    return Visit(
        origin,
        stated.period.start or stated.period.end,
        origin.id,
        stated.period.end,
        stated.status,
        stated.class_.code,
        all_words(stated.type) or all_words([stated.serviceType] if stated.serviceType else []),
        _reasons(stated),
        [_diagnosis(one, stated) for one in stated.diagnosis],
        list(dict.fromkeys(one for one in individuals if one)),
        named_facility(stated.serviceProvider, stated),
        next((named(one.location, stated) for one in stated.location), None),
        words(stay.dischargeDisposition) if stay else None,
        all_literal(stated.basedOn),
    )


def _reasons(stated: _Encounter) -> list[Named]:
    said = [Named(text) for text in all_words(stated.reasonCode)]
    referred = (named(reference, stated) for reference in stated.reasonReference)
    return said + [one for one in referred if one]


def _diagnosis(stated: _Diagnosis, encounter: _Encounter) -> Diagnosis:
    found = named(stated.condition, encounter)
    return Diagnosis(
        literal(stated.condition), found.name if found else None, code_of(stated.use), stated.rank
    )
