"""Look-ups that share a query: one that PostgreSQL refuses fails alone."""

import asyncio

import psycopg
import pytest

from ehr.appending import Condition, Resolved
from ehr.event_store.resolver import Resolver
from ehr.values import Key, stream_of
from tests.stating import create, migrated, patient, request, state_all, update

REFUSED = ["\0", "\ud800"]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_value_that_postgresql_refuses_fails_alone(database: str, refused: str) -> None:
    url = migrated(database)
    receipts = state_all(url, *(request(create(patient("P", str(n)))) for n in range(6)))
    keys = [receipt.outcomes[0].key for receipt in receipts]
    conditions = [Condition("Patient", "urn:test", str(n)) for n in range(6)]
    wrong: list[tuple[set[Key], set[Condition], tuple[str, str] | None]] = [
        ({Key("Patient", refused)}, set(), None),
        (set(), {Condition("Patient", "urn:test", refused)}, None),
        (set(), set(), ("client", refused)),
    ]

    async def work() -> list[Resolved | BaseException]:
        resolver = Resolver(url)
        good = [({key}, {condition}, None) for key, condition in zip(keys, conditions, strict=True)]
        asked = [good[0], wrong[0], *good[1:3], wrong[1], *good[3:5], wrong[2], good[5]]
        try:
            return await asyncio.gather(*(resolver.resolve(*one) for one in asked), return_exceptions=True)
        finally:
            await resolver.close()

    replies = asyncio.run(work())
    found = [reply for reply in replies if isinstance(reply, Resolved)]
    assert [n for n, reply in enumerate(replies) if not isinstance(reply, Resolved)] == [1, 4, 7]
    for reply, key, condition in zip(found, keys, conditions, strict=True):
        assert reply.heads[key].version == 1
        assert reply.matches[condition] == (key.id,)


def test_a_database_that_is_away_is_asked_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    async def away(_: str) -> None:
        nonlocal tries
        tries += 1
        raise psycopg.OperationalError

    monkeypatch.setattr("ehr.event_store.resolver.connect_async", away)

    async def work() -> list[Resolved | BaseException]:
        resolver = Resolver("")
        asked = (resolver.resolve({Key("Patient", str(n))}, set(), None) for n in range(8))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert all(isinstance(reply, psycopg.OperationalError) for reply in asyncio.run(work()))
    assert tries == 1


def test_facts_are_read_one_by_one(database: str) -> None:
    """A merge needs two of a Patient who may have a thousand."""
    url = migrated(database)
    told = [patient(name) | {"id": "p"} for name in ("A", "B", "C")]
    state_all(url, *(request(update(one)) for one in told))
    stream = stream_of(Key("Patient", "p"))

    async def work() -> list[list[int] | None]:
        resolver = Resolver(url)
        try:
            facts = await asyncio.gather(*(resolver.read_fact(stream, version) for version in (3, 1, 4)))
            return [[one.version for one in fact.resources] if fact else None for fact in facts]
        finally:
            await resolver.close()

    assert asyncio.run(work()) == [[3], [1], None]
