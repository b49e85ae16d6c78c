"""The values that an expression finds in a resource, with their FHIR types (https://hl7.org/fhir/R4/fhirpath.html)."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import fhirpathpy
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

Json = dict[str, Any]


_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?")
_EXACTLY = re.compile(r"\.ofType\(([a-z]\w*)\)")
"""Picks a primitive type. For FHIRPath a canonical is a uri, too; there is a parameter for each."""

_INDEX = re.compile(r"\[\d+\]")


class Value(NamedTuple):
    """One element that was found. path: from the resource's type (``Patient.name.family``)."""

    type: str
    content: Any
    path: str = ""


class Found(NamedTuple):
    """A value with the interpreter's own node, from which a further expression may start."""

    value: Value
    node: Any


def values(branches: list[str], resource: Json, base: Any = None) -> list[Value]:
    """What the expressions find in the resource; from a base element of it, if one is given."""
    return [found.value for found in nodes(branches, resource, base)]


def nodes(branches: list[str], resource: Json, base: Any = None) -> Iterator[Found]:
    """The same with the interpreter's nodes."""
    start = resource if base is None else base
    for branch in branches:
        picked = _EXACTLY.search(branch)
        for node in _compiled(branch)(start, {"resource": resource}):
            value = _value(node)
            if value and (picked is None or picked[1] == value.type):
                yield Found(value, node)


def _value(node: Any) -> Value | None:
    """None for a primitive that has only extensions, or stands in for one."""
    if not isinstance(node, ResourceNode):
        return Value("boolean", node) if isinstance(node, bool) else None
    type_ = str(node.path)
    if node.data is None or (type_[0].islower() and isinstance(node.data, Mapping)):
        return None
    return Value(type_, node.data, _INDEX.sub("", str(node.propName or type_)))


@cache
def _compiled(branch: str) -> Callable[..., list[Any]]:
    options = {"returnRawData": True, "userInvocationTable": {"resolve": {"fn": _resolve, "arity": {0: []}}}}
    return fhirpathpy.compile(branch, models["r4"], options)


def _resolve(references: list[Any]) -> list[Any]:
    """As far as ``resolve() is Patient`` needs it: something of the type that the reference names."""
    types = [type_of_reference(one) for one in references]
    return [ResourceNode({"resourceType": type_}, type_) for type_ in types if type_]  # type: ignore[no-untyped-call]


def type_of_reference(reference: Json) -> str | None:
    """The type of a Reference's target, by its literal text or else by its ``type``."""
    named = _REFERENCE.fullmatch(reference.get("reference", ""))
    return named[1] if named else reference.get("type")
