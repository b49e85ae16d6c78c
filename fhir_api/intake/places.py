"""Where in a text something stands that is found by looking at the text as a whole.

Python's own reader meets each pair of an object and the text of each number. It is slower than orjson by far,
so only a text that is refused is read with it, and only a small one.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ehr.definitions import RESOURCE_TYPES
from fhir_api.intake.messages import NAME, expression
from fhir_api.intake.validator import LARGEST_TOLD_IN_FULL, Step

_WRONG = object()
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)$")


def place_in(raw: bytes, at: str, number: int, exponent: int) -> str:
    """FHIRPath of the first NUL, of the first of equal keys, or of the first number that is too long.

    at: of the text itself. number: characters of a number. exponent: the largest. ``at`` where the place is
    not found: the text is no JSON or too large, or the names on the way are none.
    """
    if len(raw) > LARGEST_TOLD_IN_FULL:
        return at
    try:
        value = _decoder(number, exponent).decode(raw.decode())
    except (ValueError, RecursionError):
        return at
    path = next(_wrong(value, ()), None)
    if path is None or not all(_is_name(step) for step in path):
        return at
    kind = value.get("resourceType") if isinstance(value, dict) else None
    return expression(kind if isinstance(kind, str) and kind in RESOURCE_TYPES else "", list(path), at)


def _decoder(number: int, exponent: int) -> json.JSONDecoder:
    def read_number(text: str) -> Any:
        found = _EXPONENT.search(text)
        beyond = found is not None and abs(int(found[1])) > exponent
        return _WRONG if beyond or len(text) > number else 0

    return json.JSONDecoder(object_pairs_hook=_object, parse_float=read_number, parse_int=read_number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _WRONG if key in found else value
    return found


def _wrong(value: Any, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if value is _WRONG or (isinstance(value, str) and "\0" in value):
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        if isinstance(step, str) and "\0" in step:
            yield path
        yield from _wrong(inner, (*path, step))


def _is_name(step: Step) -> bool:
    """An unknown key may be anything, personal data too, and is not repeated then."""
    return isinstance(step, int) or NAME.fullmatch(step) is not None
