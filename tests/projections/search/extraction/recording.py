"""Extraction with indexers that record what they are given."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from ehr.definitions.search_parameters import all_search_parameters
from projections.search.extraction import Indexers, Types, compile_type, types_of

Found = list[tuple[Any, ...]]
"""(number, types, value), of a composite (number, types, place, component, …)."""

EVERYTHING = frozenset(
    types for parameter in all_search_parameters() if not parameter.derived for types in types_of(parameter)
)
OF_COMPONENTS = frozenset({("token", "Quantity"), ("token", "Range"), ("token", "Reference")})
"""What the expressions of components lead to (Group-characteristic-value), and no other parameter does."""


def extracted(resource: dict[str, Any]) -> Found:
    """All that the indexers are given for a resource, in this order."""
    found: Found = []
    extraction(resource["resourceType"])(resource, found)
    return found


@cache
def extraction(resource_type: str) -> Callable[[dict[str, Any], Found], None]:
    """The compiled extraction of a type."""
    return compile_type(resource_type, recording())


def recording() -> Indexers:
    """Indexers of everything that record their arguments."""
    return {types: partial(_record, types) for types in EVERYTHING | OF_COMPONENTS}


def _record(types: Types, found: Found, number: int, *values: Any) -> None:
    found.append((number, types, *values))
