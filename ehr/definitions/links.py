"""Where a resource may hold a link that a transaction rewrites.

Links are Reference.reference, elements of type uri, url, oid and uuid, and the narrative, whose href and
src are links (https://hl7.org/fhir/R4/http.html#trules). Canonicals and other strings, identifiers above
all, never are.

In R4 a string-valued JSON key ``reference`` is always such a place: it is Reference.reference or one of the
uris DetectedIssue.reference, Expression.reference and Immunization.education.reference (tested).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ehr.definitions.tables import BARE, PRIMITIVES, elements

LINKS = ("reference", "link")
"""Kinds of string that are a link as a whole: Reference.reference, and the others."""

LINK_TYPES = frozenset({"uri", "url", "oid", "uuid", "system.uri"})

Place = tuple[dict[str, Any] | list[Any], str | int]
"""A container and the key or index of a string in it."""


def may_hold_link(type_: str, key: str) -> bool:
    """Whether the string at a JSON key of a type (``Reference``, ``Patient.contact``, …) may be a link."""
    return _keys(type_).get(key) in (*LINKS, "xhtml")


def link_places(resource: dict[str, Any]) -> Iterator[Place]:
    """Every place of the resource that holds a link as its whole text."""
    return _places(resource["resourceType"], resource)


def link_texts(resource: dict[str, Any]) -> Iterator[str]:
    """The text of every link of the resource."""
    containers: Iterator[tuple[Any, str | int]] = link_places(resource)
    return (container[key] for container, key in containers)


def string_kinds(resource: dict[str, Any]) -> Iterator[str | None]:
    """For every string value of the resource, in document order: one of LINKS, ``xhtml`` or None."""
    return _kinds("Resource", resource)


def _kinds(kind: str | None, value: Any) -> Iterator[str | None]:
    if value.__class__ is str:
        yield kind if kind in (*LINKS, "xhtml") else None
    elif value.__class__ is list:
        for item in value:
            yield from _kinds(kind, item)
    elif value.__class__ is dict:
        keys = _keys(value["resourceType"] if kind == "Resource" else kind) if kind else {}
        for key, item in value.items():
            yield from _kinds(keys.get(key), item)


def _places(type_: str, node: dict[str, Any]) -> Iterator[Place]:
    keys = _keys(type_)
    for key, value in node.items():
        kind = keys.get(key)
        if kind is not None:
            yield from _within(kind, node, key, value)


def _within(kind: str, container: Any, key: str | int, value: Any) -> Iterator[Place]:
    if value.__class__ is list:
        for index, item in enumerate(value):
            yield from _within(kind, value, index, item)
    elif value.__class__ is dict:
        yield from _places(value["resourceType"] if kind == "Resource" else kind, value)
    elif kind in LINKS and value is not None:
        yield container, key


@cache
def _keys(type_: str) -> dict[str, str]:
    """JSON key -> one of LINKS, ``xhtml`` or the type below it, for the keys under which a link can stand."""
    found: dict[str, str] = {}
    for element in elements(type_):
        for key, below in element.types_by_key().items():
            if below not in PRIMITIVES:
                found[key] = below
            elif below in LINK_TYPES:
                found[key] = "link"
            elif below == "xhtml":
                found[key] = "xhtml"
            elif (type_, key) == ("Reference", "reference"):
                found[key] = "reference"
            if below in PRIMITIVES - BARE:
                found["_" + key] = "Element"
    return found
