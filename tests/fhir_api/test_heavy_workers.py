"""Workers whose Bundle waits for a lock: what they do after it, when its caller has gone, and when they are
stopped."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from multiprocessing import active_children
from typing import Any, LiteralString

import orjson
import pytest

from backbone.tether import follow_parent
from ehr.event_store import group_commit
from ehr.event_store.connections import Connection, connect
from ehr.values import Actor
from fhir_api import heavy
from fhir_api.heavy import HeavyWorkers
from fhir_api.outcomes import Told
from fhir_api.writing import BundleAnswer, Envelope
from tests.fhir_api.bundles import creating, transaction
from tests.fhir_api.running import LIMITS
from tests.stating import migrated

LOCK, UNLOCK = (f"select pg_advisory_{what}(hashtext('record.append'))" for what in ("lock", "unlock"))
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
CUT = "select pid, pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'"
LIVE = "select count(*) from pg_stat_activity where pid = %s"
FENCED = "select count(*) from record.flushes where verdicts = '{}'"
FACTS = "select count(*) from record.facts"
BUNDLE = orjson.dumps(transaction(creating({"resourceType": "Patient"})))


@pytest.fixture
def locked(database: str) -> Iterator[Connection]:
    """A connection that holds the lock which every flush takes."""
    with connect(migrated(database)) as connection:
        connection.execute(LOCK)
        yield connection


def begin(parent: int) -> None:
    """In a worker: nobody waits long for a lost flush."""
    follow_parent(parent, signal.SIGKILL)
    group_commit.OPEN_SECONDS = 0.1


def one_worker(database: str, *, kept_by_kafka: bool = False) -> HeavyWorkers:
    return HeavyWorkers(database, LIMITS, partial(begin, os.getpid()), count=1, kept_by_kafka=kept_by_kafka)


def stated(workers: HeavyWorkers) -> "asyncio.Task[BundleAnswer]":
    return asyncio.create_task(workers.state_bundle(BUNDLE, Envelope(Actor("test"), "request-1")))


async def becomes(connection: Connection, query: LiteralString, wanted: int, *values: int) -> None:
    async with asyncio.timeout(60):
        while connection.execute(query, values).fetchone() != (wanted,):
            await asyncio.sleep(0.02)


async def cut(connection: Connection) -> None:
    """Ends the one connection that waits for the lock."""
    await becomes(connection, WAITING, 1)
    [(pid, _)] = connection.execute(CUT).fetchall()
    await becomes(connection, LIVE, 0, pid)


async def stated_at_last(workers: HeavyWorkers) -> BundleAnswer:
    """Retries as a client does."""
    for _ in range(100):
        try:
            return await stated(workers)
        except Told:
            await asyncio.sleep(0.1)
    raise AssertionError("it is never stated")


def test_a_lost_flush_is_found_out_about_without_another_bundle(database: str, locked: Connection) -> None:
    async def run() -> None:
        async with one_worker(database) as workers:
            answer = stated(workers)
            await cut(locked)
            with pytest.raises(Told) as unknown:
                await answer
            assert "not known yet" in unknown.value.issues[0].text
            await cut(locked)
            locked.execute(UNLOCK)
            await becomes(locked, FENCED, 1)
            assert (await stated_at_last(workers)).position == 1

    asyncio.run(run())


def test_a_worker_whose_caller_has_gone_is_not_idle_before_it_has_finished(
    database: str, locked: Connection
) -> None:
    async def run() -> None:
        async with one_worker(database) as workers:
            gone = stated(workers)
            await becomes(locked, WAITING, 1)
            gone.cancel()
            await asyncio.wait([gone])
            behind = stated(workers)
            await asyncio.sleep(0)
            assert workers.waiting == 1
            locked.execute(UNLOCK)
            assert (await behind).position == 2

    asyncio.run(run())


async def stopped_with(database: str, meanwhile: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A worker whose Bundle waits for the lock, and whose caller has gone, is stopped beside other work."""
    async with one_worker(database) as workers:
        answer = stated(workers)
        with connect(database) as connection:
            await becomes(connection, WAITING, 1)
        answer.cancel()
        await asyncio.wait([answer])
        other = asyncio.create_task(meanwhile())
    await other


def test_stopping_waits_for_what_is_under_way_and_holds_up_nobody(database: str, locked: Connection) -> None:
    async def unlock() -> None:
        await asyncio.sleep(0.2)
        locked.execute(UNLOCK)

    asyncio.run(stopped_with(database, unlock))
    assert locked.execute(FACTS).fetchone() == (1,)


def test_a_worker_that_does_not_stop_is_killed(
    database: str, locked: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heavy, "STOP_SECONDS", 0.1)
    others = {child.pid for child in active_children()}

    async def nothing() -> None:
        await asyncio.sleep(0)

    asyncio.run(stopped_with(database, nothing))
    assert locked.execute(WAITING).fetchone() == (1,)
    assert {child.pid for child in active_children()} <= others


def test_a_worker_lets_kafka_keep_the_log_as_its_server_does(database: str) -> None:
    async def run() -> None:
        async with one_worker(migrated(database), kept_by_kafka=True) as workers:
            with pytest.raises(Told) as told:
                await stated(workers)
            assert (told.value.status, "/readyz" in str(told.value.issues)) == (503, True)

    asyncio.run(run())
