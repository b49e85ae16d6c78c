"""https://hl7.org/fhir/R4/search.html#sort"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from projections.search.errors import UnknownName
from projections.search.reading import find
from projections.search.sorting import SORTED, After, Key, beyond, order_by, read_sort
from projections.search.statement import Statement

ROWS = 40
FAMILY, DATE = (find("Patient", "family").number,), (find("Observation", "date").number,)
VALUE = (find("Observation", "value-quantity").number,)
PROBABILITY = (find("RiskAssessment", "probability").number,)

Row = tuple[Any, ...]
"""Two values and the number of a resource."""

WITH = """
    with hit(key0, key1, pk) as (
        select a collate "C", b::numeric, c
        from unnest(%(a)s::text[], %(b)s::int[], %(c)s::int[]) as t(a, b, c))
"""
BOTH = (False, True)
ONE = [(Key("string", (1,), down),) for down in BOTH]
KEYS = [(), *ONE, *((*one, Key("quantity", (2,), down)) for one in ONE for down in BOTH)]


@pytest.mark.parametrize(
    ("type_", "text", "keys"),
    [
        ("Patient", "_id", [("id", (), False)]),
        ("Patient", "-_lastUpdated,_id", [("updated", (), True), ("id", (), False)]),
        ("Patient", "family,-_id", [("string", FAMILY, False), ("id", (), True)]),
        ("Observation", "-date,value-quantity", [("main", DATE, True), ("quantity", VALUE, False)]),
        ("RiskAssessment", "-probability", [("quantity", PROBABILITY, True)]),
    ],
)
def test_what_is_sorted_by(type_: str, text: str, keys: list[tuple[Any, tuple[int, ...], bool]]) -> None:
    assert read_sort(type_, text) == tuple(Key(*key) for key in keys)


@pytest.mark.parametrize(
    "text", ["gender", "organization", "identifier", "nickname", "", ",", "family,", "--_id", "+_id"]
)
def test_what_has_no_order_is_refused(text: str) -> None:
    with pytest.raises(UnknownName) as refused:
        read_sort("Patient", text)
    said = str(refused.value)
    assert said.startswith("_sort")
    assert all(one in said for one in SORTED) or "It has:" in said


def test_no_value_is_told_back() -> None:
    with pytest.raises(UnknownName) as refused:
        read_sort("Patient", "045090000017")
    assert "045090000017" not in str(refused.value)


@pytest.fixture(scope="module")
def connection(module_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(module_database) as one:
        yield one


def rows(seed: int) -> list[Row]:
    """Random ones, with many that are equal and many that have no value."""
    chance = Random(seed)
    return [(chance.choice((*"abz☃", None)), chance.choice((1, 2, None)), pk) for pk in range(ROWS)]


def asked(
    connection: psycopg.Connection[Any], table: Sequence[Row], keys: tuple[Key, ...], after: After | None
) -> list[Row]:
    """The rows of a table after a place, in order, by the SQL that searches use."""
    statement = Statement()
    columns = ["hit.key0", "hit.key1"][: len(keys)]
    further = f"where {beyond(statement, keys, columns, 'hit.pk', after)}" if after else ""
    query = f"{WITH} select * from hit {further} order by {order_by(keys, columns, 'hit.pk')}"  # noqa: S608
    a, b, c = (list(column) for column in zip(*table, strict=True))
    return connection.execute(query, {**statement.parameters, "a": a, "b": b, "c": c}).fetchall()


def named(keys: tuple[Key, ...]) -> str:
    return ",".join("-" * key.descending + key.source for key in keys)


@pytest.mark.parametrize("keys", KEYS, ids=named)
@pytest.mark.parametrize("seed", range(3))
def test_pages_go_on_where_they_ended(
    connection: psycopg.Connection[Any], keys: tuple[Key, ...], seed: int
) -> None:
    whole = asked(connection, rows(seed), keys, None)
    assert sorted(row[2] for row in whole) == list(range(ROWS))
    for at, row in enumerate(whole):
        place = After(tuple(row[: len(keys)]), row[2])
        assert asked(connection, rows(seed), keys, place) == whole[at + 1 :]


@pytest.mark.parametrize("keys", ONE, ids=named)
def test_what_has_no_value_comes_last_and_equals_as_stated(
    connection: psycopg.Connection[Any], keys: tuple[Key, ...]
) -> None:
    down = keys[0].descending
    whole = asked(connection, rows(7), keys, None)
    values = [row[0] for row in whole]
    there = [value for value in values if value is not None]
    assert values == sorted(there, reverse=down) + [None] * (ROWS - len(there))
    for one, following in pairwise(whole):
        if one[0] == following[0]:
            assert (one[2] > following[2]) is down
