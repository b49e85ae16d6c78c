"""The same by a FHIRPath interpreter, fhirpathpy: slow, and knowing nothing of the compiler.

What it does not do as the expressions mean it, and what is done here instead:

- ``resolve()`` needs the other resource: the references are taken without it, and judged by their text.
- ``as`` fails on several values. In R4 it is written of lists all the same, and means ``ofType``.
- A canonical is a uri for ``ofType``, once any expression has said ``is``: it never is one here.
- ``Resource`` is not understood as the type of every resource: the type itself is put in its place.
- Observation-code-value-date spells ``dateTime`` as ``DateTime``.
- The expressions of the two components of DocumentReference-relationship stand the wrong way round.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import fhirpathpy
import orjson
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from ehr.definitions.search_parameters import SearchParameter

Json = Any
Values = frozenset[bytes]
"""Values as canonical JSON. A union of FHIRPath drops what is there twice, and so do sets."""

RESOLVED = re.compile(r"\.where\(resolve\(\) is (\w+)\)$")
PICKED = re.compile(r"\.ofType\(([a-z]\w*)\)$")
REFERENCE = re.compile(r"(?:.*/)?([A-Z]\w+)/[^/]+(?:/_history/[^/]+)?")


def values(found: Iterable[Json]) -> Values:
    """JSON values as a set, without nulls and what has but extensions: they stand for no value."""
    return frozenset(orjson.dumps(value, float, orjson.OPT_SORT_KEYS) for value in found if _says(value))


def interpreted(parameter: SearchParameter, resource: dict[str, Json]) -> Values:
    """What the expression of a parameter, that is no composite, gives for a resource."""
    return values(_all(parameter.expression, resource))


def interpreted_composite(parameter: SearchParameter, resource: dict[str, Json]) -> list[tuple[Values, ...]]:
    """The values of the components of a composite, for each base element that has all of them."""
    found = []
    for base in parameter.expression.split(" | "):
        for index in range(len(evaluate(base, resource))):
            element = base if base == resource["resourceType"] else f"{base}[{index}]"
            components = _components(parameter, element, resource)
            if all(components):
                found.append(components)
    return found


def target(reference: dict[str, Json]) -> str | None:
    """The type of the resource that a Reference is to, by its text, else by its ``type``."""
    match = REFERENCE.fullmatch(reference.get("reference") or "")
    return match[1] if match else reference.get("type")


def evaluate(expression: str, resource: dict[str, Json]) -> list[Json]:
    """The values of an expression, as they stand in the resource."""
    return [node.data if isinstance(node, ResourceNode) else node for node in _compiled(expression)(resource)]


def _components(parameter: SearchParameter, element: str, resource: dict[str, Json]) -> tuple[Values, ...]:
    kind = resource["resourceType"]
    return tuple(
        values(evaluate(_from(element, half.expression, kind), resource)) for half in parameter.components
    )


def _from(element: str, expression: str, kind: str) -> str:
    parts = [
        part.replace("%resource", kind) if part.startswith("%resource") else f"{element}.{part}"
        for part in expression.split(" | ")
    ]
    return " | ".join(parts)


def _all(expression: str, resource: dict[str, Json]) -> Iterator[Json]:
    of_type = re.sub(r"^Resource\.", resource["resourceType"] + ".", expression)
    for part in of_type.split(" | "):
        wanted = RESOLVED.search(part)
        for value in evaluate(RESOLVED.sub("", part), resource):
            if wanted is None or target(value) == wanted[1]:
                yield value


def _says(value: Json) -> bool:
    return not value.keys() <= {"id", "extension"} if isinstance(value, dict) else value is not None


@cache
def _compiled(expression: str) -> Callable[[dict[str, Json]], list[Json]]:
    meant = re.sub(r"\((\S+) as (\w+)\)", r"\1.ofType(\2)", expression).replace(".as(", ".ofType(")
    meant = meant.replace("ofType(DateTime)", "ofType(dateTime)")
    compiled, picked = fhirpathpy.compile(meant, models["r4"], {"returnRawData": True}), PICKED.search(meant)
    return lambda resource: [
        node for node in compiled(resource, None) if picked is None or node.path == picked[1]
    ]
