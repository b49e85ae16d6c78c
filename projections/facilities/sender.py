"""Which facility stated a fact, and what an Encounter says of it."""

import re
from typing import NamedTuple

import msgspec

from ehr.values import ID
from streams.recorded_fact import RecordedFact

UNKNOWN = "unknown"
"""Stands for the facility of facts that name none."""

LONGEST = 100
"""Characters of a facility's key."""

_ORGANIZATION = re.compile(rf"(Organization/{ID.pattern})(?:/_history/{ID.pattern})?")


class _Identifier(msgspec.Struct, frozen=True):
    value: str | None = None


class _Reference(msgspec.Struct, frozen=True):
    reference: str | None = None
    identifier: _Identifier = _Identifier()
    display: str | None = None


class _Period(msgspec.Struct, frozen=True):
    start: str | None = None
    end: str | None = None


class _Encounter(msgspec.Struct, frozen=True):
    status: str | None = None
    period: _Period = _Period()
    serviceProvider: _Reference = _Reference()


class Encounter(NamedTuple):
    """What is read of an Encounter. starts, ends: FHIR dateTimes, possibly partial. provider: a facility."""

    status: str | None
    starts: str | None
    ends: str | None
    provider: str | None


_decode = msgspec.json.Decoder(_Encounter).decode


def facility_of(recorded: RecordedFact) -> str | None:
    """The facility's code as the sender states it, else the provider of the fact's encounter, else None.

    A provider is ``Organization/id``, else the value of its logical identifier, else what it is called.
    """
    if recorded.fact.facility:
        return _key(recorded.fact.facility)
    encounters = (one for one in recorded.resources if one.version.type == "Encounter" and one.version.body)
    return next((provider for one in encounters if (provider := read_encounter(one.body).provider)), None)


def read_encounter(body: bytes) -> Encounter:
    """From the resource's bytes."""
    stated = _decode(body)
    provider = stated.serviceProvider
    local = _ORGANIZATION.fullmatch(provider.reference or "")
    named = local[1] if local else provider.identifier.value or provider.display
    return Encounter(stated.status, stated.period.start, stated.period.end, _key(named) if named else None)


def _key(facility: str) -> str | None:
    return facility.replace("\0", " ").strip()[:LONGEST] or None
