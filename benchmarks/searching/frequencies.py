"""Searches that are made by how often values are there: of many hits, and of common values that exclude
each other."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from math import log
from random import Random
from typing import NamedTuple

from benchmarks.searching.drawing import Resource, Sample, tokens
from benchmarks.searching.draws import NEWEST, address

TOTAL = 100_000
"""Hits that are counted: a tenth of all where there are fewer than a million resources."""

BEST = 12
"""So many of the pairs, or values, that fit best are searched for."""

_ELEMENTS = {
    "Observation": {"category": "category", "code": "code", "status": "status"},
    "DiagnosticReport": {"category": "category", "code": "code"},
    "Encounter": {"class": "class", "type": "type", "status": "status"},
    "Procedure": {"code": "code", "status": "status"},
    "Claim": {"status": "status", "use": "use"},
}
"""Type -> token parameter -> element. Those of all but Claim are sorted by date."""


class Value(NamedTuple):
    """A value of a token parameter."""

    type: str
    name: str
    token: str


Pair = tuple[Value, Value]


def frequencies(sample: Sample) -> tuple[Counter[Value], set[Pair]]:
    """How many of the drawn resources have each value; which have two of them."""
    single: Counter[Value] = Counter()
    together: set[Pair] = set()
    for type_, elements in _ELEMENTS.items():
        for resource in sample.of(type_):
            values = {
                Value(type_, name, token)
                for name, element in elements.items()
                for token in tokens(resource.get(element))
            }
            single.update(values)
            together.update(combinations(sorted(values), 2))
    return single, together


def exclusive(sample: Sample, *, about: bool) -> list[Pair]:
    """The most common pairs of which no resource has both. about: whether one of the two is a code."""
    single, together = frequencies(sample)
    pairs = [
        pair
        for pair in combinations(sorted(single), 2)
        if pair[0].type == pair[1].type != "Claim" and pair not in together and _names_code(pair) == about
    ]
    return sorted(pairs, key=lambda pair: -min(_hits(sample, single, value) for value in pair))[:BEST]


def exclusive_by_code(sample: Sample, chance: Random) -> Iterator[str]:
    """A code, in whose order of time one may go, and what none of its resources has."""
    yield from _of_pairs(exclusive(sample, about=True), chance)


def exclusive_by_others(sample: Sample, chance: Random) -> Iterator[str]:
    """Two values of which neither is a code."""
    yield from _of_pairs(exclusive(sample, about=False), chance)


def counted_tokens(sample: Sample, chance: Random) -> Iterator[str]:
    """Values that about TOTAL resources have."""
    single, _ = frequencies(sample)
    wanted = _wanted(sample)
    best = sorted(single, key=lambda value: abs(log(_hits(sample, single, value) / wanted)))[:BEST]
    for value in _any_of(best, chance):
        yield address(value.type, {value.name: value.token, "_total": "accurate", "_count": "20"})


def counted_dates(sample: Sample, chance: Random) -> Iterator[str]:
    """What is final and so recent that there are about TOTAL of it."""
    dates = sorted((_moment(one) for one in sample.of("Observation")), reverse=True)
    share = _wanted(sample) / sample.counts.get("Observation", 1)
    place = min(int(len(dates) * share), len(dates) - 1)
    while dates:
        near = chance.choice(dates[int(0.95 * place) : int(1.05 * place) + 1])
        since = near + timedelta(seconds=chance.randint(0, 86_399))
        wanted = {"status": "final", "date": f"ge{since.isoformat()}", "_total": "accurate"}
        yield address("Observation", wanted | NEWEST)


def _moment(observation: Resource) -> datetime:
    return datetime.fromisoformat(observation["effectiveDateTime"])


def _of_pairs(pairs: list[Pair], chance: Random) -> Iterator[str]:
    while pairs:
        one, other = chance.choice(pairs)
        how = {"_sort": chance.choice(("date", "-date")), "_count": str(chance.randint(15, 25))}
        rest = address("", {other.name: other.token} | how).removeprefix("?")
        yield f"{address(one.type, {one.name: one.token})}&{rest}"


def _any_of(values: list[Value], chance: Random) -> Iterator[Value]:
    while values:
        yield chance.choice(values)


def _names_code(pair: Pair) -> bool:
    return any(value.name == "code" for value in pair)


def _hits(sample: Sample, single: Counter[Value], value: Value) -> float:
    """How many resources have a value, as the sample says."""
    return single[value] * sample.counts[value.type] / len(sample.of(value.type))


def _wanted(sample: Sample) -> float:
    return min(TOTAL, sample.total / 10)
