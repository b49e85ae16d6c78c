"""What others have written into a topic of the log, or what its headers say that no record has written."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from ehr.event_store.notifications import NotificationRow, Notifications
from streams import broker, kafka_log, relay
from streams.broker import Access, Partition, Place, Sent, Writer
from streams.event_log import LogDamaged, LogMoved
from streams.kafka_log import KafkaLog, Tail
from streams.log_record import to_record
from streams.verifying import Finding, compare
from tests.stating import create, migrated, observation, request, state_all
from tests.streams.relaying import begun, make_anew, way
from tests.streams.test_kafka_log import counted


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


FOREIGN = Sent(b"x", b"y", [])
LIKE_OURS = Sent(b"x", b"y", [("position", b"1")])


def write(kafka: Access, place: Place, *records: Sent) -> None:
    with closing(Writer(kafka, place)) as writer:
        assert writer.write(records) == len(records)


def positions(kafka: Access, place: Place) -> list[int]:
    with closing(KafkaLog(kafka, place)) as log:
        return [entry.position for entry in log.read(0, 100)]


@pytest.mark.parametrize("foreign", [FOREIGN, LIKE_OURS])
@pytest.mark.parametrize("large", [True, False])
def test_the_end_is_found_before_whatever_others_have_written(
    kafka: Access,
    place: Place,
    facts: list[NotificationRow],
    monkeypatch: pytest.MonkeyPatch,
    large: bool,
    foreign: Sent,
) -> None:
    """Many records, or large ones, also with a header of a name that ours have."""
    monkeypatch.setattr(kafka_log, "_FEW", 2)
    monkeypatch.setattr(kafka_log, "LATE_BYTES" if large else "TAIL", 4)
    write(kafka, place, *map(to_record, facts), *[foreign] * 20)
    with closing(Tail(kafka, place)) as tail:
        last = tail.last()
    assert last is not None
    assert (last.row.position, tail.at, tail.end) == (10, 9, 30)


def test_reading_does_not_begin_behind_what_is_wanted_because_others_have_written(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is guessed to be, and behind that, is nothing of this log."""
    monkeypatch.setattr(kafka_log, "TAIL", 4)
    records = [to_record(fact) for fact in facts]
    write(kafka, place, *records[:8], *records[:3], *records[8:], *[FOREIGN] * 20)
    with closing(KafkaLog(kafka, place)) as log:
        for after in range(10, -1, -1):
            assert [entry.position for entry in log.read(after, 100)] == list(range(after + 1, 11))


def test_a_guess_that_meets_what_others_have_written_goes_on_behind_it(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of looking for the log's end."""
    monkeypatch.setattr(kafka_log, "TAIL", 2)
    monkeypatch.setattr(kafka_log, "_RECORDS", 1)
    records = [to_record(fact) for fact in facts]
    write(kafka, place, *records[:5], FOREIGN, *records[5:])
    looked = counted(monkeypatch)
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(5, 1)] == [6]
    assert [record.offset for record in looked] == [0, 5, 5, 6, 5, 6]


def test_a_relay_passes_over_what_others_write(database: str, kafka: Access, place: Place) -> None:
    """Before its first fact, between two, and marks of transactions too."""
    write(kafka, place, FOREIGN)
    migrated(database)
    with begun(database, kafka, place) as one, transactional(kafka) as producer:
        write(kafka, place, FOREIGN)
        carrying = one.carry(one.begin())
        write(kafka, place, FOREIGN)
        for n in range(1, 4):
            state_all(database, request(create(observation("1", n))))
            assert next(carrying) == n
            commit(producer, place, [FOREIGN, FOREIGN])
            assert next(carrying) == n
        carrying = one.carry(one.begin())
        write(kafka, place, FOREIGN)
        assert next(carrying) == 3
    assert positions(kafka, place) == [1, 2, 3]


def test_a_relay_goes_on_behind_what_others_write_in_the_same_moment(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it has looked, and between two batches of a window; a mark stands before the batch."""

    class Overtaken(Writer):
        def _written(self, batch: Sequence[Sent]) -> int | None:
            commit(producer, place, [FOREIGN])
            return super()._written(batch)

    monkeypatch.setattr(broker, "BATCH_BYTES", 1)
    monkeypatch.setattr(relay, "Writer", Overtaken)
    migrated(database)
    with transactional(kafka) as producer, begun(database, kafka, place) as one:
        carrying = one.carry(one.begin())
        for end in (3, 6):
            state_all(database, request(*(create(observation("1", n)) for n in range(3))))
            assert next(carrying) == end
    assert positions(kafka, place) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize("kept", [0, 9])
def test_what_others_write_where_facts_were_is_not_passed_over(
    database: str,
    kafka: Access,
    kafka_admin: KafkaAdminClient,
    place: Place,
    facts: list[NotificationRow],
    kept: int,
    begins: bool,
) -> None:
    """The log has lost its end, or all, and has become longer than it was; where the last of ten facts was,
    there is nothing of this log, or another fact. The relay wrote it, or found it when it began."""
    with begun(database, kafka, place) as one:
        carrying = one.carry(one.begin())
        assert next(carrying) == 10
        if begins:
            assert one.begin() == 10
        make_anew(kafka, kafka_admin, place)
        left = [to_record(fact) for fact in [*facts[:kept], *facts[kept - 1 : kept]]]
        write(kafka, place, *left, *[FOREIGN] * (12 - len(left)))
        with closing(Partition(kafka, place)) as partition, pytest.raises(LogMoved):
            one._pass_over(partition, partition.end())


def test_facts_that_are_gone_are_not_passed_over(
    database: str, kafka: Access, kafka_admin: KafkaAdminClient, place: Place, facts: list[NotificationRow]
) -> None:
    with begun(database, kafka, place) as one:
        carrying = one.carry(one.begin())
        assert next(carrying) == len(facts)
        kafka_admin.delete_records({TopicPartition(*place): len(facts)})
        write(kafka, place, FOREIGN)
        with pytest.raises(LogMoved):
            next(carrying)
