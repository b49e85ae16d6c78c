"""How long the parts of a registration's matching take, each by itself."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median, quantiles
from time import perf_counter_ns
from typing import TypeVar

import orjson

from benchmarks.matching.matching import candidates, counted, prepared
from benchmarks.matching.registrations import Registration, patient_of
from ehr.matching.blocking import block_keys
from ehr.matching.judging import judge
from ehr.matching.person import read_person

T = TypeVar("T")


def timed(said: Sequence[Registration], most: int) -> dict[str, tuple[float, float]]:
    """Median and 99th percentile in µs of each part, at most so often. judge: pairs that share a key."""
    people = prepared(said)
    frequencies = counted(people)
    pairs = [(people[one], people[other]) for one, others in candidates(people) for other in others]
    bodies = [orjson.dumps(patient_of(one)) for one in said[:most]]
    return {
        "read_person": _times(bodies, read_person),
        "block_keys": _times(people[:most], block_keys),
        "judge": _times(pairs[:most], lambda pair: judge(*pair, frequencies)),
        "judge, strangers": _times(
            list(pairwise(people[:most])),
            lambda pair: judge(*pair, frequencies),
        ),
    }


def _times(given: Sequence[T], work: Callable[[T], object]) -> tuple[float, float]:
    taken = []
    for one in given:
        start = perf_counter_ns()
        work(one)
        taken.append((perf_counter_ns() - start) / 1000)
    return median(taken), quantiles(taken, n=100)[98]
