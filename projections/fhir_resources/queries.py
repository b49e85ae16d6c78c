"""Reads of the FHIR resources, as the API asks for them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ehr.bodies import pieces_with_meta
from ehr.compression import decompress, unpacked_size
from ehr.dates import instant
from ehr.event_store.connections import connect_async
from ehr.micro_batch import MicroBatch
from ehr.sql import load_queries
from ehr.values import Key
from projections.database import DatabaseTrouble, Reader
from projections.fhir_resources.found import fitting_sizes

queries = load_queries(Path(__file__).with_name("queries.sql"))


class Version(NamedTuple):
    """One version of a resource as stored.

    body: empty where it is deleted, or was not read, because those before it fill the page.
    """

    version: int
    last_updated: datetime
    deleted: bool
    splice: int
    body: bytes

    def served(self) -> bytes:
        """The resource's bytes as a client gets them; not for deleted versions."""
        return b"".join(self.pieces(decompress(self.body)))

    def pieces(self, body: bytes) -> tuple[bytes, memoryview]:
        """The same in two pieces. body: unpacked."""
        return pieces_with_meta(body, self.splice, self.version, instant(self.last_updated))


def fitting_versions(versions: Sequence[Version], room: int) -> int:
    """How many of them, in order, have so many bytes together, unpacked; the first in any case."""
    return min(len(versions), max(1, fitting_sizes(map(_size, versions), room)))


def _size(version: Version) -> int | None:
    if version.deleted:
        return 0
    return unpacked_size(version.body) if version.body else None


def unpacked(versions: Sequence[Version]) -> list[bytes]:
    """The bodies as received, in order; empty for deleted versions, which have none."""
    return [b"" if version.deleted else decompress(version.body) for version in versions]


class ResourceReader:
    """Reads current versions by key; reads that wait at one time share a query."""

    def __init__(self, conninfo: str) -> None:
        """Connects at the first read."""
        self._conninfo = conninfo
        self._connection: Reader | None = None
        self._batch: MicroBatch[Key, Version | None] = MicroBatch(self._read_all, DatabaseTrouble)

    async def read(self, key: Key) -> Version | None:
        """The current version, deleted or not; None when the view has never had the resource."""
        return await self._batch.ask(key)

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            await self._connection.close()

    async def _read_all(self, keys: Sequence[Key]) -> list[Version | None]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
        parameters = {"types": [key.type for key in keys], "ids": [key.id for key in keys]}
        cursor = await self._connection.execute(queries["read"], parameters, prepare=True, binary=True)
        return [None if row[0] is None else Version(*row) for row in await cursor.fetchall()]


async def read_version(connection: Reader, key: Key, version: int) -> Version | None:
    """One version by number; None when there is none."""
    parameters = {"type": key.type, "id": key.id, "version": version}
    cursor = await connection.execute(queries["vread"], parameters, binary=True)
    row: tuple[Any, ...] | None = await cursor.fetchone()
    return Version(*row) if row else None
