"""The matching language: paths into JSON, and what is expected at them. README.md describes both."""

import json
import re
from collections.abc import Iterator
from typing import Any

_STEPS = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]|\[([\w.]+)=([^\]]*)\]")
_TERMS = {"matches", "any", "set", "count", "not"}


def select(document: Any, path: str) -> list[Any]:
    """The values at a path, in order; lists on the way are entered, also at its end."""
    values = [document]
    for name, index, filtered, wanted in _STEPS.findall(path):
        if name:
            values = [one for value in values if isinstance(value, dict) for one in _each(value.get(name))]
        elif index:
            values = values[int(index) : int(index) + 1]
        else:
            values = [value for value in values if wanted in map(text_of, select(value, filtered))]
    return values


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def text_of(value: Any) -> str:
    """A value as it stands in addresses and messages."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def departs(values: list[Any], expected: Any) -> bool:
    """Whether values are other than expected."""
    if isinstance(expected, dict) and expected.keys() & _TERMS:
        return not all(_holds(values, term, wanted) for term, wanted in expected.items())
    if isinstance(expected, list):
        return values != expected
    return values != ([] if expected is None else [expected])


def _holds(values: list[Any], term: str, wanted: Any) -> bool:
    match term:
        case "matches":
            return bool(values) and all(re.search(wanted, text_of(value)) for value in values)
        case "any":
            return any(not departs([value], wanted) for value in values)
        case "set":
            return sorted(map(text_of, values)) == sorted(map(text_of, wanted))
        case "count":
            return bool(len(values) == wanted)
        case "not":
            return departs(values, wanted)
        case _:
            raise ValueError(f"no such term: {term}")
