"""The deciding store as the door sees it: resolution and group commit over PostgreSQL."""

import asyncio
from contextlib import suppress

from ehr.appending import Append, Appended, Condition, Resolved
from ehr.event_store.group_commit import GroupCommit
from ehr.event_store.resolver import Resolver
from ehr.values import Key


class PostgresRecorder:
    """Keeps the promise of ``ehr.appending.Recorder``. One a process; ``async with`` starts and stops it."""

    def __init__(self, conninfo: str) -> None:
        """``conninfo``: libpq connection string or URL of the record's database."""
        self._resolver = Resolver(conninfo)
        self._commits = GroupCommit(conninfo)
        self._committer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "PostgresRecorder":
        self._committer = asyncio.create_task(self._commits.run(), name="committer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._committer:
            self._committer.cancel()
            with suppress(asyncio.CancelledError):
                await self._committer
        await self._resolver.close()

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        """See ``Recorder.resolve``."""
        return await self._resolver.resolve(heads, conditions, key)

    async def append(self, request: Append) -> Appended:
        """See ``Recorder.append``."""
        return await self._commits.append(request)
