"""The largest facts arrive, and that a log which they would stop is found. More: `make faults`."""

import random
from datetime import UTC, datetime
from uuid import UUID

import pytest
from kafka.record.default_records import DefaultRecordBatchBuilder

from ehr.appending import LARGEST_FACT
from ehr.event_store.notifications import NotificationRow
from ehr.facts import FACT_TYPES
from streams.broker import LARGEST_RECORD, Access
from streams.log_record import to_record
from streams.topics import Wish
from tests.faults import sizes
from tests.faults.sizes import carry, fact_of
from tests.stating import migrated

MARGIN = 1_000_000
"""Bytes that the largest record leaves."""

LARGEST_NUMBER = 2**63 - 1


@pytest.fixture
def patient_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "GIVE_UP_SECONDS", 5.0)


def test_the_largest_arrive_byte_for_byte_and_what_is_larger_is_refused(
    database: str, kafka_servers: str
) -> None:
    *_, carried = carry(migrated(database), Access(kafka_servers), range(3))
    assert carried.wrong == []
    assert carried.kinds == {"largest": 1, "in parts": 1, "refused": 1}


@pytest.mark.usefixtures("patient_for_less")
def test_a_log_that_takes_less_than_the_record_is_found(
    database: str, kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: the record takes facts that the log does not."""
    monkeypatch.setattr("streams.broker.LARGEST_RECORD", LARGEST_FACT - 1_000)
    *_, carried = carry(migrated(database), Access(kafka_servers), range(3))
    assert any("nothing arrives any more" in wrong for wrong in carried.wrong)


def test_the_largest_fact_fits_with_all_that_goes_with_it() -> None:
    """Nothing that is appended can hold up the log: neither the producer nor the topic refuses it."""
    number = LARGEST_NUMBER
    id_, latest = UUID(int=2**128 - 1), datetime.max.replace(tzinfo=UTC)
    state, type_ = bytes(LARGEST_FACT), max(FACT_TYPES, key=len)
    row = NotificationRow(number, number, number, id_, number, id_, number, latest, type_, state)
    record = to_record(row)
    size = DefaultRecordBatchBuilder.estimate_size_in_bytes(record.key, record.value, record.headers)
    assert size > LARGEST_FACT
    assert size + MARGIN < LARGEST_RECORD
    assert int(Wish("any").settings["max.message.bytes"]) >= LARGEST_RECORD


def test_a_fact_is_made_of_the_size_that_is_asked_for() -> None:
    for size in (LARGEST_FACT, LARGEST_FACT + 1):
        assert len(fact_of(size, random.Random(1)).state) == size
