"""Group commit: requests that arrive while a flush is under way share the next one.

One transaction a flush, one fsync for all of its requests. A flush whose connection is lost is neither
repeated nor forgotten: its id is looked up, and fenced off if it was not committed. Whoever waits for that
is told after a while that the outcome is not known.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import psycopg
import structlog

from ehr.appending import Append, Appended, Verdict
from ehr.dates import instant
from ehr.errors import OutcomeUnknown, Unavailable, Uncompared
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import AsyncConnection, RecordTrouble, connect_async
from ehr.event_store.lost_flush import Row, find_out
from ehr.event_store.news import LOCK
from ehr.event_store.relaying import keep_by_kafka_async
from ehr.event_store.searches import Searches
from ehr.event_store.sharing import Waiting, check_size, share
from ehr.values import new_id

OPEN_SECONDS = 10.0
"""So long the requests of a lost flush wait until it is found out about; then they raise OutcomeUnknown."""

SILENT_SECONDS = 60.0
"""The same while the database holds the connection and says nothing, or others hold the lock."""

BLAME_SECONDS = 10.0
"""So long the requests of a refused flush are tried one by one; those that are left are refused unsent."""

log = structlog.get_logger()


class _Lost(Exception):
    """The connection was lost before the flush was stored."""


class GroupCommit:
    """The committer of one process; several processes may run one each."""

    def __init__(
        self, conninfo: str, searches: Searches | None = None, *, kept_by_kafka: bool = False
    ) -> None:
        """Nothing is opened before ``run``. searches: makes sure of what requests assert of searches; without
        it none may assert any. kept_by_kafka: see ``PostgresRecorder``."""
        self._conninfo = conninfo
        self._searches = searches
        self._kept_by_kafka = kept_by_kafka
        self._waiting: deque[Waiting] = deque()
        self._flushing: list[Waiting] = []
        self._arrived = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._ended = False
        self._open = False  # a lost flush has been found out about for too long

    async def append(self, request: Append) -> Appended:
        """See ``ehr.appending.Recorder.append``."""
        size = check_size(request)
        if self._ended or self._open:
            raise Unavailable
        done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(request, done, size))
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Flushes for ever; cancel it to stop. Requests still waiting then raise Unavailable."""
        try:
            while True:
                await self._arrived.wait()
                flush, clashing = share(self._waiting)
                self._flushing = flush + clashing
                await self._flush(flush)
                self._settle(clashing, _stale(len(clashing)))
                if not self._waiting:
                    self._arrived.clear()
        finally:
            self._ended = True
            self._refuse(self._flushing, OutcomeUnknown())
            self._refuse(self._waiting, Unavailable())
            if self._connection:
                await self._connection.close()

    async def _flush(self, flush: list[Waiting]) -> None:
        if not flush:
            return
        try:
            connection = await self._connected()
        except psycopg.Error as error:
            self._refuse(flush, Unavailable(), error)
            self._refuse_others(flush, error)
            return
        try:
            row = await self._commit(connection, flush)
        except _Lost as error:
            self._refuse(flush, Unavailable(), error)
        except Exception as error:  # noqa: BLE001 - the committer must outlive whatever one request brings
            await self._blame(flush, error)
        else:
            self._settle(flush, row)

    async def _commit(self, connection: AsyncConnection, flush: Sequence[Waiting]) -> Row:
        """The outcome of one flush. Raises _Lost when it was not and never will be stored."""
        flush_id = UUID(new_id())
        requests = [waiting.request for waiting in flush]
        try:
            with self._answering(flush, SILENT_SECONDS):
                row = await self._append(connection, flush_id, requests)
        except psycopg.Error:
            if not self._lost():
                raise
            with self._answering(flush, OPEN_SECONDS):
                row = await find_out(flush_id, self._connected, partial(self._refuse_others, flush))
        if row is None:
            raise _Lost
        return row

    async def _append(
        self, connection: AsyncConnection, flush_id: UUID, requests: Sequence[Append]
    ) -> Row | None:
        """Usually one statement. Where searches are asserted, what they match is looked at under its lock."""
        if not any(request.asserted_hits for request in requests):
            return await self._send(connection, flush_id, requests)
        assert self._searches is not None
        async with connection.transaction():
            await connection.execute(LOCK)
            requests = await self._searches.let_stand(connection, requests)
            return await self._send(connection, flush_id, requests)

    async def _send(self, connection: AsyncConnection, flush_id: UUID, requests: Sequence[Append]) -> Row:
        """Raises Uncompared where the record does not know that Kafka keeps its log."""
        values = parameters(flush_id, requests, kept_by_kafka=self._kept_by_kafka)
        cursor = await connection.execute(APPEND, values, prepare=True, binary=True)
        row: Row | None = await cursor.fetchone()
        if row is None:
            raise Uncompared
        return row

    async def _blame(self, flush: list[Waiting], error: Exception) -> None:
        """A flush that the database refuses is tried again request by request: only the guilty one fails."""
        if isinstance(error, Uncompared):
            await self._let_go()
        if _is_uncompared(error):
            self._refuse(flush, Uncompared(), error)
        elif _is_trouble(error):
            self._refuse(flush, Unavailable(), error)
        elif len(flush) == 1:
            self._refuse(flush, error)
        else:
            await self._flush_each(flush)

    async def _flush_each(self, flush: list[Waiting]) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + BLAME_SECONDS
        for waiting in flush:
            if clock() >= deadline:
                self._refuse(flush, Unavailable())
            if not waiting.done.done():
                await self._flush([waiting])

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
        return self._connection

    async def _connect(self) -> AsyncConnection:
        """After a loss it may be another database, a backup from before Kafka kept its log. One can also be
        put back under a connection that outlives it: see ``_let_go``."""
        connection = await connect_async(self._conninfo)
        try:
            if self._kept_by_kafka:
                await keep_by_kafka_async(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _let_go(self) -> None:
        """The next connection lets the record know who keeps its log."""
        if self._connection:
            await self._connection.close()

    def _lost(self) -> bool:
        return self._connection is None or self._connection.broken or self._connection.closed

    @contextmanager
    def _answering(self, flush: Sequence[Waiting], seconds: float) -> Iterator[None]:
        """What comes of a flush may take longer than its requests wait for that, and others behind it."""
        timer = asyncio.get_running_loop().call_later(seconds, self._leave_open, flush)
        try:
            yield
        finally:
            timer.cancel()
            self._open = False

    def _leave_open(self, flush: Sequence[Waiting]) -> None:
        self._open = True
        self._refuse(flush, OutcomeUnknown())
        self._refuse_others(flush)

    def _refuse_others(self, flush: Sequence[Waiting], cause: Exception | None = None) -> None:
        """Refuses whoever waits behind a flush: they were not sent, so they need not wait for its end."""
        sent = {waiting.done for waiting in flush}
        others = [waiting for waiting in (*self._flushing, *self._waiting) if waiting.done not in sent]
        self._refuse(others, Unavailable(), cause)
        self._waiting.clear()

    def _settle(self, flush: list[Waiting], row: Row) -> None:
        """The flush is committed: whatever goes wrong from here on, it must not be sent again."""
        try:
            self._answer(flush, row)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("what became of a flush cannot be told", kind=type(error).__name__)
            self._refuse(flush, OutcomeUnknown(), error)

    @staticmethod
    def _answer(flush: list[Waiting], row: Row) -> None:
        verdicts, ends, last_updated = row
        stamp = instant(last_updated) if last_updated else ""
        for (_, done, _), verdict, end in zip(flush, verdicts, ends, strict=True):
            if not done.done():
                done.set_result(Appended(Verdict(verdict), end, stamp))

    @staticmethod
    def _refuse(flush: Iterable[Waiting], refusal: Exception, cause: Exception | None = None) -> None:
        refusal.__cause__ = cause
        for _, done, _ in flush:
            if not done.done():
                done.set_exception(refusal)


def _stale(count: int) -> Row:
    return [Verdict.STALE] * count, [0] * count, None


def _is_uncompared(error: Exception) -> bool:
    """Whether all was refused because Kafka may have more facts than the store."""
    return isinstance(error, Uncompared) or (isinstance(error, psycopg.Error) and error.sqlstate == "EH001")


def _is_trouble(error: Exception) -> bool:
    """Whether no request is guilty of it, as of a full disk. Class 54 are limits that one passes
    (https://www.postgresql.org/docs/17/errcodes-appendix.html)."""
    return isinstance(error, RecordTrouble) and not (error.sqlstate or "").startswith("54")
