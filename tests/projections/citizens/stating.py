"""States changes in a real record, reads them back as facts, and projects them in batches."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import sql

from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord
from ehr.requests import Action, Change, Request
from ehr.values import Actor
from projections.generations import Generation, add_generation, drop_generation, use_schema
from projections.projector import Projector
from projections.view import View
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact

Json = dict[str, Any]
Result = TypeVar("Result")


class Record:
    """``async with``: a record in an empty database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._recorder = PostgresRecorder(url)

    async def __aenter__(self) -> "Record":
        with connect(self._url) as connection:
            migrate(connection, "record")
        await self._recorder.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._recorder.__aexit__(kind, error, trace)

    async def state(
        self, *changes: Change, facility: str | None = "45901", at: str = "2026-10-05T08:00:00.000Z"
    ) -> None:
        """One transaction. Raises a Refusal."""
        await HealthRecord(self._recorder).state(Request(list(changes), Actor(facility=facility), at))


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Its result, from an event loop in a thread of its own: a browser's fixture keeps this one's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def put(resource: Json, index: int = 0) -> Change:
    """Writes a resource under its own id."""
    return _change("update", resource, index)


def delete(type_: str, id_: str, index: int = 0) -> Change:
    """Takes a resource back."""
    return Change(index, "delete", type_, id_)


def _change(action: Action, resource: Json, index: int) -> Change:
    raw = orjson.dumps(resource)
    return Change(index, action, resource["resourceType"], resource["id"], raw=raw, json=orjson.loads(raw))


def facts_of(url: str) -> list[RecordedFact]:
    """All facts of a record."""
    log = NotificationLog(url)
    try:
        return [entry for entry in log.read(0, 1_000_000) if isinstance(entry, RecordedFact)]
    finally:
        log.close()


def follow(url: str, *views: View) -> None:
    """Brings the serving generation of each view to the end of the record."""
    log = NotificationLog(url)
    for view in views:
        projector = Projector(view, log, url)
        while projector.step():
            pass
        projector.close()
    log.close()


def project(
    connection: psycopg.Connection[Any], view: View, batches: Iterable[Sequence[RecordedFact]]
) -> Generation:
    """A new generation made of these batches; the connection's names are its tables."""
    generation = add_generation(connection, view)
    use_schema(connection, generation)
    for batch in batches:
        with connection.transaction():
            view.project(connection, batch)
    return generation


def rows(connection: psycopg.Connection[Any], view: View) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the generation in use, sorted."""
    return {
        table: sorted(connection.execute(sql.SQL("select * from {}").format(sql.Identifier(table))), key=repr)
        for table in view.tables
    }


def cut(facts: Sequence[RecordedFact], places: Iterable[int]) -> list[Sequence[RecordedFact]]:
    """The facts in batches that end before the given places."""
    ends = sorted({0, len(facts), *(place % (len(facts) + 1) for place in places)})
    return [facts[start:end] for start, end in pairwise(ends)]


__all__ = [
    "Record",
    "cut",
    "delete",
    "drop_generation",
    "facts_of",
    "follow",
    "project",
    "put",
    "rows",
    "run",
]
