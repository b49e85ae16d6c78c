"""The text of a statement depends on names, modifiers, prefixes and counts, never on values.

So no value can be taken for a part of it.
"""

import re
from random import Random
from typing import NamedTuple

from projections.fhir_resources.finding import Wanted, gather, walk
from projections.search.reading import EVERYTHING, Reading, parameters_of
from projections.search.rewriting import rewritten
from projections.search.sorting import SORTED, After, Key, read_sort
from projections.search.tree import And
from tests.projections.search.drawing import MARK, MARKED, TYPES, Condition, condition, values

QUERIES = 100_000
SHAPES = 10_000

PLAIN = re.compile(r"[a-z0-9_ .,()%:<>=&|@~\[\]+*-]|' '")
"""What texts are made of. The one constant between quotes is a blank."""


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


def texts(chance: Random, asked: Shape) -> tuple[str, ...]:
    """What is sent to the database for a query of a shape."""
    reading = Reading("http://localhost/fhir")
    nodes = [reading.condition(asked.type, one.name, values(chance, one)) for one in asked.conditions]
    wanted = Wanted((asked.type,), rewritten(And(tuple(nodes))), asked.keys)
    after = After(tuple(f"{MARK}{chance.random()}" for _ in asked.keys), chance.getrandbits(40))
    place = after if asked.further else None
    statements = [gather(wanted, place, 50)]
    if len(asked.keys) < 2 and all(key.source in ("main", "updated") for key in asked.keys):
        statements.append(walk(wanted, place, 50))
    return tuple(text for text, _ in statements)


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


def test_values_are_in_the_parameters() -> None:
    node = Reading().condition("Patient", "family:exact", f"{MARK}'; drop table")
    text, parameters = gather(Wanted(("Patient",), And((EVERYTHING, node))), None, 50)
    assert f"{MARK}'; drop table" in parameters.values()
    assert "drop" not in text
