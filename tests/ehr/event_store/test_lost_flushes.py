"""A flush whose connection is lost: who waits for it is answered in time, and it is found out about."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import psycopg
import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import OutcomeUnknown, Unavailable
from ehr.event_store import group_commit, store
from ehr.event_store.connections import AsyncConnection, Connection, connect
from ehr.event_store.group_commit import GroupCommit
from ehr.event_store.store import PostgresRecorder
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import IdempotencyKey, Request
from fhir_api.outcomes import told
from tests.stating import create, migrated, on_record, patient, request, value

LOCK, UNLOCK = (f"select pg_advisory_{what}(hashtext('record.append'))" for what in ("lock", "unlock"))
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'"
FENCED = "select count(*) from record.flushes where verdicts = '{}'"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "OPEN_SECONDS", 0.5)


def wish(number: str) -> Request:
    key = IdempotencyKey("test", number, b"content")
    return request(create(patient("P", number)), key=key)


async def in_time(answer: Awaitable[Receipt]) -> Receipt:
    return await asyncio.wait_for(answer, 10)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def sent(record: HealthRecord, connection: Connection, number: str) -> "asyncio.Task[Receipt]":
    """A request whose flush waits for the lock."""
    answer = asyncio.create_task(record.state(wish(number)))
    await until(lambda: connection.execute(WAITING).fetchone() == (1,))
    return answer


async def stored_at_last(record: HealthRecord, number: str) -> Receipt:
    """Retries as a client does."""
    for _ in range(100):
        try:
            return await record.state(wish(number))
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("it is never stored")


def test_requests_are_answered_while_the_flush_cannot_be_found_out_about(database: str) -> None:
    url = migrated(database)

    async def work(record: HealthRecord) -> Receipt:
        with connect(url) as connection:
            connection.execute(LOCK)
            answer = await sent(record, connection, "1")
            behind = asyncio.create_task(record.state(wish("2")))
            await asyncio.sleep(0.1)
            connection.execute(CUT)
            with pytest.raises(OutcomeUnknown) as unknown:
                await in_time(answer)
            status, issues, headers = told(unknown.value)
            assert (status, headers) == (503, {"Retry-After": "1"})
            assert "Idempotency-Key" in issues[0].text
            for unsent in (behind, record.state(wish("3"))):
                with pytest.raises(Unavailable) as refused:
                    await in_time(unsent)
                assert not isinstance(refused.value, OutcomeUnknown)
            connection.execute(UNLOCK)
        return await stored_at_last(record, "1")

    receipt = on_record(url, work)
    assert receipt.outcomes[0].status == 201
    assert value(url, FENCED) == 1
    assert value(url, "select count(*) from record.facts") == 1


def test_requests_are_answered_while_postgresql_is_away(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)

    async def work(record: HealthRecord) -> Receipt:
        with connect(server.url) as connection:
            connection.execute(LOCK)
            answer = await sent(record, connection, "1")
            os.kill(server.pid, signal.SIGKILL)
            await until(lambda: not server.is_running())
            with pytest.raises(OutcomeUnknown):
                await in_time(answer)
        server.launch()  # in this thread, as the server ends with the thread that began it
        return await stored_at_last(record, "1")

    with EmbeddedPostgres(tmp_path / "postgres") as server:
        receipt = on_record(migrated(server.url), work)
        assert receipt.outcomes[0].status == 201
        assert value(server.url, FENCED) == 1
        assert value(server.url, "select count(*) from record.facts") == 1


def test_requests_are_answered_while_the_database_is_silent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = migrated(database)
    monkeypatch.setattr(group_commit, "SILENT_SECONDS", 0.5)

    async def work(record: HealthRecord) -> Receipt:
        with connect(url) as connection:
            connection.execute(LOCK)
            answer = await sent(record, connection, "1")
            with pytest.raises(OutcomeUnknown):
                await in_time(answer)
            with pytest.raises(Unavailable):
                await in_time(record.state(wish("2")))
            with pytest.raises(Unavailable, match="An earlier one with the same Idempotency-Key may"):
                await in_time(record.state(wish("1")))
            connection.execute(UNLOCK)
        return await stored_at_last(record, "1")

    receipt = on_record(url, work)
    assert receipt.repeated
    assert value(url, "select count(*) from record.facts") == 1


def test_look_ups_are_answered_while_the_database_is_silent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = migrated(database)

    async def work(record: HealthRecord) -> None:
        with connect(url) as connection, connection.transaction(), monkeypatch.context() as soon:
            soon.setattr(store, "SILENT_SECONDS", 0.5)
            connection.execute("lock table record.answers")
            with pytest.raises(Unavailable):
                await in_time(record.state(wish("1")))
        await record.state(wish("1"))

    on_record(url, work)
    assert value(url, "select count(*) from record.facts") == 1


class _LosingFences(GroupCommit):
    """Of the first flush the connection is lost before it is sent, and again after it was fenced."""

    lost = 0

    async def _connected(self) -> AsyncConnection:
        return cast("AsyncConnection", _Losing(await super()._connected(), self))


class _Losing:
    def __init__(self, connection: AsyncConnection, owner: _LosingFences) -> None:
        self._connection, self._owner = connection, owner

    async def execute(self, query: Any, *values: Any, **options: Any) -> Any:
        if self._owner.lost == 2:
            return await self._connection.execute(query, *values, **options)
        if self._owner.lost:
            await self._connection.execute(query, *values, **options)
        self._owner.lost += 1
        await self._connection.close()
        raise psycopg.OperationalError


def test_a_flush_whose_fence_is_lost_is_not_stored(database: str) -> None:
    url = migrated(database)

    async def work(record: HealthRecord) -> Receipt:
        with pytest.raises(Unavailable) as refused:
            await in_time(record.state(wish("1")))
        assert not isinstance(refused.value, OutcomeUnknown)
        return await record.state(wish("1"))

    with patch("ehr.event_store.store.GroupCommit", _LosingFences):
        receipt = on_record(url, work)
    assert not receipt.repeated
    assert value(url, FENCED) == 1


def test_who_waits_when_the_committer_ends_is_told_what_is_known(database: str) -> None:
    url = migrated(database)

    async def run(connection: Connection) -> list[type]:
        async with PostgresRecorder(url) as recorder:
            answer = await sent(HealthRecord(recorder), connection, "1")
            behind = asyncio.create_task(HealthRecord(recorder).state(request(create(patient("P")))))
            await asyncio.sleep(0)  # it has nothing to look up
        return [type(error) for error in await asyncio.gather(answer, behind, return_exceptions=True)]

    with connect(url) as connection:
        connection.execute(LOCK)
        assert asyncio.run(run(connection)) == [OutcomeUnknown, Unavailable]
