"""Fills a backbone through its API, step by step, and tells how fast; then counts what it keeps."""

import time
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from backbone import wiring
from benchmarks import floor, load
from benchmarks.corpus import Bundle, corpus
from benchmarks.house import House
from benchmarks.measurements import IMPORT_CLIENTS, WARM_SECONDS, wait_for_views
from benchmarks.searching.figures import Import

STEP = 100_000
"""Resources of which the bundles are made beforehand, so that the time it takes does not count."""

FLOOR_RESOURCES = 80_000
"""The floor is measured with so many of the same: synthea-medium once."""


def fill(house: House, paths: Sequence[Path], numbers: Sequence[int]) -> Iterator[Import]:
    """Imports at least so many, then more up to the next number; tells what importing up to each was.

    The time is that until all views show them. Facilities do not count.
    """
    least = _floor(house, paths, min(numbers[-1], FLOOR_RESOURCES))
    facilities = list(takewhile(_of_facilities, corpus(paths, numbers[-1])))
    _send(house, facilities, 1)
    time.sleep(WARM_SECONDS)
    done, seconds, cpu, refused = 0, 0.0, 0.0, 0
    patients = (one for one in corpus(paths, numbers[-1]) if not _of_facilities(one))
    for number in numbers:
        for step in _steps(patients, number - done):
            used, started = house.cpu(), time.perf_counter()
            refused += _send(house, step, IMPORT_CLIENTS).refused
            wait_for_views(house)
            took = time.perf_counter() - started
            seconds, cpu = seconds + took, cpu + house.cpu() - used
            count = _count(step)
            done += count
            print(f"  {done:>9,} resources, {count / took:,.0f} a second", flush=True)
        yield Import(done / seconds, 1e6 * cpu / done, least.rate, least.cpu, refused)


def _floor(house: House, paths: Sequence[Path], resources: int) -> floor.Floor:
    patients = [one for one in corpus(paths, resources) if not _of_facilities(one)]
    return floor.measure(house.database, house.postgres.pid, patients)


def _of_facilities(bundle: Bundle) -> bool:
    return "Information" in bundle.name


def _steps(bundles: Iterator[Bundle], resources: int) -> Iterator[list[Bundle]]:
    """Bundles of so many resources, as long as there are any."""
    while resources > 0 and (step := list(_some(bundles, min(resources, STEP)))):
        yield step
        resources -= _count(step)


def _some(bundles: Iterator[Bundle], resources: int) -> Iterator[Bundle]:
    for bundle in bundles:
        yield bundle
        resources -= bundle.resources
        if resources <= 0:
            return


def _count(bundles: Sequence[Bundle]) -> int:
    return sum(one.resources for one in bundles)


def _send(house: House, bundles: Sequence[Bundle], clients: int) -> load.Outcome:
    requests = (load.post("/fhir", bundle.body) for bundle in bundles)
    return uvloop.run(load.run(house.base, requests, clients))


def tidy(house: House) -> None:
    """What autovacuum does in time: visibility for scans of indexes alone, and statistics."""
    wait_for_views(house)
    with psycopg.connect(house.database, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def sizes(house: House) -> dict[str, int]:
    """Bytes of every table of the record and the views, with its indexes."""
    schemas = ["record", *(f"{name}_1" for name in wiring.VIEWS)]
    with psycopg.connect(house.database) as connection:
        found: list[tuple[Any, ...]] = connection.execute(_SIZES, [schemas]).fetchall()
    return {name.replace("_1.", "."): int(size) for name, size in found}


_SIZES = """select n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = any(%s) and c.relkind = 'r' order by 2 desc, 1"""
