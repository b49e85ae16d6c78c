"""reference: what a resource refers to (https://hl7.org/fhir/R4/search.html#reference)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tests.oracle import tokens
from tests.oracle.definitions import Parameter
from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, plain

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
KEY = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})")
_VERSION = re.compile(r"/_history/[A-Za-z0-9.-]{1,64}$")


class Target(NamedTuple):
    """Where a reference leads. text: ``Type/id`` of a local resource, or an absolute URL.

    version: of a canonical reference (https://hl7.org/fhir/R4/references.html#canonical).
    """

    text: str
    version: str | None = None

    def is_local(self, types: Sequence[str], id_: str) -> bool:
        """Whether it is the resource of that id, in one of these types."""
        type_, _, own = self.text.partition("/")
        return own == id_ and type_ in types


def target(value: Value, bases: Sequence[str]) -> Target | None:
    """bases: addresses below which resources are local. None: it leads to no resource of its own."""
    if value.type == "Reference":
        text = value.content.get("reference")
        return Target(relative(text, bases)) if text and not text.startswith("#") else None
    if isinstance(value.content, str):
        url, _, version = value.content.partition("|")
        return Target(relative(url, bases), version or None) if not url.startswith("#") else None
    if isinstance(value.content, dict) and "resourceType" in value.content and "id" in value.content:
        return Target(f"{value.content['resourceType']}/{value.content['id']}")
    return None


def relative(text: str, bases: Sequence[str]) -> str:
    """Without the version of a resource, and without the address of this server."""
    text = _VERSION.sub("", text)
    for base in bases:
        rest = text.removeprefix(f"{base}/")
        if rest != text and KEY.fullmatch(rest):
            return rest
    return text


def matcher(text: str, modifier: str | None, parameter: Parameter, bases: Sequence[str]) -> Matcher:
    """modifier: None, ``identifier`` or a type."""
    if modifier == "identifier":
        inner = tokens.matcher(text, None)
        return lambda value: (
            value.type == "Reference" and inner(Value("Identifier", value.content.get("identifier", {})))
        )
    written = plain(text)
    if not written:
        raise Refused("no reference")
    if modifier:
        return _of_types(_id_of(relative(written, bases), modifier), [modifier], bases)
    if ID.fullmatch(written):
        local, address = _of_types(written, parameter.targets, bases), _equal(Target(written), bases)
        return lambda value: local(value) or (isinstance(value.content, str) and address(value))
    url, _, version = written.partition("|")
    return _equal(Target(relative(url, bases), version or None), bases)


def _id_of(written: str, type_: str) -> str:
    """``id`` or ``Type/id``: nothing else goes with a type, for what is elsewhere may be of any."""
    key = KEY.fullmatch(written)
    id_ = key[2] if key and key[1] == type_ else written
    if not ID.fullmatch(id_):
        raise Refused("another type, or no id")
    return id_


def _of_types(id_: str, types: Sequence[str], bases: Sequence[str]) -> Matcher:
    def matches(value: Value) -> bool:
        found = target(value, bases)
        return found is not None and found.is_local(types, id_)

    return matches


def _equal(searched: Target, bases: Sequence[str]) -> Matcher:
    def matches(value: Value) -> bool:
        found = target(value, bases)
        if found is None or found.text != searched.text:
            return False
        return searched.version is None or found.version == searched.version

    return matches


def searchable(value: Value, bases: Sequence[str]) -> bool:
    """Whether any search could find it."""
    if target(value, bases):
        return True
    return value.type == "Reference" and tokens.searchable(
        Value("Identifier", value.content.get("identifier", {}))
    )
