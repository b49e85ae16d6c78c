"""The person: https://hl7.org/fhir/R4/patient.html"""

import msgspec

from ehr.addresses import Address, residence_of
from ehr.names import HumanName, main_name
from projections.health_record.elements import (
    Identifier,
    Resource,
    code_of,
    shown,
    words,
)
from projections.health_record.entry import Entry, Origin


class Numbered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An identifier. type: code of https://hl7.org/fhir/R4/v2/0203/; label: the same in words."""

    value: str
    system: str | None = None
    type: str | None = None
    label: str | None = None
    use: str | None = None


class Person(Entry, frozen=True, tag=1, gc=False):
    """Who the chart is about. birth_date: FHIR date, possibly partial. gender: male, female, other, unknown.
    deceased: FHIR dateTime, or ``true`` where no time is stated. active: False when out of use."""

    name: str | None
    birth_date: str | None
    gender: str | None
    deceased: str | None
    active: bool
    identifiers: list[Numbered]
    address: str | None
    phone: str | None


class _ContactPoint(msgspec.Struct, frozen=True, gc=False):
    system: str | None = None
    value: str | None = None


class _Patient(Resource, frozen=True, kw_only=True, gc=False):
    name: tuple[HumanName, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    birthDate: str | None = None
    gender: str | None = None
    deceasedBoolean: bool = False
    deceasedDateTime: str | None = None
    active: bool = True
    address: tuple[Address, ...] = ()
    telecom: tuple[_ContactPoint, ...] = ()


_decode = msgspec.json.Decoder(_Patient).decode


def person(body: bytes, origin: Origin) -> Person:
    """Reads a Patient."""
    stated = _decode(body)
    return Person(
        origin,
        None,
        None,
        shown(main_name(stated.name)),
        stated.birthDate,
        stated.gender,
        stated.deceasedDateTime or ("true" if stated.deceasedBoolean else None),
        stated.active,
        [_numbered(one) for one in stated.identifier if one.value],
        residence_of(stated.address).address,
        next((shown(one.value) for one in stated.telecom if one.system == "phone" and one.value), None),
    )


def _numbered(identifier: Identifier) -> Numbered:
    return Numbered(
        shown(identifier.value) or "",
        shown(identifier.system),
        code_of(identifier.type),
        words(identifier.type),
        identifier.use,
    )
