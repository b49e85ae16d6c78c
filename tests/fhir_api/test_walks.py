"""Walks through pages while others write: nothing that stands still is left out or comes twice, and a cursor
misses nothing.

https://hl7.org/fhir/R4/http.html#paging, https://hl7.org/fhir/R4/search.html#lastUpdated
"""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import orjson
import pytest

from tests.fhir_api.running import FHIR_JSON, Door, Json, entries, pages

STILL, MOVING = 60, 30
WRITERS, TRANSACTIONS, ENTRIES = 3, 40, 5


def basic(id_: str, text: str) -> Json:
    return {"resourceType": "Basic", "id": id_, "code": {"text": text}}


def transaction(resources: list[Json]) -> bytes:
    """A Bundle that puts them."""
    entry = [
        {"resource": one, "request": {"method": "PUT", "url": f"Basic/{one['id']}"}} for one in resources
    ]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entry})


@pytest.fixture
def still(door: Door) -> set[str]:
    """Ids of resources that nobody changes, stated in a few flushes, some of them by one."""
    ids = [f"still{n}" for n in range(STILL)]
    for at in range(0, STILL, 20):
        put(door.client, [basic(id_, "still") for id_ in ids[at : at + 20]])
    put(door.client, [basic(f"moving{n}", "0") for n in range(MOVING)])
    return set(ids)


def put(client: httpx.Client, resources: list[Json]) -> None:
    client.post("", content=transaction(resources), headers=FHIR_JSON).raise_for_status()


def write(door: Door, seed: int) -> None:
    """Amends what moves, adds to it and takes some of it back."""
    chance = random.Random(seed)
    with httpx.Client(base_url=door.client.base_url, timeout=60) as client:
        for n in range(TRANSACTIONS):
            chosen = chance.sample(range(MOVING), ENTRIES)
            put(client, [basic(f"moving{one}", f"{seed}.{n}") for one in chosen])
            if n % 8 == 0:
                put(client, [basic(f"new{seed}.{n}.{one}", "new") for one in range(ENTRIES)])
                client.delete(f"Basic/moving{chosen[0]}").raise_for_status()


def writing(door: Door, pool: ThreadPoolExecutor) -> list[Future[None]]:
    return [pool.submit(write, door, seed) for seed in range(WRITERS)]


def until_done(writers: list[Future[None]]) -> Iterator[int]:
    """Counts rounds while somebody writes, and one more."""
    done, rounds = False, 0
    while not done:
        done = all(writer.done() for writer in writers)
        yield rounds
        rounds += 1


@pytest.mark.parametrize("sort", ["_lastUpdated", "-_lastUpdated"])
def test_what_stands_still_comes_once(door: Door, still: set[str], sort: str) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = writing(door, pool)
        for round_ in until_done(writers):
            walk = entries(door, f"Basic?_sort={sort}&_count={7 + round_ % 5}")
            found = Counter(entry["resource"]["id"] for entry in walk)
            assert {id_: found[id_] for id_ in still} == dict.fromkeys(still, 1)
            if sort == "-_lastUpdated":
                assert max(found.values()) == 1
        for writer in writers:
            writer.result()


@pytest.mark.parametrize("address", ["Basic/_history", "_history"])
def test_every_version_that_was_there_comes_once(door: Door, still: set[str], address: str) -> None:
    """https://hl7.org/fhir/R4/http.html#history"""
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = writing(door, pool)
        for round_ in until_done(writers):
            before = {versioned(entry) for entry in entries(door, f"{address}?_count=1000")}
            walk = Counter(versioned(entry) for entry in entries(door, f"{address}?_count={90 + round_ % 5}"))
            assert before <= walk.keys()
            assert max(walk.values()) == 1
        for writer in writers:
            writer.result()
    assert still <= {full_url.rpartition("/")[2] for full_url, _ in before}


def versioned(entry: Json) -> tuple[str, str]:
    return entry["fullUrl"], entry["response"]["etag"]


def test_a_cursor_misses_nothing(door: Door, still: set[str]) -> None:
    seen: dict[str, int] = {}
    last = "2000-01-01T00:00:00.000Z"
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = writing(door, pool)
        for _ in until_done(writers):
            for page in pages(door, f"Basic?_lastUpdated=gt{last}&_sort=_lastUpdated&_count=11"):
                for entry in page.get("entry", ()):
                    meta = entry["resource"]["meta"]
                    assert meta["lastUpdated"] >= last
                    seen[entry["resource"]["id"]] = int(meta["versionId"])
                    last = meta["lastUpdated"]
        for writer in writers:
            writer.result()
    now = {
        entry["resource"]["id"]: int(entry["resource"]["meta"]["versionId"])
        for entry in entries(door, "Basic?_count=1000")
    }
    assert still <= now.keys()
    assert {id_: seen.get(id_) for id_ in now} == now


def test_what_was_seen_of_a_flush_does_not_grow(door: Door, still: set[str]) -> None:
    """What shares its time of change becomes visible together: later there can only be less of it."""
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = writing(door, pool)
        for _ in until_done(writers):
            newest = door.json("Basic?_sort=-_lastUpdated&_count=1")["entry"][0]["resource"]
            same_time = f"Basic?_lastUpdated={newest['meta']['lastUpdated']}"
            first, second = ({one["fullUrl"] for one in entries(door, same_time)} for _ in range(2))
            assert second <= first
        for writer in writers:
            writer.result()
    assert still <= {one["resource"]["id"] for one in entries(door, "Basic?_count=1000")}
