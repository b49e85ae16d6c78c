"""Names of those whom resources refer to: facilities, practitioners, medicines."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from ehr.names import HumanName, main_name
from ehr.systems import FACILITY_CODE
from projections.health_record.elements import (
    Concept,
    Identifier,
    Reference,
    Resource,
    literal,
    shown,
    words,
)
from projections.health_record.entry import Named

ORGANIZATION = "Organization/"


class Listing(NamedTuple):
    """code: of a facility. refers_to: ``Type/id`` of the one whose name it bears in place of its own."""

    name: str | None
    code: str | None = None
    refers_to: str | None = None


class Known(NamedTuple):
    """names: by ``Type/id``, and of facilities by their code. codes: of facilities by ``Type/id``."""

    names: dict[str, str]
    codes: dict[str, str]


class _Called(msgspec.Struct, frozen=True, gc=False):
    """Organization, Location, HealthcareService: a name as one text."""

    name: str | None = None
    identifier: tuple[Identifier, ...] = ()


class _Person(msgspec.Struct, frozen=True, gc=False):
    name: tuple[HumanName, ...] = ()


class _Role(msgspec.Struct, frozen=True, gc=False):
    practitioner: Reference | None = None
    organization: Reference | None = None


class _Thing(msgspec.Struct, frozen=True, gc=False):
    """Medication, Substance, Condition: what it is, as a concept."""

    code: Concept | None = None


class _Contained(msgspec.Struct, frozen=True, gc=False):
    resourceType: str
    id: str | None = None


_called = msgspec.json.Decoder(_Called).decode
_person = msgspec.json.Decoder(_Person).decode
_role = msgspec.json.Decoder(_Role).decode
_thing = msgspec.json.Decoder(_Thing).decode
_contained = msgspec.json.Decoder(_Contained).decode


def _list_called(body: bytes | msgspec.Raw) -> Listing:
    stated = _called(body)
    codes = (one.value for one in stated.identifier if one.system == FACILITY_CODE and one.value)
    return Listing(shown(stated.name), shown(next(codes, None)))


def _list_person(body: bytes | msgspec.Raw) -> Listing:
    return Listing(shown(main_name(_person(body).name)))


def _list_role(body: bytes | msgspec.Raw) -> Listing:
    stated = _role(body)
    bearer = stated.practitioner or stated.organization
    return Listing(shown(bearer.display) if bearer else None, refers_to=literal(bearer))


def _list_thing(body: bytes | msgspec.Raw) -> Listing:
    return Listing(words(_thing(body).code))


LISTED: dict[str, Callable[[bytes | msgspec.Raw], Listing]] = {
    "HealthcareService": _list_called,
    "Location": _list_called,
    "Medication": _list_thing,
    "Organization": _list_called,
    "Practitioner": _list_person,
    "PractitionerRole": _list_role,
}
"""Resource types that the directory lists, by how they are read."""

_NAMED = LISTED | {
    "Condition": _list_thing,
    "Patient": _list_person,
    "RelatedPerson": _list_person,
    "Substance": _list_thing,
}


def named(reference: Reference | None, resource: Resource) -> Named | None:
    """Whom a reference of ``resource`` means: by the name stated with it, or in a contained resource, or else
    to be looked up. What can be looked up nowhere is shown as it is written; None where nothing is."""
    if reference is None:
        return None
    name = shown(reference.display)
    target = reference.reference
    if name is None and target and target.startswith("#"):
        name = _name_within(target[1:], resource.contained)
    if name:
        return Named(name)
    local = literal(reference)
    if local:
        return Named(None, local)
    written = shown(target)
    return Named(written) if written else None


def named_facility(reference: Reference | None, resource: Resource) -> Named | None:
    """As ``named``; with words the Organization too: another one may be called the same."""
    found, local = named(reference, resource), literal(reference)
    return Named(found.name, local) if found and local and local.startswith(ORGANIZATION) else found


def concept_within(reference: Reference | None, contained: Sequence[msgspec.Raw]) -> Concept | None:
    """What the contained Medication is that a reference means; None where it means none."""
    target = (reference.reference if reference else None) or ""
    for body in contained if target.startswith("#") else ():
        head = _contained(body)
        if head.id == target[1:] and head.resourceType == "Medication":
            return _thing(body).code
    return None


def _name_within(id_: str, contained: Sequence[msgspec.Raw]) -> str | None:
    for body in contained:
        head = _contained(body)
        if head.id == id_ and head.resourceType in _NAMED:
            return _NAMED[head.resourceType](body).name
    return None
