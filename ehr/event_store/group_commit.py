"""Group commit: requests that arrive while a flush is under way share the next one.

One transaction a flush, one fsync for all of its requests. A flush whose connection is lost is neither
repeated nor forgotten: its id is looked up, and fenced off if it was not committed. Whoever waits for that
is told after a while that the outcome is not known.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import structlog

from ehr.appending import LARGEST_FACT, LARGEST_REQUEST, Append, Appended, Verdict
from ehr.dates import instant
from ehr.errors import OutcomeUnknown, TooLarge, Unavailable
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import AsyncConnection, connect_async
from ehr.sql import load_queries
from ehr.values import Key, new_id

MOST_REQUESTS = 256
MOST_RESOURCES = 20_000
MOST_BYTES = 64 * 1024 * 1024
"""A flush holds at most so many requests, and takes no further one once it has so many resources or bytes."""

PAUSE_SECONDS = 0.2
"""Between two tries to find out about a flush while the database does not answer."""

OPEN_SECONDS = 10.0
"""So long the requests of a lost flush wait until it is found out about; then they raise OutcomeUnknown."""

SILENT_SECONDS = 60.0
"""The same while the database holds the connection and says nothing, or others hold the lock."""

_queries = load_queries(Path(__file__).with_name("resolve.sql"))
log = structlog.get_logger()
Row = tuple[list[int], list[int], datetime | None]


class _Waiting(NamedTuple):
    """A request, whom it keeps waiting, and the bytes of its facts."""

    request: Append
    done: asyncio.Future[Appended]
    size: int


class _Lost(Exception):
    """The connection was lost before the flush was stored."""


class GroupCommit:
    """The committer of one process; several processes may run one each."""

    def __init__(self, conninfo: str) -> None:
        """Nothing is opened before ``run``."""
        self._conninfo = conninfo
        self._waiting: deque[_Waiting] = deque()
        self._flushing: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._ended = False
        self._open = False  # a lost flush has been found out about for too long

    async def append(self, request: Append) -> Appended:
        """See ``ehr.appending.Recorder.append``."""
        size = _check_size(request)
        if self._ended or self._open:
            raise Unavailable
        done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(request, done, size))
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Flushes for ever; cancel it to stop. Requests still waiting then raise Unavailable."""
        try:
            while True:
                await self._arrived.wait()
                flush, clashing = self._take()
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

    def _take(self) -> tuple[list[_Waiting], list[_Waiting]]:
        """(the next flush, requests that touch what an earlier one in it writes).

        The latter were resolved before that write: they are stale as soon as the flush is over.
        """
        flush: list[_Waiting] = []
        clashing: list[_Waiting] = []
        touched: set[Any] = set()
        resources = size = 0
        while self._waiting and len(flush) < MOST_REQUESTS:
            if resources >= MOST_RESOURCES or size >= MOST_BYTES:
                break
            waiting = self._waiting.popleft()
            if waiting.done.done():  # its caller has gone
                continue
            writes, reads = _touches(waiting.request)
            if not touched.isdisjoint(reads):
                clashing.append(waiting)
                continue
            flush.append(waiting)
            touched |= writes
            resources += len(waiting.request.heads)
            size += waiting.size
        return flush, clashing

    async def _flush(self, flush: list[_Waiting]) -> None:
        if not flush:
            return
        try:
            connection = await self._connected()
        except psycopg.Error as error:
            self._refuse(flush, Unavailable(), error)
            return
        try:
            row = await self._commit(connection, flush)
        except _Lost as error:
            self._refuse(flush, Unavailable(), error)
        except Exception as error:  # noqa: BLE001 - the committer must outlive whatever one request brings
            await self._blame(flush, error)
        else:
            self._settle(flush, row)

    async def _commit(self, connection: AsyncConnection, flush: Sequence[_Waiting]) -> Row:
        """The outcome of one flush. Raises _Lost when it was not and never will be stored."""
        flush_id = UUID(new_id())
        values = parameters(flush_id, [waiting.request for waiting in flush])
        try:
            with self._answering(flush, SILENT_SECONDS):
                cursor = await connection.execute(APPEND, values, prepare=True, binary=True)
                row: Row | None = await cursor.fetchone()
        except psycopg.Error:
            if not self._lost():
                raise
            row = await self._find_out(flush_id, flush)
        if row is None:
            raise _Lost
        return row

    async def _blame(self, flush: list[_Waiting], error: Exception) -> None:
        """A flush that the database refuses is tried again request by request: only the guilty one fails."""
        if len(flush) == 1:
            trouble = isinstance(error, psycopg.OperationalError)  # a full disk, say
            self._refuse(flush, Unavailable() if trouble else error, error if trouble else None)
            return
        for waiting in flush:
            if not waiting.done.done():
                await self._flush([waiting])

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
        return self._connection

    def _lost(self) -> bool:
        return self._connection is None or self._connection.broken or self._connection.closed

    async def _find_out(self, flush_id: UUID, flush: Sequence[_Waiting]) -> Row | None:
        """What the flush came to, once that can be known; None when it was not and never will be stored."""
        with self._answering(flush, OPEN_SECONDS):
            return await self._look_or_fence(flush_id, flush)

    @contextmanager
    def _answering(self, flush: Sequence[_Waiting], seconds: float) -> Iterator[None]:
        """What comes of a flush may take longer than its requests wait for that, and others behind it."""
        timer = asyncio.get_running_loop().call_later(seconds, self._leave_open, flush)
        try:
            yield
        finally:
            timer.cancel()
            self._open = False

    def _leave_open(self, flush: Sequence[_Waiting]) -> None:
        self._open = True
        self._refuse(flush, OutcomeUnknown())
        self._refuse_others(flush)

    def _refuse_others(self, flush: Sequence[_Waiting], cause: Exception | None = None) -> None:
        """Refuses whoever waits behind a flush, and has not been sent."""
        sent = {waiting.done for waiting in flush}
        others = [waiting for waiting in (*self._flushing, *self._waiting) if waiting.done not in sent]
        self._refuse(others, Unavailable(), cause)
        self._waiting.clear()

    async def _look_or_fence(self, flush_id: UUID, flush: Sequence[_Waiting]) -> Row | None:
        """See ``_find_out``.

        Looking alone would be a race: the lost transaction may still wait for its lock. So its id is taken
        under the same lock; either it is there already, or the late transaction fails on it. Those who wait
        behind this flush were not sent, so they need not wait until the database is back.
        """
        while True:
            try:
                connection = await self._connected()
                fenced = await connection.execute(_queries["fence"], {"flush_id": flush_id})
                if await fenced.fetchone():
                    return None
                cursor = await connection.execute(_queries["flush"], {"flush_id": flush_id}, binary=True)
                row: Row | None = await cursor.fetchone()
                return row if row and row[0] else None  # A fence says nothing: an earlier try took the id.
            except psycopg.Error as error:
                self._refuse_others(flush, error)
                await asyncio.sleep(PAUSE_SECONDS)

    def _settle(self, flush: list[_Waiting], row: Row) -> None:
        """The flush is committed: whatever goes wrong from here on, it must not be sent again."""
        try:
            self._answer(flush, row)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("what became of a flush cannot be told", kind=type(error).__name__)
            self._refuse(flush, OutcomeUnknown(), error)

    @staticmethod
    def _answer(flush: list[_Waiting], row: Row) -> None:
        verdicts, ends, last_updated = row
        stamp = instant(last_updated) if last_updated else ""
        for (_, done, _), verdict, end in zip(flush, verdicts, ends, strict=True):
            if not done.done():
                done.set_result(Appended(Verdict(verdict), end, stamp))

    @staticmethod
    def _refuse(flush: Iterable[_Waiting], refusal: Exception, cause: Exception | None = None) -> None:
        refusal.__cause__ = cause
        for _, done, _ in flush:
            if not done.done():
                done.set_exception(refusal)


def _check_size(request: Append) -> int:
    """Bytes of the request's facts. Raises TooLarge."""
    sizes = [len(fact.state) for fact in request.facts]
    if max(sizes, default=0) > LARGEST_FACT:
        answer = "with the answer that its Idempotency-Key keeps" if request.answer else "by itself"
        raise TooLarge(f"A fact passes 9 MiB {answer}.")
    if sum(sizes) > LARGEST_REQUEST:
        raise TooLarge("Its facts pass 256 MiB together.")
    return sum(sizes)


def _stale(count: int) -> Row:
    return [Verdict.STALE] * count, [0] * count, None


def _touches(request: Append) -> tuple[set[Any], set[Any]]:
    """(what the request writes, what it reads or writes), as comparable tokens."""
    writes: set[Any] = {write.key for write in request.heads}
    writes |= {(claim.key.type, claim.value, "claim") for claim in request.claims}
    if request.answer:
        writes.add((request.answer.client, request.answer.key, "answer"))
    reads: set[Any] = {key for key, _ in request.asserted_heads}
    reads |= {(match.condition.type, match.condition.value, "claim") for match in request.asserted_matches}
    # What matches may cease to: whoever writes it may take the identifier away.
    reads |= {Key(match.condition.type, id_) for match in request.asserted_matches for id_ in match.ids}
    return writes, {write for write in writes if len(write) < 3 or write[2] != "claim"} | reads
