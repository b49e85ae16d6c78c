"""The contract that eventsourcing ships for application recorders, kept by the record's own."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from eventsourcing import cryptography
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresDatastore

from ehr.errors import Uncompared
from ehr.event_store.connections import connect
from ehr.event_store.notifications import Notifications
from ehr.event_store.recorder import FactRecorder, make_datastore
from tests.stating import create, migrated, observation, request, state_all, value

# The module of the test cases also imports a cipher that needs a package which nothing here uses.
with patch.dict(sys.modules, {"eventsourcing.cipher": cryptography}):
    from eventsourcing.tests.persistence import (
        ApplicationRecorderTestCase,
        NonInterleavingNotificationIDsBaseCase,
    )

EMPTY = "truncate record.facts, record.subjects, record.flushes, record.heads, record.claims, record.answers"


class FromZero(FactRecorder):
    """Some of the library's tests count a stream's events from 0; the record counts from 1, without gaps."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        shifted = [
            StoredEvent(e.originator_id, e.originator_version + 1, e.topic, e.state) for e in stored_events
        ]
        return super().insert_events(shifted)


@pytest.fixture(scope="module")
def datastore(module_database: str) -> Iterator[PostgresDatastore]:
    """One pool of connections for the module."""
    datastore = make_datastore(migrated(module_database))
    yield datastore
    datastore.close()


@pytest.fixture
def recorder(datastore: PostgresDatastore, module_database: str) -> FactRecorder:
    """A recorder on an empty record."""
    with connect(module_database) as connection:
        connection.execute(EMPTY)
    return FactRecorder(datastore)


class OnTheRecord:
    """Gives the library's test cases their recorder."""

    kind: ClassVar[type[FactRecorder]] = FactRecorder

    @pytest.fixture(autouse=True)
    def _empty(self, recorder: FactRecorder) -> None:
        self.datastore = recorder.datastore

    def create_recorder(self) -> FactRecorder:
        return self.kind(self.datastore)


class TestContract(OnTheRecord, ApplicationRecorderTestCase[FactRecorder]):
    # These two count from 0: see below.
    test_concurrent_no_conflicts = None  # type: ignore[assignment]
    test_concurrent_throughput = None  # type: ignore[assignment]

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestConcurrentContract(OnTheRecord, ApplicationRecorderTestCase[FactRecorder]):
    kind = FromZero
    test_insert_select = None  # type: ignore[assignment]
    test_performance = None  # type: ignore[assignment]


class TestNonInterleaving(OnTheRecord, NonInterleavingNotificationIDsBaseCase):
    kind = FromZero


def event(stream: UUID, version: int) -> StoredEvent:
    return StoredEvent(stream, version, "planted", b"state")


@pytest.mark.parametrize("versions", [[2], [0], [1, 3], [2, 1], [1, 1]])
def test_only_the_next_of_a_stream_is_taken(recorder: FactRecorder, versions: list[int]) -> None:
    stream = uuid4()
    with pytest.raises(IntegrityError):
        recorder.insert_events([event(stream, version) for version in versions])
    assert recorder.max_notification_id() is None
    assert recorder.select_events(stream) == []


def test_a_refused_event_burns_no_position(recorder: FactRecorder) -> None:
    stream = uuid4()
    assert recorder.insert_events([event(stream, 1)]) == [1]
    with pytest.raises(IntegrityError):
        recorder.insert_events([event(stream, 1)])
    assert recorder.insert_events([event(stream, 2)]) == [2]


def test_events_of_the_library_and_facts_share_one_order(
    recorder: FactRecorder, module_database: str
) -> None:
    recorder.insert_events([event(uuid4(), 1)])
    (receipt,) = state_all(module_database, request(create(observation("1", 1))))
    recorder.insert_events([event(uuid4(), 1)])
    log = Notifications(module_database)
    assert [row.position for row in log.read(0, 10)] == [1, 2, 3]
    log.close()
    assert receipt.position == 2
    assert [n.id for n in recorder.select_notifications(1, 10)] == [1, 2, 3]
    assert value(module_database, "select count(*) from record.flushes") == 3


def test_nothing_is_appended_where_kafka_should_keep_the_log_and_the_record_does_not_know(
    recorder: FactRecorder,
) -> None:
    """As in a backup from before."""
    told = FactRecorder(recorder.datastore, kept_by_kafka=True)
    with pytest.raises(Uncompared):
        told.insert_events([StoredEvent(uuid4(), 1, "topic", b"state")])
    assert recorder.max_notification_id() is None
