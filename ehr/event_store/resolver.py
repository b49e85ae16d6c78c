"""Resolution: what the record knows now, for many requests in one round of queries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ehr.appending import Condition, Criteria, Head, Resolved, Stored
from ehr.dates import instant
from ehr.event_store.connections import AsyncConnection, RecordTrouble, connect_async
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
        self._batch: MicroBatch[_Wanted, Resolved] = MicroBatch(self._resolve_all, RecordTrouble)

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        """Current heads, ids that match each condition (sorted), the answer stored under (client, key)."""
        if not heads and not conditions and not key:
            return Resolved({}, {}, None)
        return await self._batch.ask(_Wanted(heads, conditions, key))

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

    async def _rows(self, query: str, asked: Sequence[Any], **parameters: list[Any]) -> list[Any]:
        if not asked:
            return []
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
        cursor = await self._connection.execute(_queries[query], parameters, prepare=True, binary=True)
        return await cursor.fetchall()
