"""Addresses of Vietnam: the commune and the province by code, and the whole as one reads it.

Codes stand in an extension of Address that the Ministry of Health's draft guide defines (hl7.fhir.vn.core
1.0.0, extension-administrative-address): ``ward`` is the commune, ``state`` the province; the version of a
Coding is the date of its list. Since 1 July 2025 there is no district between them. Text and codes stay as
they were stated, also those of before; what became of the commune is looked up beside them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ehr.communes.naming import communes_in
from ehr.communes.table import communes_today
from ehr.names import Period

ADMINISTRATIVE_ADDRESS = (
    "http://fhir.ehealth.gov.vn/core/StructureDefinition/extension-administrative-address"
)

LONGEST = 300
"""Characters of a text that are kept."""


class Coding(msgspec.Struct, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#Coding"""

    version: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(msgspec.Struct, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#CodeableConcept"""

    coding: list[Coding] = []
    text: str | None = None


class Extension(msgspec.Struct, frozen=True):
    """The kinds of value that are read here (https://hl7.org/fhir/R4/extensibility.html)."""

    url: str = ""
    extension: list["Extension"] = []
    valueCodeableConcept: Concept | None = None
    valueCoding: Coding | None = None
    valueString: str | None = None


class Address(msgspec.Struct, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#Address"""

    use: str | None = None
    text: str | None = None
    line: list[str | None] = []
    city: str | None = None
    district: str | None = None
    state: str | None = None
    period: Period = Period()
    extension: list[Extension] = []


class Residence(msgspec.Struct, frozen=True):
    """Where somebody lives. commune, province: codes, as text (they have leading zeros).

    listed: the date of the commune's list, where it is stated. today: codes of today's communes that the
    commune is or became, the likeliest first; without a code, those that the text tells.
    """

    commune: str | None = None
    commune_name: str | None = None
    province: str | None = None
    province_name: str | None = None
    address: str | None = None
    listed: str | None = None
    today: tuple[str, ...] = ()


class _Unit(NamedTuple):
    """An administrative unit as it is stated."""

    code: str | None = None
    name: str | None = None
    listed: str | None = None


_USES = ("home", None, "temp", "work", "billing", "old")


def residence_of(addresses: Iterable[Address]) -> Residence:
    """Of several addresses the one to show: in use rather than ended, home before others."""
    address = min(addresses, key=_rank, default=Address())
    units = {unit.url: unit for unit in _units(address)}
    ward, state, whole = _named(units.get("ward")), _named(units.get("state")), _whole(address)
    return Residence(
        ward.code,
        ward.name or in_one_line(address.city),
        state.code,
        state.name or in_one_line(address.state),
        whole,
        ward.listed,
        communes_today(ward.code, ward.listed) if ward.code else communes_in(whole or ""),
    )


def in_one_line(text: str | None) -> str | None:
    """The text without line breaks and not too long; None for an empty one."""
    return " ".join((text or "").replace("\0", " ").split())[:LONGEST] or None


def _rank(address: Address) -> tuple[bool, int]:
    return address.period.end is not None, _USES.index(address.use) if address.use in _USES else len(_USES)


def _units(address: Address) -> Iterator[Extension]:
    for extension in address.extension:
        if extension.url == ADMINISTRATIVE_ADDRESS:
            yield from extension.extension


def _named(unit: Extension | None) -> _Unit:
    if unit is None:
        return _Unit()
    concept = unit.valueCodeableConcept or Concept([unit.valueCoding or Coding()], unit.valueString)
    coding = next((one for one in concept.coding if one.code), Coding())
    name, listed = in_one_line(coding.display or concept.text), in_one_line(coding.version)
    return _Unit(in_one_line(coding.code), name, listed)


def _whole(address: Address) -> str | None:
    parts = (*address.line, address.district, address.city, address.state)
    return in_one_line(address.text or ", ".join(part for part in parts if part))
