"""Connections of readers: one that the server has ended is given to nobody."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from projections.database import (
    DatabaseTrouble,
    Reader,
    ViewDatabase,
    is_too_costly,
    planned_for_values,
)
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


RUNNING = "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'"


async def _sleep(given: AbstractAsyncContextManager[Reader], seconds: float) -> None:
    """On and on."""
    async with asyncio.timeout(20), given as connection:
        while True:
            await connection.execute(f"select pg_sleep({seconds})")


@pytest.mark.parametrize("seconds", [0.01, 3600], ids=["many statements", "one statement"])
@pytest.mark.parametrize("way", [ViewDatabase.connection, ViewDatabase.snapshot])
def test_what_takes_too_long_in_all_is_ended_and_its_connection_goes_on(
    database: str, way: Callable[[ViewDatabase], AbstractAsyncContextManager[Reader]], seconds: float
) -> None:
    async def process(views: ViewDatabase) -> object:
        async with way(views) as connection:
            return await (await connection.execute("select pg_backend_pid()")).fetchone()

    async def run() -> None:
        views = ViewDatabase(database, 1, longest=0.3)
        await views.open()
        try:
            before = await process(views)
            with pytest.raises(DatabaseTrouble) as trouble:
                await _sleep(way(views), seconds)
            assert is_too_costly(trouble.value)
            assert value(database, RUNNING) == 0
            assert await process(views) == before
        finally:
            await views.close()

    asyncio.run(run())


def test_another_thing_that_takes_too_long_is_told_as_itself(database: str) -> None:
    async def run() -> None:
        views = ViewDatabase(database, 1)
        await views.open()
        try:
            async with views.connection():
                raise TimeoutError("another")
        finally:
            await views.close()

    with pytest.raises(TimeoutError, match="another"):
        asyncio.run(run())


def test_what_pages_search_for_is_planned_for_its_values(database: str) -> None:
    async def mode(connection: Reader) -> str:
        row = await (await connection.execute("show plan_cache_mode")).fetchone()
        assert row is not None
        return str(row[0])

    async def run() -> None:
        views = ViewDatabase(database, 1, planned_once=True)
        await views.open()
        try:
            async with views.snapshot() as connection:
                async with planned_for_values(connection):
                    assert await mode(connection) == "force_custom_plan"
                assert await mode(connection) == "force_generic_plan"
            with pytest.raises(DatabaseTrouble):
                async with views.snapshot() as connection, planned_for_values(connection):
                    raise DatabaseTrouble
            async with views.connection() as connection:
                assert await mode(connection) == "force_generic_plan"
        finally:
            await views.close()

    asyncio.run(run())


def test_what_others_ask_for_is_always_planned_for_its_values(database: str) -> None:
    async def run() -> object:
        views = ViewDatabase(database, 1)
        await views.open()
        try:
            async with views.connection() as connection:
                return await (await connection.execute("show plan_cache_mode")).fetchone()
        finally:
            await views.close()

    assert asyncio.run(run()) == ("force_custom_plan",)
