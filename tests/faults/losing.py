"""Committers whose connection is lost after the commit and before the answer, and a faulty one among them."""

import random
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import psycopg

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
        values = parameters(UUID(new_id()), [waiting.request for waiting in flush])
        try:
            cursor = await connection.execute(APPEND, values, prepare=True, binary=True)
        except psycopg.OperationalError:
            return await self._commit(await self._connected(), flush)
        row: Row | None = await cursor.fetchone()
        assert row
        return row


class _Deaf:
    """A connection that is closed after some of the flushes that it carries."""

    def __init__(self, connection: AsyncConnection, owner: LosingCommit) -> None:
        self._connection, self._owner = connection, owner

    async def execute(self, query: Any, *values: Any, **options: Any) -> Any:
        cursor = await self._connection.execute(query, *values, **options)
        if query is APPEND and self._owner.loses():
            await self._connection.close()
            raise psycopg.OperationalError("the answer was lost")
        return cursor
