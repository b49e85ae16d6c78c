"""Connections of readers: one that the server has ended is given to nobody."""

import asyncio

import pytest

from projections.database import ViewDatabase
from tests.backbone.waiting import until
from tests.stating import value

MANY = 3
"""Connections that are there at once."""


_THEY = "from pg_stat_activity where datname = current_database() and application_name = 'readers'"
LEFT = f"select count(*) {_THEY}"
END = f"select count(pg_terminate_backend(pid)) {_THEY}"


async def _processes(views: ViewDatabase) -> set[int]:
    """The server's processes behind so many connections, all in use at once."""
    together = asyncio.Barrier(MANY)

    async def one() -> int:
        async with views.connection() as connection:
            await together.wait()
            row = await (await connection.execute("select pg_backend_pid()")).fetchone()
        assert row is not None
        return int(row[0])

    return set(await asyncio.gather(*[one() for _ in range(MANY)]))


def test_connections_that_were_ended_are_given_to_nobody(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.database.CHECKED_SECONDS", 1e9)

    async def run() -> None:
        views = ViewDatabase(f"{database}&application_name=readers", MANY)
        await views.open()
        try:
            before = await _processes(views)
            assert await _processes(views) == before
            assert value(database, END) == MANY
            until(lambda: value(database, LEFT) == 0, "they have ended")
            assert before.isdisjoint(await _processes(views))
        finally:
            await views.close()

    asyncio.run(run())
