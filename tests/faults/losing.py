"""Committers whose connection is lost after the commit and before the answer, and a faulty one among them."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import psycopg

from ehr.appending import Append
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import AsyncConnection
from ehr.event_store.group_commit import GroupCommit
from ehr.event_store.lost_flush import Row
from ehr.values import new_id


class LosingCommit(GroupCommit):
    """Of some flushes the answer is lost. losses: how many of this process."""

    often = 0.05
    losses = 0

    async def _connected(self) -> AsyncConnection:
        return cast("AsyncConnection", _Deaf(await super()._connected(), self))

    def loses(self) -> bool:
        """Whether the next answer is lost."""
        lost = random.random() < self.often
        type(self).losses += lost
        return lost


class RepeatingCommit(LosingCommit):
    """The planted bug: a flush whose answer is lost is sent again, without asking what became of it."""

    often = 0.3

    async def _commit(self, connection: AsyncConnection, flush: Sequence[Any]) -> Row:
        values = parameters(UUID(new_id()), [waiting.request for waiting in flush], kept_by_kafka=False)
        try:
            cursor = await connection.execute(APPEND, values, prepare=True, binary=True)
        except psycopg.OperationalError:
            return await self._commit(await self._connected(), flush)
        row: Row | None = await cursor.fetchone()
        assert row
        return row


class TrustingCommit(LosingCommit):
    """The planted bug: what searches matched when a request was resolved is not looked at under the lock."""

    async def _append(
        self, connection: AsyncConnection, flush_id: UUID, requests: Sequence[Append]
    ) -> Row | None:
        trusted = [replace(request, asserted_hits=[]) for request in requests]
        return await super()._append(connection, flush_id, trusted)


class _Deaf:
    """A connection that is closed after some of the flushes that it carries."""

    def __init__(self, connection: AsyncConnection, owner: LosingCommit) -> None:
        self._connection, self._owner = connection, owner

    async def execute(self, query: Any, *values: Any, **options: Any) -> Any:
        cursor = await self._connection.execute(query, *values, **options)
        if query is APPEND:
            await self._lose_some()
        return cursor

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Lost after the commit; after APPEND, it is lost before that and rolled back."""
        async with self._connection.transaction():
            yield
        await self._lose_some()

    async def _lose_some(self) -> None:
        if self._owner.loses():
            await self._connection.close()
            raise psycopg.OperationalError("the answer was lost")
