"""A flush that the database refuses, or whose answer is not understood: nothing is stored twice, nobody waits
for long."""

import asyncio
from collections import Counter
from typing import Any, cast
from unittest.mock import patch

import psycopg
import pytest

from ehr.errors import OutcomeUnknown, Unavailable
from ehr.event_store import group_commit
from ehr.event_store.arrays import APPEND
from ehr.event_store.connections import AsyncConnection
from ehr.event_store.group_commit import GroupCommit
from ehr.event_store.sharing import MOST_REQUESTS
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Request
from tests.stating import create, migrated, on_record, patient, request, value

FACTS = "select count(*) from record.facts"


class _Refusing:
    """A connection over which the database refuses flushes of more than so many requests."""

    error: type[psycopg.Error]
    most: int
    sent: int

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.broken = self.closed = False

    async def execute(self, query: Any, values: Any, **options: Any) -> Any:
        assert query is APPEND
        type(self).sent += 1
        if values[1] > self.most:
            raise self.error
        return await self._connection.execute(query, values, **options)


def refusing(error: type[psycopg.Error], most: int = 0) -> type[_Refusing]:
    return type("_", (_Refusing,), {"error": error, "most": most, "sent": 0})


def committer_on(refusing: type[_Refusing]) -> type[GroupCommit]:
    class Committer(GroupCommit):
        async def _connected(self) -> AsyncConnection:
            return cast("AsyncConnection", refusing(await super()._connected()))

    return Committer


def unkeyed() -> Request:
    return request(create(patient("P")))


async def at_once(record: HealthRecord, count: int) -> list[Receipt | BaseException]:
    """What becomes of requests that share a flush."""
    return await asyncio.gather(*(record.state(unkeyed()) for _ in range(count)), return_exceptions=True)


def test_what_is_committed_is_not_sent_again(database: str) -> None:
    url = migrated(database)

    async def work(record: HealthRecord) -> list[Receipt | BaseException]:
        with patch("ehr.event_store.group_commit.instant", side_effect=[ValueError, "", ""]):
            told = await at_once(record, 2)
        return [*told, await record.state(unkeyed())]

    *told, later = on_record(url, work)
    assert [type(one) for one in told] == [OutcomeUnknown] * 2
    assert isinstance(later, Receipt)
    assert value(url, FACTS) == 3


def kinds_told(url: str, on: type[_Refusing], count: int) -> Counter[type]:
    """The kinds of what requests that share a flush are told."""

    async def work(record: HealthRecord) -> Counter[type]:
        return Counter(type(one) for one in await at_once(record, count))

    with patch("ehr.event_store.store.GroupCommit", committer_on(on)):
        return on_record(url, work)


@pytest.mark.parametrize("trouble", [psycopg.errors.QueryCanceled, psycopg.errors.DiskFull])
def test_what_no_request_is_guilty_of_is_not_tried_with_each(
    database: str, trouble: type[psycopg.Error]
) -> None:
    on = refusing(trouble)
    assert kinds_told(migrated(database), on, 9) == {Unavailable: 9}
    assert on.sent == 1


@pytest.mark.parametrize("error", [psycopg.errors.ProgramLimitExceeded, psycopg.errors.DataException])
def test_what_a_request_may_be_guilty_of_is_tried_with_each(
    database: str, error: type[psycopg.Error]
) -> None:
    on = refusing(error, most=1)
    assert kinds_told(migrated(database), on, 9) == {Receipt: 9}
    assert on.sent == 10
    alone = refusing(error)
    assert kinds_told(database, alone, 1) == {error: 1}


def test_trying_one_by_one_has_an_end(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "BLAME_SECONDS", 0)
    on = refusing(psycopg.errors.DataException, most=1)
    assert kinds_told(migrated(database), on, 9) == {Unavailable: 9}
    assert on.sent == 1


def test_all_who_wait_while_connecting_fails_are_refused_together(database: str) -> None:
    """Each try may take 10 seconds, and takes one flush: those behind it would wait for many."""
    tries = 0

    async def connect(_: str) -> AsyncConnection:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        raise psycopg.OperationalError

    async def work(record: HealthRecord) -> Counter[type]:
        return Counter(type(one) for one in await at_once(record, 3 * MOST_REQUESTS))

    with patch.object(group_commit, "connect_async", connect):
        assert on_record(migrated(database), work) == {Unavailable: 3 * MOST_REQUESTS}
    assert tries == 1
