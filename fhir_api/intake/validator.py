"""The compiled schemas: a quick yes or no, and the places where a resource departs from R4.

The only module that knows jsonschema-rs. Compiling takes about a third of a second and 90 MB, so it is done
once, when first asked; `warm` does it at start.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from fhir_api.intake.schema import resource_schema

Step = str | int
"""An element name or an index."""


LARGEST_TOLD_IN_FULL = 16 * 1024
"""Bytes of a resource of which every departure is told."""


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


def departures(resource: dict[str, Any], most: int) -> Iterator[Departure]:
    """Up to ``most`` places where the resource departs from the schema; only one if it is large."""
    for error in islice(_errors({resource["resourceType"]: resource}, most), most):
        yield Departure(error.instance_path[1:], error.schema_path, _detail(error, error.schema_path))


def warm() -> None:
    """Compile both schemas now rather than at the first request."""
    _validator(plain=True)
    _validator(plain=False)


def _errors(named: dict[str, Any], most: int) -> Iterable[jsonschema_rs.ValidationError]:
    """jsonschema-rs gathers all errors before it gives one, 10 µs and 2 KB each: 8 MB of ones are 9 GB."""
    if most > 1 and len(orjson.dumps(named)) <= LARGEST_TOLD_IN_FULL:
        return _validator(plain=False).iter_errors(named)
    try:
        _validator(plain=False).validate(named)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _detail(error: jsonschema_rs.ValidationError, rule: list[Step]) -> list[str]:
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            return names
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return [str(name)]
    title = _schema_at(rule[:-1]).get("title")
    return [title] if title else []


def _schema_at(rule: list[Step]) -> dict[str, Any]:
    node: Any = _full_schema()
    for step in rule:
        node = node[step]
    return node if isinstance(node, dict) else {}


@cache
def _full_schema() -> dict[str, Any]:
    return resource_schema(plain=False)


@cache
def _validator(*, plain: bool) -> jsonschema_rs.Draft4Validator:
    schema = resource_schema(plain=True) if plain else _full_schema()
    # The linear-time engine: no pattern can be made to backtrack by hostile text.
    return jsonschema_rs.Draft4Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
