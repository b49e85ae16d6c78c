"""The record's own notifications keep the promise of the log, also when readers share one reading."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from streams.event_log import EventLog
from streams.notification_log import NotificationLog
from streams.recorded_fact import Quarantined, TooNew
from streams.shared_reads import SharedReads
from tests.contracts.event_log import EventLogContract, Kept
from tests.stating import create, looking, migrated, observation, request, state_all


@dataclass
class KeptByTheRecord:
    """A log on a record of its own."""

    log: EventLog
    url: str

    def state(self, flushes: list[int]) -> None:
        """One request a flush; each of its resources is a fact."""
        for number in flushes:
            state_all(self.url, request(*(create(observation("1", n)) for n in range(number))))


class TestNotificationLog(EventLogContract):
    @pytest.fixture
    def kept(self, database: str) -> Iterator[Kept]:
        log = NotificationLog(migrated(database))
        yield KeptByTheRecord(log, database)
        log.close()


class TestSharedReads(EventLogContract):
    @pytest.fixture
    def kept(self, database: str) -> Iterator[Kept]:
        log = SharedReads(NotificationLog(migrated(database)))
        yield KeptByTheRecord(log, database)
        log.close()


def test_readers_that_take_turns_share_what_was_parsed(database: str) -> None:
    log = SharedReads(NotificationLog(migrated(database)))
    KeptByTheRecord(log, database).state([2, 1])
    first, second = log.read(0, 10), log.read(0, 10)
    assert [id(entry) for entry in first] == [id(entry) for entry in second]
    assert [entry.position for entry in log.read(2, 10)] == [3]
    log.close()


def test_what_cannot_be_decoded_is_told_not_guessed(database: str) -> None:
    log = NotificationLog(migrated(database))
    KeptByTheRecord(log, database).state([1, 1, 1])
    field = "encode('schema_version', 'hex')"
    newer = f"replace(encode(state, 'hex'), {field} || '01', {field} || '02')"
    with looking(database) as connection:
        change = "update record.facts set state = decode({}, 'hex') where notification_id = 1"
        connection.execute(change.format(newer))
        connection.execute("update record.facts set state = 'nonsense' where notification_id = 2")
    first, second, third = log.read(0, 10)
    assert isinstance(first, TooNew)
    assert isinstance(second, Quarantined)
    assert third.position == 3
    log.close()
