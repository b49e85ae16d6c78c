"""The rows that resources leave in the tables of the index."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ehr.definitions.search_parameters import main_date_code, search_parameters
from ehr.values import Key
from projections.search.entries import Entries, QuantityEntry
from projections.search.terms import hash_of
from projections.search.tree import KINDS

Row = tuple[Any, ...]

TABLES: dict[str, tuple[str, ...]] = {
    "search": ("int2", "int8", "int8", "timestamptz", "timestamptz", "int8[]"),
    "search_code": ("int8", "timestamptz", "int8"),
    "search_string": ("int2", "text", "text", "int8"),
    "search_date": ("int2", "timestamptz", "timestamptz", "int8"),
    "search_quantity": ("int2", "numeric", "numeric", "int8", "int8", "int8", "int8"),
    "search_part": (
        *("int2", "int8[]", "numeric", "numeric", "int8", "int8", "int8", "numeric", "numeric", "int8"),
    ),
}
"""Table -> PostgreSQL types of its columns, in order. ``search_word`` is filled by itself."""


def rows_of(key: Key, pk: int, entries: Entries) -> Iterator[tuple[str, Row]]:
    """(table, row) of each row of a resource."""
    main = _main_number(key.type)
    starts, ends = next((e[1:] for e in entries.dates if e.number == main), (None, None))
    yield "search", (KINDS[key.type], pk, hash_of(key.reference), starts, ends, sorted(entries.terms))
    if starts is not None:
        for term in sorted(entries.codes):
            yield "search_code", (term, starts, pk)
    for string in dict.fromkeys(entries.strings):
        yield "search_string", (*string, pk)
    for date in dict.fromkeys(entries.dates):
        if date.number != main:
            yield "search_date", (*date, pk)
    for quantity in dict.fromkeys(entries.quantities):
        yield "search_quantity", (*quantity, pk)
    for number, part in entries.parts:
        yield "search_part", (number, sorted(part.terms), *_numbers(part.quantities), pk)


def _numbers(quantities: list[QuantityEntry]) -> Row:
    """Low, high, unit, code, word of the first, low and high of the second."""
    first, second = [*quantities, None, None][:2]
    return (*(first[1:] if first else (None,) * 5), *(second[1:3] if second else (None,) * 2))


@cache
def _main_number(type_: str) -> int | None:
    code = main_date_code(type_)
    return search_parameters(type_)[code].number if code else None
