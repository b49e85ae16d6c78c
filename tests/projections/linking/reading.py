"""Reading views as servers do, in tests."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ehr.event_store.connections import connect_async
from projections.database import Reader
from tests.projections.citizens.stating import run

Result = TypeVar("Result")


def read(url: str, work: Callable[[Reader], Awaitable[Result]]) -> Result:
    """What ``work`` reads."""

    async def ask() -> Result:
        async with await connect_async(url) as connection:
            return await work(connection)

    return run(ask())
