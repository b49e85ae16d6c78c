"""Arrays of primitives and the ``_name`` arrays beside them (https://hl7.org/fhir/R4/json.html#primitive).

Null fills both arrays so that they are aligned: equal length, and never null on both sides.
"""

from collections.abc import Iterator
from typing import Any

from fhir_api.intake.validator import Step


def misaligned(node: dict[str, Any], path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Paths of arrays that break the rule; the resource is valid by the schema."""
    for key, value in node.items():
        if value.__class__ is list:
            if key[0] != "_" and not _aligned(value, node.get(f"_{key}")):
                yield (*path, key)
            if key[0] == "_" and key[1:] not in node and None in value:
                yield (*path, key)
            yield from _in_list(value, (*path, key))
        elif value.__class__ is dict:
            yield from misaligned(value, (*path, key))


def _in_list(values: list[Any], path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    for index, value in enumerate(values):
        if value.__class__ is dict:
            yield from misaligned(value, (*path, index))


def _aligned(values: list[Any], beside: list[Any] | None) -> bool:
    if beside is None:
        return None not in values
    return len(values) == len(beside) and all(
        value is not None or other is not None for value, other in zip(values, beside, strict=True)
    )
