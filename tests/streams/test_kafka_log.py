"""Kafka keeps the promise of the log, as the record's own notifications do."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from ehr.event_store.notifications import NotificationRow, Notifications
from streams import kafka_log
from streams.broker import Access, OffsetGone, Partition, Place, Read, Sent, Writer
from streams.event_log import EventLog, LogDamaged, LogUnreachable
from streams.kafka_log import FactReader, KafkaLog, Tail
from streams.log_record import Placed, from_record, to_record
from streams.recorded_fact import Quarantined, RecordedFact
from tests.backbone.waiting import until
from tests.contracts.event_log import EventLogContract, Kept
from tests.stating import create, migrated, observation, request, state_all, value
from tests.streams.relaying import make_anew, relayed


@dataclass
class KeptByKafka:
    """A log to which a relay carries what a record of its own states."""

    log: EventLog
    url: str
    tail: Tail

    def state(self, flushes: list[int]) -> None:
        """One request a flush; each of its resources is a fact. It is on the log afterwards."""
        for number in flushes:
            state_all(self.url, request(*(create(observation("1", n)) for n in range(number))))
        end = value(self.url, "select max(notification_id) from record.facts")
        until(lambda: (last := self.tail.last()) is not None and last.row.position == end, "it is relayed")


class TestKafkaLog(EventLogContract):
    @pytest.fixture
    def kept(self, database: str, kafka: Access, place: Place) -> Iterator[Kept]:
        migrated(database)
        with (
            relayed(database, kafka, place),
            closing(KafkaLog(kafka, place)) as log,
            closing(Tail(kafka, place)) as tail,
        ):
            yield KeptByKafka(log, database, tail)


@pytest.fixture
def facts(database: str) -> list[NotificationRow]:
    """Thirty facts, one a flush."""
    migrated(database)
    for n in range(30):
        state_all(database, request(create(observation("1", n))))
    with closing(Notifications(database)) as notifications:
        return list(notifications.read(0, 30))


def written(kafka: Access, place: Place, facts: list[NotificationRow], *runs: range) -> None:
    """Writes the facts of these positions, run by run."""
    with closing(Writer(kafka, place)) as writer:
        for run in runs:
            assert writer.write([to_record(facts[position - 1]) for position in run]) == len(run)


@pytest.mark.parametrize(
    "runs",
    [
        [range(1, 31)],
        [range(1, 11), range(8, 21), range(3, 9), range(21, 31)],
        [range(1, 6), range(1, 6), range(1, 31), range(29, 31)],
        [range(1, 21), range(20, 26), range(1, 21), range(26, 31), range(2, 4)],
    ],
)
def test_what_is_there_twice_is_read_once(
    kafka: Access,
    place: Place,
    facts: list[NotificationRow],
    runs: list[range],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever was sent again, or came late from a relay that was cut off, and wherever reading begins."""
    monkeypatch.setattr(kafka_log, "TAIL", 8)
    written(kafka, place, facts, *runs)
    with closing(KafkaLog(kafka, place)) as log:
        assert log.end() == 30
        for after in [*range(30, -1, -1), 17, 3, 29]:
            assert [entry.position for entry in log.read(after, 100)] == list(range(after + 1, 31))


def test_readers_far_apart_do_not_read_over_and_over(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the views of one process do, after some of them were taken over from another one."""
    fetched = 0
    read = Partition.read

    def counted(partition: Partition, offset: int, most: int, timeout: float) -> list[Read]:
        nonlocal fetched
        found = read(partition, offset, most, timeout)
        fetched += len(found)
        return found

    monkeypatch.setattr(Partition, "read", counted)
    written(kafka, place, facts, range(1, 31))
    with closing(KafkaLog(kafka, place)) as log:
        for step in range(10):
            for after in (step, 10 + step, 20 + step):
                assert log.wait(after, 5)
                assert [entry.position for entry in log.read(after, 1)] == [after + 1]
    assert fetched < 7 * len(facts)  # Each looks for the tail, and then reads it.


def test_a_hole_is_no_end(kafka: Access, place: Place, facts: list[NotificationRow]) -> None:
    written(kafka, place, facts, range(1, 11), range(12, 21))
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(0, 100)] == list(range(1, 11))
        with pytest.raises(LogDamaged, match="position 11 is missing"):
            log.read(10, 100)
        assert [entry.position for entry in log.read(11, 100)] == list(range(12, 21))


def test_a_hole_costs_the_whole_log_once(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of one log that are at different places come to the hole, and try again there."""
    monkeypatch.setattr(kafka_log, "_RECORDS", 5)
    looked = counted(monkeypatch)
    written(kafka, place, facts, range(1, 21), range(22, 31))
    with closing(KafkaLog(kafka, place)) as log:
        readers = [3, 15]
        for n, after in enumerate(readers):
            while after < 20:
                after = log.read(after, 100)[-1].position
            readers[n] = after
        for _ in range(2):
            looked.clear()
            for after in readers:
                with pytest.raises(LogDamaged, match="position 21 is missing"):
                    log.read(after, 100)
    assert len(looked) <= 2 * 5


@pytest.mark.parametrize(("fetched", "begin", "most"), [(1, 10, 25), (100, 20, 120)])
def test_looking_for_what_is_missing_goes_back_in_few_steps(
    kafka: Access,
    place: Place,
    facts: list[NotificationRow],
    monkeypatch: pytest.MonkeyPatch,
    fetched: int,
    begin: int,
    most: int,
) -> None:
    """By as much as was read since, and by more each time."""
    monkeypatch.setattr(kafka_log, "_RECORDS", fetched)
    monkeypatch.setattr(kafka_log, "TAIL", 1)
    written(kafka, place, facts, range(1, 21), range(22, 31))
    looked = counted(monkeypatch)
    with closing(KafkaLog(kafka, place)) as log:
        while begin < 20:
            begin = log.read(begin, 100)[-1].position
        looked.clear()
        with pytest.raises(LogDamaged, match="position 21 is missing"):
            log.read(20, 100)
    assert len(looked) < most


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Read]:
    """What is read from partitions from now on; an empty reading counts as nothing."""
    looked: list[Read] = []

    class Counted(Partition):
        def read(self, offset: int, most: int, timeout: float) -> list[Read]:
            found = super().read(offset, most, timeout)
            looked.extend(found)
            return found

    monkeypatch.setattr(kafka_log, "Partition", Counted)
    return looked


@pytest.mark.parametrize("few", [2, 40])
def test_of_large_facts_few_are_looked_at_to_find_the_end(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """As many as have some bytes, but never fewer than some; and none before what is wanted to read on."""
    written(kafka, place, facts, range(1, 31))
    size = max(len(fact.state) for fact in facts)
    monkeypatch.setattr(kafka_log, "LATE_BYTES", 3 * size)
    monkeypatch.setattr(kafka_log, "_FEW", few)
    monkeypatch.setattr(kafka_log, "_RECORDS", 1)
    looked = counted(monkeypatch)
    with closing(KafkaLog(kafka, place)) as log:
        assert log.end() == 30
        assert len(looked) == (4 + 30 if few == 40 else 2 + 2 + 4)
        looked.clear()
        assert log.read(30, 100) == []
        assert len(looked) == (1 + 4 + 30 if few == 40 else 1 + 2 + 2 + 4)
        looked.clear()
        monkeypatch.setattr(kafka_log, "TAIL", 8)
        assert [entry.position for entry in log.read(15, 1)] == [16]
    assert len(looked) == 2 + 1


def test_a_late_batch_of_small_facts_does_not_hide_the_end(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that was frozen brings what it had under way when the log has long gone on."""
    written(kafka, place, facts, range(1, 31), range(2, 20))
    late = sum(len(fact.state) for fact in facts[1:19])
    monkeypatch.setattr(kafka_log, "LATE_BYTES", late + 1)
    monkeypatch.setattr(kafka_log, "_FEW", 2)
    with closing(KafkaLog(kafka, place)) as log:
        assert log.end() == 30


def test_a_reader_that_could_not_go_back_does_not_think_that_it_is_there(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(kafka, place, facts, range(1, 31))

    def away(_: Partition) -> tuple[int, int]:
        raise LogUnreachable("away")

    with closing(FactReader(kafka, place)) as reader:
        assert len(reader.read(0, 20)) == 20
        with monkeypatch.context() as patched:
            patched.setattr(Partition, "bounds", away)
            with pytest.raises(LogUnreachable):
                reader.read(5, 1)
        assert [placed.row.position for placed in reader.read(5, 2)] == [6, 7]


def test_a_log_that_is_written_anew_with_fewer_duplicates_is_read_on(
    kafka: Access, kafka_admin: KafkaAdminClient, place: Place, facts: list[NotificationRow]
) -> None:
    """What the reader wants next has a smaller offset than the one at which it stands."""
    written(kafka, place, facts, range(1, 11), range(6, 11), range(11, 13))
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(0, 100)] == list(range(1, 13))
        make_anew(kafka, kafka_admin, place)
        written(kafka, place, facts, range(1, 31))
        assert log.wait(12, 60)
        assert [entry.position for entry in log.read(12, 100)] == list(range(13, 31))


def read_to(reader: FactReader, position: int) -> None:
    """Everything up to there."""
    while reader.position < position:
        assert reader.read(max(reader.position, 0), 100)


def test_a_damaged_log_that_is_written_anew_is_read_on(
    kafka: Access,
    kafka_admin: KafkaAdminClient,
    place: Place,
    facts: list[NotificationRow],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was missing now stands before the place at which that was found, and the log ends further on."""
    monkeypatch.setattr(kafka_log, "_RECORDS", 1)
    written(kafka, place, facts, range(1, 11), range(6, 11), range(11, 13), range(14, 17))
    with closing(FactReader(kafka, place)) as reader:
        read_to(reader, 12)
        for _ in range(2):
            with pytest.raises(LogDamaged, match="position 13 is missing"):
                reader.read(12, 100)
        make_anew(kafka, kafka_admin, place)
        written(kafka, place, facts, range(1, 31))
        assert reader.read(12, 100)[0].row.position == 13


def test_a_long_damaged_log_that_grows_is_not_read_whole_at_each_try(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_log, "_RECORDS", 1)
    monkeypatch.setattr(kafka_log, "TAIL", 8)
    written(kafka, place, facts, range(1, 21), range(22, 25))
    looked = counted(monkeypatch)
    with closing(FactReader(kafka, place)) as reader:
        for more in (None, range(25, 28), range(28, 31)):
            written(kafka, place, facts, *([more] if more else []))
            read_to(reader, 20)
            looked.clear()
            with pytest.raises(LogDamaged, match="position 21 is missing"):
                reader.read(20, 100)
    assert len(looked) == 1


def test_the_end_of_a_log_that_is_cut_meanwhile_is_found(
    kafka: Access,
    kafka_admin: KafkaAdminClient,
    place: Place,
    facts: list[NotificationRow],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between asking where it begins and reading there."""
    written(kafka, place, facts, range(1, 31))
    asked: list[tuple[int, int]] = []

    class Cut(Partition):
        def bounds(self) -> tuple[int, int]:
            asked.append(super().bounds())
            if len(asked) == 1:
                kafka_admin.delete_records({TopicPartition(*place): 28})
            return asked[-1]

    monkeypatch.setattr(kafka_log, "Partition", Cut)
    with closing(Tail(kafka, place)) as tail:
        assert [tail.last(), tail.unbroken] == [Placed(facts[-1], True), 29]
    assert asked == [(0, 30), (28, 30)]


def test_the_end_of_a_log_that_has_less_than_it_said_is_found(
    kafka: Access, place: Place, facts: list[NotificationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was cut between asking where it ends and reading there."""
    written(kafka, place, facts, range(1, 31))

    class Cut(Partition):
        def bounds(self) -> tuple[int, int]:
            first, end = super().bounds()
            return first, end + 5

    monkeypatch.setattr(kafka_log, "Partition", Cut)
    with closing(Tail(kafka, place)) as tail:
        for _ in range(2):
            assert [tail.last(), tail.end] == [Placed(facts[-1], True), 30]


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_log_that_is_cut_while_a_position_is_sought_is_read_on(
    kafka: Access,
    place: Place,
    facts: list[NotificationRow],
    looks: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever look finds that its offset is gone."""
    written(kafka, place, facts, range(1, 11), range(1, 31))
    looked: list[int] = []

    class Cut(Partition):
        def read(self, offset: int, most: int, timeout: float) -> list[Read]:
            looked.append(offset)
            if len(looked) == looks:
                raise OffsetGone
            return super().read(offset, most, timeout)

    monkeypatch.setattr(kafka_log, "Partition", Cut)
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(20, 5)] == [21, 22, 23, 24, 25]
    assert len(looked) > looks


def test_what_is_not_what_was_sent_is_quarantined(
    kafka: Access, place: Place, facts: list[NotificationRow]
) -> None:
    damaged = facts[1]._replace(state=facts[1].state[:-1] + b"?")
    hashed = to_record(facts[1])
    with closing(Writer(kafka, place)) as writer:
        assert (
            writer.write([to_record(facts[0]), hashed._replace(value=damaged.state), to_record(facts[2])])
            == 3
        )
    with closing(KafkaLog(kafka, place)) as log:
        first, second, third = log.read(0, 10)
    assert isinstance(first, RecordedFact)
    assert isinstance(second, Quarantined)
    assert (second.position, second.subject) == (2, facts[1].subject)
    assert isinstance(third, RecordedFact)


def test_headers_of_others_do_no_harm() -> None:
    """Clients of other makes may write some without a value."""
    assert from_record(Read(0, b"x", b"y", {"traceparent": None})) is None
    row = NotificationRow(1, 1, 1, uuid4(), 1, uuid4(), 1, datetime.now(UTC), "ResourceRecorded", b"state")
    sent = to_record(row._replace(last_updated=row.last_updated.replace(microsecond=0)))
    placed = from_record(Read(0, sent.key, sent.value, {**dict(sent.headers), "traceparent": None}))
    assert placed is not None
    assert placed.intact


def test_what_is_none_of_this_log_is_passed_over(
    kafka: Access, place: Place, facts: list[NotificationRow]
) -> None:
    with closing(Writer(kafka, place)) as writer:
        for fact in facts[:3]:
            assert (
                writer.write([Sent(b"x", b"y", []), to_record(fact), Sent(b"", b"", [("position", b"1")])])
                == 3
            )
    with closing(KafkaLog(kafka, place)) as log:
        assert [entry.position for entry in log.read(0, 10)] == [1, 2, 3]
        assert [entry.position for entry in log.read(1, 10)] == [2, 3]
