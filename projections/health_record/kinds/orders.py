"""Orders and referrals, and what was done: https://hl7.org/fhir/R4/servicerequest.html, …/procedure.html"""

import msgspec

from projections.health_record.directory import named, named_facility
from projections.health_record.elements import (
    Annotation,
    Concept,
    Period,
    Quantity,
    Range,
    Reference,
    Resource,
    Timing,
    all_literal,
    all_words,
    amount,
    coded,
    encounter_id,
    extent,
    first_event,
    shown,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin

REFERRALS = frozenset({"3457005", "306206005", "103696004"})
"""SNOMED CT: patient referral, referral to service, patient referral to specialist."""


class Order(Entry, frozen=True, tag=9, gc=False):
    """A ServiceRequest. referral: it sends the person to somebody else. forbidden: a request not to do it.
    by, to: who asks whom. based_on: ``Type/id`` of the requests that it follows, as a referral back does."""

    code: Coded
    referral: bool
    status: str | None
    intent: str | None
    priority: str | None
    forbidden: bool
    reasons: list[str]
    by: Named | None
    to: list[Named]
    note: str | None
    based_on: list[str] = msgspec.field(default_factory=list)


class Act(Entry, frozen=True, tag=10, gc=False):
    """A Procedure. ends: like ``at``. status: completed, not-done, …"""

    code: Coded
    ends: str | None
    status: str | None
    category: str | None
    by: Named | None
    reasons: list[str]
    outcome: str | None


class _ServiceRequest(Resource, frozen=True, kw_only=True, gc=False):
    code: Concept | None = None
    category: tuple[Concept, ...] = ()
    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    doNotPerform: bool = False
    encounter: Reference | None = None
    occurrenceDateTime: str | None = None
    occurrencePeriod: Period = Period()
    occurrenceTiming: Timing | None = None
    authoredOn: str | None = None
    requester: Reference | None = None
    performer: tuple[Reference, ...] = ()
    performerType: Concept | None = None
    reasonCode: tuple[Concept, ...] = ()
    note: tuple[Annotation, ...] = ()
    basedOn: tuple[Reference, ...] = ()


class _Performer(msgspec.Struct, frozen=True, gc=False):
    actor: Reference | None = None


class _Procedure(Resource, frozen=True, kw_only=True, gc=False):
    code: Concept | None = None
    category: Concept | None = None
    status: str | None = None
    encounter: Reference | None = None
    performedDateTime: str | None = None
    performedPeriod: Period = Period()
    performedString: str | None = None
    performedAge: Quantity | None = None
    performedRange: Range | None = None
    performer: tuple[_Performer, ...] = ()
    reasonCode: tuple[Concept, ...] = ()
    outcome: Concept | None = None


_request = msgspec.json.Decoder(_ServiceRequest).decode
_procedure = msgspec.json.Decoder(_Procedure).decode


def order(body: bytes, origin: Origin) -> Order | None:
    """Reads a ServiceRequest."""
    stated = _request(body)
    if stated.status == "entered-in-error":
        return None
    occurrence = stated.occurrenceDateTime or stated.occurrencePeriod.start
    return Order(
        origin,
        stated.authoredOn or occurrence or first_event(stated.occurrenceTiming),
        encounter_id(stated.encounter),
        coded(stated.code),
        any(coding.code in REFERRALS for concept in stated.category for coding in concept.coding),
        stated.status,
        stated.intent,
        stated.priority,
        stated.doNotPerform,
        all_words(stated.reasonCode),
        named(stated.requester, stated),
        _addressees(stated),
        shown("; ".join(note.text for note in stated.note if note.text)),
        all_literal(stated.basedOn),
    )


def _addressees(stated: _ServiceRequest) -> list[Named]:
    kind = words(stated.performerType)
    found = [one for one in (named_facility(one, stated) for one in stated.performer) if one]
    return found or ([Named(kind)] if kind else [])


def act(body: bytes, origin: Origin) -> Act | None:
    """Reads a Procedure."""
    stated = _procedure(body)
    if stated.status == "entered-in-error":
        return None
    period = stated.performedPeriod
    return Act(
        origin,
        stated.performedDateTime or period.start or period.end or _age(stated),
        encounter_id(stated.encounter),
        coded(stated.code),
        period.end,
        stated.status,
        words(stated.category),
        next((named(one.actor, stated) for one in stated.performer if one.actor), None),
        all_words(stated.reasonCode),
        words(stated.outcome),
    )


def _age(stated: _Procedure) -> str | None:
    """When it was done, where no date is known."""
    return shown(stated.performedString) or amount(stated.performedAge) or extent(stated.performedRange)
