"""Snapshots: what a search has found, kept for a while, so that its pages are those of one moment.

Which resources there are and their order are kept; each is told as it is when its page is read.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.event_store.connections import AsyncConnection, connect_async
from ehr.sql import load_queries
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES, Found

_sql = load_queries(Path(__file__).with_name("snapshots.sql"))

KEPT = timedelta(hours=1)
"""So long a snapshot can be walked through."""

MOST_KEPT = 100_000
"""Resources of a snapshot at most: 800 KB."""


MOST_SNAPSHOTS = 1_000
"""Snapshots that are kept at one time."""

MOST_RESOURCES = 10_000_000
"""Resources of all of them together: 80 MB."""


class Snapshot(NamedTuple):
    """pks: the numbers of the rows of its resources, in order."""

    id: UUID
    pks: Sequence[int]


class Snapshots:
    """Keeps them, for every server of the database. They are lost when PostgreSQL crashes."""

    def __init__(self, conninfo: str) -> None:
        """Connects when the first one is kept."""
        self._conninfo = conninfo
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()

    async def keep(self, snapshot: Snapshot) -> bool:
        """Whether there was room for it."""
        room = {"kept": KEPT, "most": MOST_SNAPSHOTS, "room": MOST_RESOURCES}
        parameters = {"id": snapshot.id, "pks": list(snapshot.pks), **room}
        async with self._turn:
            if self._connection is None or self._connection.closed:
                self._connection = await connect_async(self._conninfo)
            cursor = await self._connection.execute(_sql["keep"], parameters, binary=True)
            return await cursor.fetchone() is not None

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            await self._connection.close()


async def read_kept(connection: Reader, id_: UUID, offset: int, limit: int) -> list[int] | None:
    """Some of a snapshot, in order; None when it is not kept any more."""
    parameters = {"id": id_, "first": offset + 1, "last": offset + limit, "kept": KEPT}
    cursor = await connection.execute(_sql["kept"], parameters, binary=True)
    row: tuple[list[int]] | None = await cursor.fetchone()
    return row[0] if row else None


async def read_numbered(connection: Reader, pks: Sequence[int]) -> list[Found]:
    """The resources of these numbers as they are now, in this order; those deleted since are left out."""
    parameters = {"pks": list(pks), "room": MOST_BYTES}
    cursor = await connection.execute(_sql["numbered"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]
