"""A flush that the database refuses, or whose answer is not understood: nothing is stored twice, nobody waits
for long."""

import asyncio
from unittest.mock import patch

from ehr.errors import OutcomeUnknown
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Request
from tests.stating import create, migrated, on_record, patient, request, value

FACTS = "select count(*) from record.facts"


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
