"""Updates resources again and again, as stations do that send each time all they have."""

from collections.abc import Iterator, Sequence

import orjson
import psycopg
import uvloop

from benchmarks import load
from benchmarks.house import House
from benchmarks.searching.drawing import Resource, read_all

TIMES = 10
TOGETHER = 100
"""Resources in a transaction."""
CLIENTS = 4


def update(house: House, resources: Sequence[Resource]) -> int:
    """Gives every resource TIMES more versions, each with all its elements; says how many requests failed."""
    refused = 0
    for turn in range(TIMES):
        requests = (load.post("/fhir", body) for body in transactions(resources, turn))
        refused += uvloop.run(load.run(house.base, requests, CLIENTS)).refused
    return refused


def everything(house: House) -> list[Resource]:
    """All resources that there are."""
    with psycopg.connect(house.database) as connection:
        return read_all(connection)


def transactions(resources: Sequence[Resource], turn: int) -> Iterator[bytes]:
    """Bundles that put every resource again, with one element changed: its language, by turns."""
    for begin in range(0, len(resources), TOGETHER):
        entries = [_entry(resource, turn) for resource in resources[begin : begin + TOGETHER]]
        yield orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _entry(resource: Resource, turn: int) -> Resource:
    address = f"{resource['resourceType']}/{resource['id']}"
    changed = resource | {"language": ("en", "vi")[turn % 2]}
    return {"resource": changed, "request": {"method": "PUT", "url": address}}
