"""The text of a statement depends on names, modifiers, prefixes, counts, and what is common: never on values.

So no value can be taken for a part of it.
"""

import re
from random import Random
from typing import Any, NamedTuple

import psycopg

from projections.fhir_resources.finding import Wanted, gather, walk
from projections.search.reading import EVERYTHING, Reading, parameters_of
from projections.search.rewriting import rewritten
from projections.search.sorting import SORTED, After, Key, read_sort
from projections.search.tree import And
from tests.fhir_api.running import prepare
from tests.projections.search.drawing import MARK, MARKED, TYPES, Condition, condition, values
from tests.projections.search.frequencies import ALL_COMMON

QUERIES = 100_000
SHAPES = 10_000
RUN = 1000
"""Queries that are run, on an empty database."""

PLAIN = re.compile(r"[a-z0-9_ .,()%:<>=&|@~\[\]+*-]|' '")
"""What texts are made of. The one constant between quotes is a blank."""


LAST = {"text": f"{MARK}x", "timestamptz": "2024-05-10T08:00:00+07:00", "numeric": "7.5"}
"""Values of sort keys by their type, as page tokens have them."""


class Shape(NamedTuple):
    """A query without its values."""

    type: str
    conditions: tuple[Condition, ...]
    keys: tuple[Key, ...]
    further: bool


def shape(chance: Random) -> Shape:
    type_ = chance.choice(TYPES)
    sortable = [one.code for one in parameters_of(type_).values() if one.type in SORTED]
    codes = chance.sample(sortable, min(len(sortable), chance.choice((0, 0, 1, 2))))
    return Shape(
        type_,
        tuple(condition(chance, type_) for _ in range(chance.choice((1, 1, 2, 3)))),
        read_sort(type_, ",".join(chance.choice(("", "-")) + code for code in codes)) if codes else (),
        chance.random() < 0.3,
    )


def statements(chance: Random, asked: Shape) -> list[tuple[str, dict[str, Any]]]:
    """What is sent to the database for a query of a shape: texts and parameters."""
    reading = Reading("http://localhost/fhir")
    nodes = [reading.condition(asked.type, one.name, values(chance, one)) for one in asked.conditions]
    wanted = Wanted((asked.type,), rewritten(And(tuple(nodes))), asked.keys)
    keys = tuple(key.read(LAST[key.type]) for key in asked.keys)
    place = After(keys, chance.getrandbits(40)) if asked.further else None
    found = [gather(wanted, place, 50), gather(wanted, place, 50, ALL_COMMON)]
    if len(asked.keys) < 2 and all(key.source in ("main", "updated") for key in asked.keys):
        found.append(walk(wanted, place, 50))
    return found


def texts(chance: Random, asked: Shape) -> list[str]:
    return [text for text, _ in statements(chance, asked)]


def test_the_text_depends_on_the_shape_alone() -> None:
    chance = Random(20261126)
    for _ in range(SHAPES):
        asked = shape(chance)
        known = texts(chance, asked)
        for text in known:
            assert PLAIN.sub("", text) == ""
            assert MARK not in text
            assert MARKED not in text
        for _ in range(QUERIES // SHAPES - 1):
            assert texts(chance, asked) == known


def test_the_database_takes_every_text(module_database: str) -> None:
    prepare(module_database)
    chance = Random(7)
    with psycopg.connect(module_database) as connection:
        for _ in range(RUN):
            for text, parameters in statements(chance, shape(chance)):
                assert connection.execute(text, parameters, binary=True).fetchall() == []


def test_values_are_in_the_parameters() -> None:
    node = Reading().condition("Patient", "family:exact", f"{MARK}'; drop table")
    text, parameters = gather(Wanted(("Patient",), And((EVERYTHING, node))), None, 50)
    assert f"{MARK}'; drop table" in parameters.values()
    assert "drop" not in text
