"""Links for as long as a process lives: through trouble, and beside others that do the same."""

import asyncio
import time
from collections.abc import Callable

import psycopg
import structlog

from ehr.errors import Unavailable
from ehr.event_store.lease import HeldByAnotherRole
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord
from projections.database import ViewDatabase
from projections.linking.linker import TELL_SECONDS, Linker, Stopped
from projections.linking.post import Overtaken, Post
from streams.event_log import EventLog, LogDamaged, LogMisconfigured, LogUnreachable

PATIENCE = 0.5
"""Seconds between two looks whether to stop, or whether the process that links is still there."""

TROUBLE_SECONDS = 1.0
"""Between two tries after trouble."""

log = structlog.get_logger()
_Stopped = Callable[[], bool]


def run_linking(
    event_log: EventLog, conninfo: str, stopped: _Stopped, *, kept_by_kafka: bool = False
) -> None:
    """Links until told to stop; stands by while another process does, and tries again after every trouble.

    kept_by_kafka: whether Kafka keeps the log of the record (PostgresRecorder).
    """
    asyncio.run(_run(event_log, conninfo, stopped, kept_by_kafka))


async def _run(event_log: EventLog, conninfo: str, stopped: _Stopped, kept_by_kafka: bool) -> None:
    told, tells_at = "", 0.0
    async with PostgresRecorder(conninfo, kept_by_kafka=kept_by_kafka) as recorder:
        while not stopped():
            try:
                await _serve(event_log, conninfo, HealthRecord(recorder), stopped)
                continue
            except (LogUnreachable, LogMisconfigured, LogDamaged, HeldByAnotherRole, Unavailable) as error:
                trouble = str(error)
            except Overtaken:
                continue
            except (psycopg.Error, MemoryError) as error:
                trouble = type(error).__name__
            if trouble != told or time.monotonic() > tells_at:
                log.error("linking tries again and again", trouble=trouble)
                told, tells_at = trouble, time.monotonic() + TELL_SECONDS
            await asyncio.sleep(TROUBLE_SECONDS)


async def _serve(event_log: EventLog, conninfo: str, record: HealthRecord, stopped: _Stopped) -> None:
    """Links until there is trouble or it is told to stop."""
    post = await asyncio.to_thread(Post, conninfo)
    views = ViewDatabase(conninfo, size=2)
    try:
        await _stand_by(post, stopped)
        await views.open()
        await _link(Linker(event_log, post, views, record, stopped), event_log, stopped)
    except Stopped:
        pass
    finally:
        await views.close()
        post.close()


async def _stand_by(post: Post, stopped: _Stopped) -> None:
    while not await asyncio.to_thread(post.take):
        if stopped():
            raise Stopped
        await asyncio.sleep(PATIENCE)


async def _link(linker: Linker, event_log: EventLog, stopped: _Stopped) -> None:
    log.info("linking", position=linker.position)
    while not stopped():
        if not await linker.step():
            await asyncio.to_thread(event_log.wait, linker.position, PATIENCE)
