"""A record that is gone, and comes again: a backup is being put in its place."""

import asyncio

import pytest

from ehr.appending import Condition
from ehr.errors import Unavailable
from ehr.event_store.store import PostgresRecorder
from ehr.searching import Search
from ehr.values import Key
from tests.conditions import Elements
from tests.stating import looking, migrated


@pytest.fixture
def gone(database: str) -> str:
    """A database whose record was there."""
    with looking(migrated(database)) as connection:
        connection.execute("drop schema record cascade")
    return database


def test_what_is_asked_of_it_meanwhile_is_refused_for_now(gone: str) -> None:
    asyncio.run(ask(gone))


async def ask(url: str) -> None:
    async with PostgresRecorder(url, Elements(url)) as recorder:
        for heads, conditions, key in (
            ({Key("Patient", "1")}, set[Condition](), None),
            (set[Key](), {Condition("Patient", "urn:test", "1")}, None),
            (set[Key](), set[Condition](), ("client", "key")),
        ):
            with pytest.raises(Unavailable):
                await recorder.resolve(heads, conditions, key)
        with pytest.raises(Unavailable):
            await recorder.find({Search("Patient", "identifier=1"): 1})
