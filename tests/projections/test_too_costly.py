"""What the database would not do is told from that it is away."""

import asyncio

import pytest

from ehr.event_store.connections import connect_async
from projections.database import DatabaseTrouble, configure, is_too_costly


def refused(database: str, query: str) -> DatabaseTrouble:
    """How the database refuses a query of those who read."""

    async def run() -> DatabaseTrouble:
        async with await connect_async(database) as connection:
            await configure(connection, 0.1)
            with pytest.raises(DatabaseTrouble) as trouble:
                await connection.execute(query)
            return trouble.value

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "too_costly"),
    [
        ("select pg_sleep(60)", True),
        (f"select {', '.join(['1'] * 2000)}", True),
        (f"select 1{' + 1' * 100_000}", True),
        ("select pg_terminate_backend(pg_backend_pid())", False),
    ],
    ids=["long", "wide", "deep", "lost"],
)
def test_what_is_too_costly(database: str, query: str, too_costly: bool) -> None:
    assert is_too_costly(refused(database, query)) is too_costly


def test_a_database_that_is_not_there_is_no_cost() -> None:
    async def run() -> None:
        await connect_async("postgresql://ehr@127.0.0.1:1/ehr")

    with pytest.raises(DatabaseTrouble) as trouble:
        asyncio.run(run())
    assert not is_too_costly(trouble.value)
