"""The rows that resources leave in the tables of the index."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from ehr.definitions.search_parameters import main_date_code, search_parameters
from ehr.values import Key
from projections.search.entries import Entries, QuantityEntry
from projections.search.terms import fresh_hash_of
from projections.search.tree import KINDS

Row = tuple[Any, ...]

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "search": {
            "kind": "int2",
            "pk": "int8",
            "self": "int8",
            "starts": "timestamptz",
            "ends": "timestamptz",
            "terms": "int8[]",
        },
        "search_code": {"term": "int8", "starts": "timestamptz", "pk": "int8"},
        "search_string": {"number": "int2", "folded": "text", "exact": "text", "pk": "int8"},
        "search_date": {"number": "int2", "starts": "timestamptz", "ends": "timestamptz", "pk": "int8"},
        "search_quantity": {
            "number": "int2",
            **dict.fromkeys(("low", "high"), "numeric"),
            **dict.fromkeys(("code", "unit", "pk"), "int8"),
        },
        "search_part": {
            "number": "int2",
            "terms": "int8[]",
            **dict.fromkeys(("low", "high"), "numeric"),
            **dict.fromkeys(("code", "unit"), "int8"),
            **dict.fromkeys(("low2", "high2"), "numeric"),
            "pk": "int8",
        },
    }
)
"""Table -> its columns in the order of the rows, with their types in PostgreSQL; but for ``search_word``."""


Rows = dict[str, list[Row]]
"""Table -> rows of it."""


def no_rows() -> Rows:
    """Of every table none."""
    return {table: [] for table in TABLES}


def add_rows(rows: Rows, key: Key, pk: int, entries: Entries) -> None:
    """Adds those of a resource."""
    main = _main_number(key.type)
    starts, ends = next((e[1:] for e in entries.dates if e.number == main), (None, None))
    self_ = fresh_hash_of(key.reference)
    rows["search"].append((KINDS[key.type], pk, self_, starts, ends, sorted(entries.terms)))
    if starts is not None:
        rows["search_code"] += [(term, starts, pk) for term in sorted(entries.codes)]
    rows["search_date"] += [(*one, pk) for one in dict.fromkeys(entries.dates) if one.number != main]
    rows["search_string"] += [(*one, pk) for one in dict.fromkeys(entries.strings)]
    rows["search_quantity"] += [(*one, pk) for one in dict.fromkeys(entries.quantities)]
    for number, part in entries.parts:
        for numbers in _numbers(part.quantities):
            rows["search_part"].append((number, sorted(part.terms), *numbers, pk))


def _numbers(quantities: list[QuantityEntry]) -> Iterator[Row]:
    """(low, high, code, unit, low and high of a second one) of each way to name the number's unit."""
    if not quantities:
        yield (None,) * 6
        return
    first = [one for one in quantities if one.number == quantities[0].number]
    second = next((one[1:3] for one in quantities if one.number != first[0].number), (None, None))
    yield from ((*one[1:], *second) for one in first)


@cache
def _main_number(type_: str) -> int | None:
    code = main_date_code(type_)
    return search_parameters(type_)[code].number if code else None
