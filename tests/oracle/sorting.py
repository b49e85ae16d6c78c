"""_sort (https://hl7.org/fhir/R4/search.html#sort)."""

from collections.abc import Iterable
from itertools import groupby
from math import inf
from typing import Any

from tests.oracle import dates, numbers, strings
from tests.oracle.conditions import parameter_of
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import Parameter
from tests.oracle.expressions import Value
from tests.oracle.values import Refused

SORTABLE = ("date", "string", "number", "quantity")

Groups = list[list[str]]
"""Resources (``Type/id``) in order; those of one inner list have equal keys and stand as first stated, or the
other way round where the first key is descending."""


def in_order(corpus: Corpus, types: list[str], found: Iterable[str], keys: str | None) -> Groups:
    """types: of which the found ones may be. keys: what ``_sort`` says; without it all are equal."""
    backward = bool(keys) and str(keys).startswith("-")
    stated = sorted(found, key=corpus.place.__getitem__, reverse=backward)
    ranks = [_ranks(corpus, types, stated, key) for key in keys.split(",")] if keys else []

    def rank(key: str) -> list[float]:
        return [ranking.get(key, inf) for ranking in ranks]

    return [list(group) for _, group in groupby(sorted(stated, key=rank), rank)]


def _ranks(corpus: Corpus, types: list[str], found: list[str], sort_key: str) -> dict[str, float]:
    """The place of each resource that has a value, among all different values."""
    code, descending = sort_key.removeprefix("-"), sort_key.startswith("-")
    own = {key: place for type_ in types for key, place in _places(corpus, type_, code, descending).items()}
    different = sorted({own[key] for key in found if key in own}, reverse=descending)
    rank = {place: number for number, place in enumerate(different)}
    return {key: rank[own[key]] for key in found if key in own}


def _places(corpus: Corpus, type_: str, code: str, descending: bool) -> dict[str, Any]:
    """What each resource is sorted by: its first value in the order that is asked for."""
    parameter = parameter_of(type_, code)
    if parameter.type not in SORTABLE and code != "_id":
        raise Refused(f"{code} is nothing to sort by")
    first = max if descending else min
    places = {
        key: [place for value in values for place in _of_value(corpus, parameter, value, descending)]
        for key, values in corpus.values(type_, parameter).items()
    }
    return {key: first(own) for key, own in places.items() if own}


def _of_value(corpus: Corpus, parameter: Parameter, value: Value, descending: bool) -> list[Any]:
    if parameter.code == "_id":
        return [value.content]
    if parameter.type == "string":
        return strings.sorted_by(value)
    if parameter.type == "date":
        return [span.start for span in dates.spans(value, corpus.zone)]
    return [_end(amount.size, descending) for amount in numbers.amounts(value)]


def _end(size: numbers.Interval, descending: bool) -> Any:
    if descending:
        return inf if size.high is None else size.high
    return -inf if size.low is None else size.low
