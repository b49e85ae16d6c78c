"""Resolution: what the record knows now, for many requests in one round of queries."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ehr.appending import Condition, Criteria, Head, Resolved, Stored, Stream
from ehr.dates import instant
from ehr.encoding import decode_fact
from ehr.event_store.connections import AsyncConnection, RecordTrouble, connect_async
from ehr.facts import AnyFact
from ehr.micro_batch import MicroBatch
from ehr.sql import load_queries
from ehr.values import Key

_queries = load_queries(Path(__file__).with_name("resolve.sql"))
_entries = msgspec.msgpack.Decoder(list[tuple[int, str, str, int]])


class _Wanted(NamedTuple):
    heads: set[Key]
    conditions: set[Condition]
    key: tuple[str, str] | None


class Resolver:
    """Answers what requests need to know; requests that wait at one time share the queries.

    The queries may see different moments: ``record.append`` asserts all of it again under its lock.
    """

    def __init__(self, conninfo: str) -> None:
        """Connects at the first question."""
        self._conninfo = conninfo
        self._connection: AsyncConnection | None = None
        self._connecting = asyncio.Lock()
        self._batch: MicroBatch[_Wanted, Resolved] = MicroBatch(self._resolve_all, RecordTrouble)
        self._streams: MicroBatch[UUID, list[tuple[int, bytes]]] = MicroBatch(
            self._read_streams, RecordTrouble
        )
        self._facts: MicroBatch[tuple[UUID, int], bytes | None] = MicroBatch(self._read_facts, RecordTrouble)

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        """Current heads, ids that match each condition (sorted), the answer stored under (client, key)."""
        if not heads and not conditions and not key:
            return Resolved({}, {}, None)
        return await self._batch.ask(_Wanted(heads, conditions, key))

    async def read_stream(self, stream: UUID) -> Stream:
        """All facts of a stream. Raises what decode_fact raises."""
        rows = await self._streams.ask(stream)
        return Stream([decode_fact(state) for _, state in rows], [position for position, _ in rows])

    async def read_fact(self, stream: UUID, version: int) -> AnyFact | None:
        """One fact of a stream. Raises what decode_fact raises."""
        state = await self._facts.ask((stream, version))
        return decode_fact(state) if state else None

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            await self._connection.close()

    async def _resolve_all(self, wanted: Sequence[_Wanted]) -> list[Resolved]:
        heads = await self._heads(list(set().union(*(w.heads for w in wanted))))
        matches = await self._matches(list(set().union(*(w.conditions for w in wanted))))
        stored = await self._stored(list({w.key for w in wanted if w.key}))
        return [Resolved(heads, matches, stored.get(w.key) if w.key else None) for w in wanted]

    async def _heads(self, keys: list[Key]) -> dict[Key, Head]:
        rows = await self._rows("heads", keys, types=[key.type for key in keys], ids=[key.id for key in keys])
        return {Key(type_, id_): Head(*head) for type_, id_, *head in rows}

    async def _matches(self, conditions: list[Condition]) -> dict[Criteria, tuple[str, ...]]:
        types, systems, values = [list(column) for column in zip(*conditions, strict=True)] or [[], [], []]
        rows = await self._rows("matches", conditions, types=types, systems=systems, values=values)
        return {condition: tuple(ids) for condition, (ids,) in zip(conditions, rows, strict=True)}

    async def _stored(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Stored]:
        rows = await self._rows(
            "answers", keys, clients=[key[0] for key in keys], keys=[key[1] for key in keys]
        )
        return {
            (client, key): Stored(request_hash, _entries.decode(entries), position, instant(at) if at else "")
            for client, key, request_hash, entries, position, at in rows
        }

    async def _read_streams(self, streams: Sequence[UUID]) -> list[list[tuple[int, bytes]]]:
        found: dict[UUID, list[tuple[int, bytes]]] = {stream: [] for stream in streams}
        for stream, position, state in await self._rows("streams", streams, streams=list(found)):
            found[stream].append((position, state))
        return [found[stream] for stream in streams]

    async def _read_facts(self, places: Sequence[tuple[UUID, int]]) -> list[bytes | None]:
        streams, versions = (list(column) for column in zip(*places, strict=True))
        rows = await self._rows("facts", places, streams=streams, versions=versions)
        return [state for (state,) in rows]

    async def _rows(self, query: str, asked: Sequence[Any], **parameters: list[Any]) -> list[Any]:
        if not asked:
            return []
        connection = await self._connected()
        cursor = await connection.execute(_queries[query], parameters, prepare=True, binary=True)
        return await cursor.fetchall()

    async def _connected(self) -> AsyncConnection:
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await connect_async(self._conninfo)
            return self._connection
