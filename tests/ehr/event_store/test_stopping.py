"""Housekeeping outlives trouble of any kind, and stopping closes everything whatever has ended before."""

import asyncio
from unittest.mock import patch

import psycopg
import pytest
from structlog.testing import CapturingLogger

from ehr.event_store.connections import AsyncConnection, connect_async
from ehr.event_store.housekeeping import keep_house
from ehr.event_store.store import PostgresRecorder
from ehr.values import Key
from tests.stating import migrated


@pytest.mark.parametrize("trouble", [psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction])
def test_housekeeping_goes_on_after_trouble(trouble: type[psycopg.Error]) -> None:
    async def run() -> None:
        failed, done = asyncio.Event(), asyncio.Event()

        async def forget(_: str) -> None:
            if not failed.is_set():
                failed.set()
                raise trouble
            done.set()
            await asyncio.sleep(60)

        with patch("ehr.event_store.housekeeping.forget", forget):
            house = asyncio.create_task(keep_house("", 0))
            await asyncio.wait_for(done.wait(), 10)
            house.cancel()

    asyncio.run(run())


async def _fail(_: str) -> None:
    raise LookupError


def test_stopping_closes_everything_when_a_part_has_ended(database: str) -> None:
    log = CapturingLogger()
    opened: list[AsyncConnection] = []

    async def connect(conninfo: str) -> AsyncConnection:
        opened.append(await connect_async(conninfo))
        return opened[-1]

    async def run() -> None:
        async with PostgresRecorder(migrated(database)) as recorder:
            await recorder.resolve({Key("Patient", "1")}, set(), None)

    with (
        patch("ehr.event_store.store.log", log),
        patch("ehr.event_store.store.keep_house", _fail),
        patch("ehr.event_store.resolver.connect_async", connect),
    ):
        asyncio.run(run())
    assert [connection.closed for connection in opened] == [True]
    assert [(call.method_name, call.kwargs) for call in log.calls] == [("error", {"kind": "LookupError"})]
