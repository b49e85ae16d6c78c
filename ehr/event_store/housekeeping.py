"""What the record need not remember for ever: flush ids for a day, idempotency keys for 30 days."""

import asyncio
from pathlib import Path

import psycopg
import structlog

from ehr.event_store.connections import connect_async
from ehr.sql import load_queries

EVERY_SECONDS = 3600

FORGETTING = load_queries(Path(__file__).with_name("housekeeping.sql"))
"""name -> a statement that forgets what is old now."""

log = structlog.get_logger()


async def keep_house(conninfo: str, pause: float = EVERY_SECONDS) -> None:
    """Forgets what is old, now and then, until cancelled."""
    while True:
        try:
            await forget(conninfo)
        except psycopg.Error as error:
            log.warning("database trouble, trying again", kind=type(error).__name__)
        await asyncio.sleep(pause)


async def forget(conninfo: str) -> None:
    """Forgets what is old now. Raises psycopg.Error."""
    connection = await connect_async(conninfo)
    async with connection:
        for query in FORGETTING.values():
            await connection.execute(query)
