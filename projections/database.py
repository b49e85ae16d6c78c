"""Connections for those who read the views."""

from asyncio import timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from select import POLLIN, poll
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import AsyncConnectionPool

DatabaseTrouble = psycopg.OperationalError
"""What every read raises while the database cannot be reached, or where it ``is_too_costly``."""

LONGEST_SECONDS = 30
"""Seconds that a read may take in all, and so each of its statements."""

PATIENCE = 5.0
"""Seconds that a read waits for a connection: until one is free, or the database is back."""

CHECKED_SECONDS = 1.0
"""So long a silent connection is believed to be there: to ask costs as much as a small search."""

Reader = psycopg.AsyncConnection[Any]


def is_too_costly(error: DatabaseTrouble) -> bool:
    """Whether the database would not do so much: it took too long, or a statement is too large or too complex
    (https://www.postgresql.org/docs/17/errcodes-appendix.html, query_canceled and class 54)."""
    return error.sqlstate is not None and error.sqlstate.startswith(("57014", "54"))


class ViewDatabase:
    """A pool of connections in autocommit mode, for statements that read the serving generations."""

    def __init__(
        self, conninfo: str, size: int = 8, longest: float = LONGEST_SECONDS, *, planned_once: bool = False
    ) -> None:
        """``open`` before use. size: connections at most. longest: seconds that one is given away for.

        planned_once: statements find by keys, and whatever the values are, one plan does.
        """
        self._longest = longest
        self._pool: AsyncConnectionPool[Reader] = AsyncConnectionPool(
            conninfo,
            min_size=1,
            max_size=size,
            open=False,
            timeout=PATIENCE,
            kwargs={"autocommit": True, "options": "-c timezone=UTC"},
            configure=_configure_once if planned_once else configure,
            check=_Checks().check,
        )

    async def open(self) -> None:
        """Connects; raises psycopg_pool.PoolTimeout when the database does not answer in 30 s."""
        await self._pool.open(wait=True)

    async def close(self) -> None:
        """Closes every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Reader]:
        """A connection for a few statements. Each statement sees its own moment."""
        async with self._pool.connection() as connection, _deadline(self._longest):
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        """A connection in a read-only transaction: all its statements see one moment."""
        async with self._pool.connection() as connection, _deadline(self._longest), connection.transaction():
            yield connection


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """Ends what is done within it, the running statement too, as the database ends a statement."""
    try:
        async with timeout(seconds) as ends:
            yield
    except TimeoutError:
        if not ends.expired():
            raise
        raise psycopg.errors.QueryCanceled("All statements together took too long.") from None


class _Checks:
    """Looks whether connections of a pool are still there, but asks none that was there a moment ago.

    A server that ends or crashes closes its connections, which is seen without asking. Only one that is gone
    without a word is believed in for a moment.
    """

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Reader, float] = WeakKeyDictionary()

    async def check(self, connection: Reader) -> None:
        """Raises an OperationalError for one that is lost."""
        before = self._seen.get(connection)
        if before is None or monotonic() - before >= CHECKED_SECONDS or _is_spoken_to(connection):
            await AsyncConnectionPool.check_connection(connection)
            self._seen[connection] = monotonic()


def _is_spoken_to(connection: Reader) -> bool:
    """Whether something has come that nobody asked for: a farewell, or the connection's end."""
    incoming = poll()
    incoming.register(connection.fileno(), POLLIN)
    return bool(incoming.poll(0))


async def configure(connection: Reader, longest: float = LONGEST_SECONDS) -> None:
    """Makes a connection one that reads, and never waits for long. longest: seconds of a statement."""
    # What transactions begin with; in autocommit mode there are none but those of snapshot().
    await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
    # A generic plan of a search took 117 ms where one made for its values took 0.1: always plan for values.
    await connection.execute("set plan_cache_mode = force_custom_plan")
    await connection.execute("select set_config('statement_timeout', %s, false)", [f"{longest * 1000:.0f}"])


async def _configure_once(connection: Reader) -> None:
    """As configure(), but what is asked for often is planned once: to plan what is found by keys takes longer
    than to find it."""
    await configure(connection)
    await connection.execute("set plan_cache_mode = force_generic_plan")


@asynccontextmanager
async def planned_for_values(connection: Reader) -> AsyncIterator[None]:
    """In a transaction, where statements are planned once: what is asked for within it is a search, whose
    best plan depends on the values."""
    await connection.execute("set local plan_cache_mode = force_custom_plan")
    yield
    await connection.execute("set local plan_cache_mode = force_generic_plan")
