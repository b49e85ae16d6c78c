"""What became of a flush whose connection was lost: its id is looked up, and taken if it is not there yet."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg

from ehr.event_store.connections import AsyncConnection
from ehr.sql import load_queries

PAUSE_SECONDS = 0.2
"""Between two tries to find out about a flush while the database does not answer."""

Row = tuple[list[int], list[int], datetime | None]
"""What a flush came to: the verdict and the end of each request, and when; see append.sql."""

_queries = load_queries(Path(__file__).with_name("resolve.sql"))


async def find_out(
    flush_id: UUID, connected: Callable[[], Awaitable[AsyncConnection]], in_vain: Callable[[Exception], None]
) -> Row | None:
    """What the flush came to, once that can be known; None when it was not and never will be stored.

    Looking alone would be a race: the lost transaction may still wait for its lock. So its id is taken
    under the same lock; either it is there already, or the late transaction fails on it.
    connected: gives a connection. in_vain: told of each try that failed.
    """
    while True:
        try:
            return await _look_or_fence(flush_id, await connected())
        except psycopg.Error as error:
            in_vain(error)
            await asyncio.sleep(PAUSE_SECONDS)


async def _look_or_fence(flush_id: UUID, connection: AsyncConnection) -> Row | None:
    fenced = await connection.execute(_queries["fence"], {"flush_id": flush_id})
    if await fenced.fetchone():
        return None
    cursor = await connection.execute(_queries["flush"], {"flush_id": flush_id}, binary=True)
    row: Row | None = await cursor.fetchone()
    return row if row and row[0] else None  # A fence says nothing: an earlier try took the id.
