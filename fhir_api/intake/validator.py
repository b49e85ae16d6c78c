"""The compiled schemas: a quick yes or no, and the places where a resource departs from R4.

The only module that knows jsonschema-rs. Compiling takes about a quarter of a second, so it is done once,
when first asked; `warm` does it at start.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from fhir_api.intake.schema import resource_schema

Step = str | int
"""An element name or an index."""


class Departure(NamedTuple):
    """Where and how a resource departs from the schema.

    path: names and indexes below the resource. rule: the place in the schema, e.g. ``definitions``,
    ``Patient``, ``required``. detail: the elements concerned, if the rule names any.
    """

    path: list[Step]
    rule: list[Step]
    detail: list[str]


def is_plain(resource: dict[str, Any]) -> bool:
    """Valid, and without ``_name`` elements and nulls. Takes about 4 µs for each KB."""
    return _validator(plain=True).is_valid({resource["resourceType"]: resource})


def is_valid(resource: dict[str, Any]) -> bool:
    """Valid as far as a schema can say."""
    return _validator(plain=False).is_valid({resource["resourceType"]: resource})


def departures(resource: dict[str, Any]) -> Iterator[Departure]:
    """Every place where the resource departs from the schema."""
    for error in _validator(plain=False).iter_errors({resource["resourceType"]: resource}):
        yield Departure(error.instance_path[1:], error.schema_path, _detail(error, error.schema_path))


def warm() -> None:
    """Compile both schemas now rather than at the first request."""
    _validator(plain=True)
    _validator(plain=False)


def _detail(error: jsonschema_rs.ValidationError, rule: list[Step]) -> list[str]:
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            return names
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return [str(name)]
    title = _schema_at(rule[:-1]).get("title")
    return [title] if title else []


def _schema_at(rule: list[Step]) -> dict[str, Any]:
    node: Any = _schema(plain=False)
    for step in rule:
        node = node[step]
    return node if isinstance(node, dict) else {}


@cache
def _schema(*, plain: bool) -> dict[str, Any]:
    return resource_schema(plain=plain)


@cache
def _validator(*, plain: bool) -> jsonschema_rs.Draft4Validator:
    # The linear-time engine: no pattern can be made to backtrack by hostile text.
    return jsonschema_rs.Draft4Validator(_schema(plain=plain), pattern_options=jsonschema_rs.RegexOptions())
