"""What others have written into a topic of the log, or what its headers say that no record has written."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from kafka import KafkaProducer

from ehr.event_store.notifications import NotificationRow, Notifications
from streams import kafka_log
from streams.broker import Access, Place, Sent, Writer
from streams.event_log import LogDamaged
from streams.kafka_log import KafkaLog, Tail
from streams.log_record import to_record
from streams.verifying import Finding, compare
from tests.stating import create, migrated, observation, request, state_all
from tests.streams.relaying import way


@pytest.fixture
def facts(database: str) -> list[NotificationRow]:
    """Ten facts, one a flush."""
    migrated(database)
    for n in range(10):
        state_all(database, request(create(observation("1", n))))
    with closing(Notifications(database)) as notifications:
        return list(notifications.read(0, 10))


@contextmanager
def transactional(kafka: Access) -> Iterator[KafkaProducer]:
    """A producer that ends each transaction with a mark, which has an offset and is no record."""
    producer = KafkaProducer(
        bootstrap_servers=kafka.servers, transactional_id=secrets.token_hex(6), metrics_enabled=False
    )
    producer.init_transactions()
    yield producer
    producer.close()


def commit(producer: KafkaProducer, place: Place, records: Sequence[Sent]) -> None:
    """Writes them in a transaction."""
    producer.begin_transaction()
    for record in records:
        producer.send(place.topic, record.value, record.key, record.headers, place.partition)
    producer.commit_transaction()


@pytest.mark.parametrize("size", [1, 3, 10])
def test_marks_of_transactions_are_passed_over(
    kafka: Access, place: Place, facts: list[NotificationRow], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_log, "_PATIENCE_SECONDS", 0.5)
    with transactional(kafka) as producer:
        for begin in range(0, 10, size):
            commit(producer, place, [to_record(fact) for fact in facts[begin : begin + size]])
    with closing(KafkaLog(kafka, place)) as log:
        assert log.end() == 10
        for after in (0, 5, 9, 10):
            read = [entry.position for entry in log.read(after, 100)]
            assert read == list(range(after + 1, 11))
        assert not log.wait(10, 0.1)


@pytest.mark.parametrize("size", [1, 3, 10])
def test_a_mark_is_no_damage(
    database: str, kafka: Access, place: Place, facts: list[NotificationRow], size: int
) -> None:
    with transactional(kafka) as producer:
        for begin in range(0, 10, size):
            commit(producer, place, [to_record(fact) for fact in facts[begin : begin + size]])
    compared = compare(way(database, kafka, place))
    assert (compared.findings, compared.position, compared.lags) == ([], 10, False)


def test_what_a_transaction_lacks_is_missing(
    database: str, kafka: Access, place: Place, facts: list[NotificationRow]
) -> None:
    """The gap of its mark does not hide it."""
    with transactional(kafka) as producer:
        commit(producer, place, [to_record(fact) for fact in facts[:4]])
        commit(producer, place, [to_record(fact) for fact in facts[5:]])
    found = compare(way(database, kafka, place)).findings
    assert found == [Finding("missing", "position 5: missing in the log")]


def test_only_a_mark_is_an_empty_log(kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "_PATIENCE_SECONDS", 0.5)
    with transactional(kafka) as producer:
        commit(producer, place, [Sent(b"", b"", [])])
    with closing(Tail(kafka, place)) as tail:
        assert tail.last() is None


@pytest.mark.parametrize(
    ("transaction", "size"), [(5, 1_000_000_000), (5, 4), (5, 0), (2, 3), (2, 4), (6, 3), (-1, 100)]
)
def test_a_flush_that_is_not_as_its_fact_says_is_damage(
    kafka: Access, place: Place, facts: list[NotificationRow], transaction: int, size: int
) -> None:
    """Nobody waits for its end, nor is given another flush instead, also when all before it was given."""
    facts[4] = facts[4]._replace(transaction=transaction, size=size)
    records = [to_record(fact) for fact in facts]
    with closing(Writer(kafka, place)) as writer:
        assert writer.write(records) == len(records)
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(0, 100)] == [1, 2, 3, 4]
        for _ in range(2):
            with pytest.raises(LogDamaged, match=r"position 5\b"):
                log.read(4, 100)
        assert [entry.position for entry in log.read(5, 100)] == [6, 7, 8, 9, 10]
