"""The deciding store as the door sees it: resolution and group commit over PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar
from uuid import UUID

import structlog

from ehr.appending import Append, Appended, Condition, Found, Resolved, Stream
from ehr.encoding import SchemaTooNew, Undecodable
from ehr.errors import Unavailable
from ehr.event_store.connections import RecordTrouble
from ehr.event_store.group_commit import SILENT_SECONDS, GroupCommit
from ehr.event_store.housekeeping import keep_house
from ehr.event_store.resolver import Resolver
from ehr.event_store.searches import Searches
from ehr.facts import AnyFact
from ehr.searching import Search, Searcher
from ehr.values import Key

T = TypeVar("T")

log = structlog.get_logger()


class PostgresRecorder:
    """Keeps the promise of ``ehr.appending.Recorder``. One a process; ``async with`` starts and stops it."""

    def __init__(
        self, conninfo: str, searcher: Searcher | None = None, *, kept_by_kafka: bool = False
    ) -> None:
        """``conninfo``: libpq connection string or URL of the record's database. searcher: for conditions
        that are searches. kept_by_kafka: whether Kafka keeps the log of whichever database is there; see
        ``keep_by_kafka``."""
        self._resolver = Resolver(conninfo)
        self._searches = Searches(conninfo, searcher) if searcher else None
        self._commits = GroupCommit(conninfo, self._searches, kept_by_kafka=kept_by_kafka)
        self._conninfo = conninfo
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "PostgresRecorder":
        self._tasks = [
            asyncio.create_task(self._commits.run(), name="committer"),
            asyncio.create_task(keep_house(self._conninfo), name="housekeeping"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("a part of the record ended by itself", kind=type(ended).__name__)
        await self._resolver.close()
        if self._searches:
            await self._searches.close()

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        """See ``Recorder.resolve``."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await self._resolver.resolve(heads, conditions, key)
        except (*RecordTrouble, TimeoutError) as error:
            raise Unavailable from error

    async def find(self, searches: Mapping[Search, int]) -> Found:
        """See ``Recorder.find``."""
        assert self._searches is not None, "without a searcher no condition is a search"
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await self._searches.find(searches)
        except (*RecordTrouble, TimeoutError) as error:
            raise Unavailable from error

    async def read_stream(self, stream: UUID) -> Stream:
        """See ``Recorder.read_stream``."""
        return await _decoded(self._resolver.read_stream(stream))

    async def read_fact(self, stream: UUID, version: int) -> AnyFact | None:
        """See ``Recorder.read_fact``."""
        return await _decoded(self._resolver.read_fact(stream, version))

    async def append(self, request: Append) -> Appended:
        """See ``Recorder.append``."""
        return await self._commits.append(request)


async def _decoded(reading: Awaitable[T]) -> T:
    """What is read of streams. Raises Unavailable."""
    try:
        async with asyncio.timeout(SILENT_SECONDS):
            return await reading
    except (*RecordTrouble, TimeoutError) as error:
        raise Unavailable from error
    except (SchemaTooNew, Undecodable) as error:
        raise Unavailable("What was stated there cannot be read by this server.") from error
