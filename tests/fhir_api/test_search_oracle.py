"""Searches on the real server: what a second opinion finds, and what was counted (tests/oracle)."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fhir_api.running import FHIR_JSON, Door, prepare, projecting, serving
from tests.fhir_api.test_everything import bundles
from tests.oracle.compare import compared, opened
from tests.oracle.corpus import read
from tests.oracle.counts import disagreements, totals

ORACLE = Path(__file__).parents[1] / "data" / "oracle-small.json"
SEARCHES = 2_000


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
