"""Asks for searches, one after the other, over one connection."""

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks import load
from benchmarks.house import House
from benchmarks.searching.drawing import Sample
from benchmarks.searching.figures import Figure
from benchmarks.searching.searches import EARLY, LATE, SEARCHES, WALKS, addresses

WARM = 20
"""Searches of a kind that are asked for before those that count, with other values."""

LONGEST = 40.0
"""Seconds for one kind of search: of what is slow, fewer are asked for."""

_MATCH = b'"mode":"match"'


def measure(house: House, sample: Sample, number: int) -> Iterator[Figure]:
    """First pages, and then later ones. number: of searches of a kind."""
    for name, search in SEARCHES.items():
        yield _first_pages(house, name, addresses(name, search, sample, number + WARM), number)
    for name, search in WALKS.items():
        yield _later_pages(house, name, addresses(name, search, sample, number))


def _first_pages(house: House, name: str, found: Sequence[str], number: int) -> Figure:
    """Where there are fewer values than searches, they come again."""
    hits: list[int] = []
    counted = found[WARM:] if len(found) > number else found
    _ask(house.base, found[:WARM], [])
    used = house.cpu()
    done = _ask(house.base, list(islice(cycle(counted), number)), hits)
    asked = len(done.latencies)
    return Figure(
        name=name,
        p50=done.quantile(0.5),
        p99=done.quantile(0.99),
        asked=asked,
        different=min(asked, len(counted)),
        hits=_median(hits),
        refused=done.refused,
        cpu=1000 * (house.cpu() - used) / max(asked, 1),
    )


def _later_pages(house: House, name: str, found: Sequence[str]) -> Figure:
    """Page LATE, held against page EARLY, of those walks that are so long."""
    used = house.cpu()
    pages = [took for took in uvloop.run(_walk_all(house.base, found)) if len(took) == LATE]
    early = load.Outcome(latencies=[took[EARLY - 1] for took in pages])
    late = load.Outcome(latencies=[took[LATE - 1] for took in pages])
    return Figure(
        name=name,
        p50=late.quantile(0.5),
        p99=late.quantile(0.99),
        asked=len(pages),
        different=len(pages),
        hits=0,
        refused=0,
        cpu=1000 * (house.cpu() - used) / max(len(pages) * LATE, 1),
        before=early.quantile(0.5),
    )


def _ask(base: str, found: Sequence[str], hits: list[int]) -> load.Outcome:
    requests = load.until(LONGEST, (load.get(_path(base, one)) for one in found))
    return uvloop.run(load.run(base, requests, 1, lambda body: hits.append(body.count(_MATCH))))


async def _walk_all(base: str, found: Sequence[str]) -> list[list[float]]:
    """Seconds of every page of each walk."""
    parts = urlsplit(base)
    connection = load.Connection(parts.hostname or "", parts.port or 80)
    walks: list[list[float]] = []
    ends = time.perf_counter() + LONGEST
    for address in found:
        if time.perf_counter() > ends:
            break
        walks.append(await _pages(connection, _path(base, address)))
    connection.close()
    return walks


async def _pages(connection: load.Connection, path: str) -> list[float]:
    """Seconds that each page took, up to page LATE."""
    took: list[float] = []
    while path and len(took) < LATE:
        begun = time.perf_counter()
        status, body = await connection.send(load.get(path))
        took.append(time.perf_counter() - begun)
        assert status == 200
        path = _next(body)
    return took


def _next(body: bytes) -> str:
    """Path of the next page; empty on the last one."""
    links = {link["relation"]: link["url"] for link in orjson.loads(body)["link"]}
    parts = urlsplit(links.get("next", ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _path(base: str, address: str) -> str:
    return f"{urlsplit(base).path}/{address}".replace("/?", "?")


def _median(numbers: list[int]) -> int:
    return sorted(numbers)[len(numbers) // 2] if numbers else 0
