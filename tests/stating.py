"""Stating facts in tests: requests as the API would make them, on a real record."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
import psycopg

from ehr.appending import Criteria
from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord, Receipt, now
from ehr.requests import Change, IdempotencyKey, Request
from ehr.values import Actor

ACTOR = Actor(client="test", facility="45901")
Result = TypeVar("Result")


def migrated(url: str) -> str:
    """The same database, with the record's schema."""
    with connect(url) as connection:
        migrate(connection, "record")
    return url


def on_record(
    url: str, work: Callable[[HealthRecord], Awaitable[Result]], *, kept_by_kafka: bool = False
) -> Result:
    """What ``work`` gives on a record of its own committer."""

    async def run() -> Result:
        async with PostgresRecorder(url, kept_by_kafka=kept_by_kafka) as recorder:
            return await work(HealthRecord(recorder))

    return asyncio.run(run())


def create(
    resource: dict[str, Any], condition: Criteria | None = None, full_url: str | None = None
) -> Change:
    """The wish to create a resource."""
    raw = orjson.dumps(resource)
    return Change(None, "create", resource["resourceType"], None, condition, None, full_url, raw, resource)


def update(resource: dict[str, Any], if_match: int | None = None) -> Change:
    """The wish to state the next version of a resource under its id."""
    raw = orjson.dumps(resource)
    return Change(
        None, "update", resource["resourceType"], resource["id"], None, if_match, None, raw, resource
    )


def request(*changes: Change, key: IdempotencyKey | None = None) -> Request:
    """Changes that belong together."""
    return Request(list(changes), ACTOR, now(), "request-1", key)


def patient(name: str, number: str | None = None) -> dict[str, Any]:
    """A Patient; number: of an identifier of system ``urn:test``."""
    identifier = [{"system": "urn:test", "value": number}] if number else []
    return {
        "resourceType": "Patient",
        "name": [{"text": name}],
        **({"identifier": identifier} if number else {}),
    }


def observation(patient_id: str, value: int) -> dict[str, Any]:
    """A result of a patient."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "test"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "valueInteger": value,
    }


def state_all(url: str, *requests: Request, kept_by_kafka: bool = False) -> list[Receipt]:
    """The receipts of requests that are all sent at once. kept_by_kafka: as a server with EHR_LOG=kafka."""

    async def work(record: HealthRecord) -> list[Receipt]:
        return list(await asyncio.gather(*(record.state(one) for one in requests)))

    return on_record(url, work, kept_by_kafka=kept_by_kafka)


@contextmanager
def looking(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to look with."""
    with connect(url) as connection:
        yield connection


def value(url: str, query: str) -> Any:
    """The one value that a query gives."""
    with looking(url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None
