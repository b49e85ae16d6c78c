"""Searches on the real server: what a second opinion finds, and what was counted (tests/oracle)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ehr.event_store.connections import connect_async
from fhir_api.errors import ApiError
from fhir_api.searching.asking import Asked, Place, read_search
from projections.database import Reader, configure
from projections.fhir_resources.finding import Wanted, count, find_all
from projections.search.frequency import NOTHING_KNOWN
from projections.search.reading import EVERYTHING, NOTHING
from projections.search.rewriting import rewritten
from projections.search.tree import And, OfType, Or
from tests.fhir_api.running import FHIR_JSON, Door, prepare, projecting, serving
from tests.fhir_api.test_everything import bundles
from tests.oracle.compare import compared, opened
from tests.oracle.corpus import read
from tests.oracle.counts import disagreements, totals
from tests.oracle.generator import Generator, Search
from tests.projections.search.frequencies import ALL_COMMON

ORACLE = Path(__file__).parents[1] / "data" / "oracle-small.json"
SEARCHES = 2_000
DRAWN = 400
"""Searches of which those with chains are taken."""


class Loaded(NamedTuple):
    """A server that was given all of synthea-small. stated: ``Type/id`` of each resource, in order."""

    door: Door
    stated: list[str]


@pytest.fixture(scope="module")
def loaded(module_database: str) -> Iterator[Loaded]:
    prepare(module_database)
    with projecting(module_database), serving(module_database) as door:
        stated = [key for body in bundles().values() for key in sent(door, body)]
        yield Loaded(door, list(dict.fromkeys(stated)))


def sent(door: Door, body: bytes) -> list[str]:
    """What each entry of a bundle became."""
    answer = door.client.post("", content=body, headers=FHIR_JSON).raise_for_status()
    locations = (entry["response"]["location"] for entry in answer.json()["entry"])
    return ["/".join(location.partition("/_history/")[0].split("/")[-2:]) for location in locations]


def test_without_sort_resources_stand_as_first_stated(loaded: Loaded) -> None:
    with opened(loaded.door.address) as client:
        shown = list(read(client).resources)
    assert shown == sorted(loaded.stated, key=lambda key: key.partition("/")[0])


def test_random_searches_find_what_the_oracle_finds(loaded: Loaded) -> None:
    found = compared(loaded.door.address, SEARCHES, seed=1)
    assert not found, "\n".join(map(str, found))


def test_every_count_holds(loaded: Loaded) -> None:
    with opened(loaded.door.address) as client:
        assert disagreements(totals(client), ORACLE) == []


def chained(loaded: Loaded) -> Iterator[Asked]:
    """Random searches of one type that look at other resources."""
    with opened(loaded.door.address) as client:
        corpus = read(client)
    for search in Generator(corpus, seed=2).searches(DRAWN):
        if any("." in name or name.startswith("_has:") for name, _ in search.pairs):
            yield from understood(search, f"{loaded.door.address}/fhir")


def understood(search: Search, base: str) -> Iterator[Asked]:
    if "/" in search.path or not search.path:
        return
    try:
        yield read_search(Place(search.path, (search.path,)), list(search.pairs), base, lenient=False)
    except ApiError:
        return


async def in_every_way(connection: Reader, wanted: Wanted) -> list[list[int]]:
    """What is found by what is rare, by what is common, where the condition is one of several, and across
    types."""
    (type_,), node, keys = wanted.types, wanted.node, wanted.keys
    among = Wanted((type_,), And((node, EVERYTHING)), keys)
    across = Wanted((type_, "Basic"), rewritten(Or((OfType(type_, node), OfType("Basic", NOTHING)))), keys)
    ways = [(wanted, NOTHING_KNOWN), (wanted, ALL_COMMON), (among, ALL_COMMON), (across, ALL_COMMON)]
    found = [await find_all(connection, one, 100_000, common) for one, common in ways]
    counted = [await count(connection, one, common) for one, common in ways]
    assert counted == list(map(len, found))
    return found


async def all_in_every_way(database: str, asked: list[Asked]) -> list[list[list[int]]]:
    async with await connect_async(database) as connection:
        await configure(connection)
        return [await in_every_way(connection, one.wanted) for one in asked]


def test_however_chains_are_followed_the_same_is_found(loaded: Loaded) -> None:
    asked = list(chained(loaded))
    found = asyncio.run(all_in_every_way(loaded.door.database, asked))
    assert all(way == ways[0] for ways in found for way in ways)
    assert sum(bool(ways[0]) for ways in found) > len(asked) // 2 > DRAWN // 10
