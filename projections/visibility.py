"""How far a view has come and who is parked, for those who wait to read what they wrote."""

import asyncio
from contextlib import aclosing, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import structlog

from ehr.event_store.connections import connect_async
from ehr.sql import load_queries
from projections.generations import queries
from projections.standing import relay_standing

_sql = load_queries(Path(__file__).with_name("projector.sql"))
log = structlog.get_logger()

LISTENS = 5.0
"""Seconds after which the database is asked, whatever was announced."""

PARKED = "parked"
"""Announced instead of a position when who is parked has changed."""

LOG = "log"
"""Announced instead of a view's name when the relay's trouble begins or ends."""


class Visibility:
    """Follows one view's announcements. ``async with`` starts and stops it.

    position: up to which the view shows the log. parked: citizens of whom it does not show everything.
    """

    def __init__(self, conninfo: str, view: str, *, waits_for_log: bool = True) -> None:
        """``view``: the name of the view whose position counts. waits_for_log: whether the view waits for a
        log that is away, so that nobody need wait for the view."""
        self.position = 0
        self.parked: frozenset[UUID] = frozenset()
        self._conninfo = conninfo
        self._view = view
        self._waits_for_log = waits_for_log
        self._reachable: int | None = None  # beyond this position nothing can be shown now
        self._waiting: set[tuple[int, asyncio.Future[None]]] = set()
        self._task: asyncio.Task[None] | None = None
        self._heard = monotonic()

    @property
    def silence(self) -> float:
        """Seconds since the view's position was asked for; beyond LISTENS, something is wrong."""
        return monotonic() - self._heard

    async def __aenter__(self) -> "Visibility":
        self._task = asyncio.create_task(self._follow(), name="visibility")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def wait(self, position: int, timeout: float) -> bool:
        """True once the view shows ``position``; False after ``timeout`` seconds, or at once when the log is
        away and does not have it."""
        if position <= self.position:
            return True
        if self._reachable is not None and position > self._reachable:
            return False
        waiting = (position, asyncio.get_running_loop().create_future())
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(timeout):
                await waiting[1]
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except psycopg.OperationalError as error:
                log.warning("database trouble, trying again", kind=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - nobody would see a write any more
                log.error("visibility trouble, trying again", kind=type(error).__name__)
            self.position = 0  # A database that crashed may have taken a view back: docs/decisions/0008.
            await asyncio.sleep(0.2)

    async def _listen(self) -> None:
        connection = await connect_async(self._conninfo)
        async with connection:
            await connection.execute("listen views")
            await self._look(connection)
            # Asking again now and then costs nothing and mends whatever a lost announcement left.
            while True:
                await self._hear(connection)
                await self._look(connection)

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Follows announcements, for some seconds or until it is said that who is parked has changed.

        While they are awaited the connection is locked: whoever asks it something else meanwhile waits for
        ever, and so does every write.
        """
        async with aclosing(connection.notifies(timeout=LISTENS)) as announcements:
            async for announced in announcements:
                view, _, position = announced.payload.partition(" ")
                if (view == self._view and position == PARKED) or view == LOG:
                    return
                if view == self._view:
                    self._shown(int(position))

    async def _look(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute(queries["serving"], {"view": self._view})
        row = await cursor.fetchone()
        if row:
            place = {"view": self._view, "generation": row[0]}
            cursor = await connection.execute(_sql["left_out"], place)
            self.parked = frozenset([subject for (subject,) in await cursor.fetchall()])
            self._shown(row[1])
        if self._waits_for_log:
            relay = await relay_standing(connection)
            self._reachable = None if relay is None or relay.works else relay.position
        self._heard = monotonic()

    def _shown(self, position: int) -> None:
        self.position = max(self.position, position)
        for at, shown in self._waiting:
            if at <= self.position and not shown.done():
                shown.set_result(None)
