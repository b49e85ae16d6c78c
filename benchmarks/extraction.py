"""``python -m benchmarks.extraction FOLDER...``: what extraction alone costs, per resource type.

With indexers that do next to nothing, over every resource of Synthea's bundles in the folders or archives;
each resource is timed by itself, the least of three.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any

import orjson

from benchmarks.corpus import corpus
from ehr.definitions.search_parameters import all_search_parameters
from projections.search.extraction import Indexers, compile_type, types_of

Rows = list[object]
Resource = dict[str, Any]


def main(paths: list[Path]) -> None:
    """Print the microseconds and rows of a resource, per type and of all."""
    times: dict[str, list[float]] = defaultdict(list)
    rows: dict[str, list[int]] = defaultdict(list)
    for resource in _resources(paths):
        for name in (resource["resourceType"], "all"):
            seconds, count = _measured(resource)
            times[name].append(seconds * 1e6)
            rows[name].append(count)
    print(f"{'type':<28}{'resources':>10}{'median µs':>11}{'mean µs':>10}{'values':>8}")
    for name, found in sorted(times.items(), key=lambda item: len(item[1])):
        values = mean(rows[name])
        print(f"{name:<28}{len(found):>10}{median(found):>11.1f}{mean(found):>10.1f}{values:>8.1f}")


def _resources(paths: list[Path]) -> Iterator[Resource]:
    for bundle in corpus(paths, sys.maxsize):
        if bundle.copy:
            return
        yield from (entry["resource"] for entry in orjson.loads(bundle.body)["entry"])


def _measured(resource: Resource) -> tuple[float, int]:
    extract = _extract(resource["resourceType"])
    least, found = float("inf"), Rows()
    for _ in range(3):
        found, started = Rows(), time.perf_counter()
        extract(resource, found)
        least = min(least, time.perf_counter() - started)
    return least, len(found)


@cache
def _extract(resource_type: str) -> Callable[[Resource, Rows], None]:
    return compile_type(resource_type, _indexers())


@cache
def _indexers() -> Indexers:
    kinds = {types for parameter in all_search_parameters() for types in types_of(parameter)}
    return dict.fromkeys(kinds, _keep)


def _keep(rows: Rows, number: int, *values: object) -> None:
    rows.append((number, values))


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
