"""What is told of brokers that were reached, and then are in trouble; and what is written to them."""

from collections.abc import Sequence
from contextlib import closing

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, NotLeaderForPartitionError

from streams import broker
from streams.broker import Access, Partition, Place, Sent, Writer
from streams.event_log import LogMoved, LogUnreachable


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KafkaTimeoutError("Timed out after 5000 ms"), "KafkaTimeoutError: Timed out after 5000 ms"),
        (KafkaTimeoutError(), "KafkaTimeoutError"),
        (KafkaConnectionError("Node 1 not ready"), "KafkaConnectionError: Node 1 not ready"),
        (
            ConnectionResetError(104, "Connection reset by peer"),
            "ConnectionResetError: Connection reset by peer",
        ),
        (KafkaError("hush"), "KafkaError"),
    ],
)
def test_the_reason_is_told_where_it_repeats_nothing_that_was_sent(
    kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    assert trouble(kafka, place, error, monkeypatch) == f"Kafka at {kafka.servers}: {said}"


def test_what_a_broker_answers_is_told_as_the_protocol_says_it(
    kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = trouble(kafka, place, NotLeaderForPartitionError("hush"), monkeypatch)
    assert "NotLeaderForPartitionError: This error is thrown if the client attempts to send" in told
    assert "hush" not in told


def trouble(kafka: Access, place: Place, error: Exception, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a reader is told when the library ends with this error."""

    def fail(*_: object, **__: object) -> None:
        raise error

    with closing(Partition(kafka, place)) as partition:
        monkeypatch.setattr(KafkaConsumer, "poll", fail)
        with pytest.raises(LogUnreachable) as told:
            partition.read(0, 1, 0.1)
    return str(told.value)


RECORDS = [Sent(b"key", str(number).encode(), []) for number in range(3)]


def values(kafka: Access, place: Place) -> list[bytes | None]:
    """Of the records of a topic that has some."""
    with closing(Partition(kafka, place)) as partition:
        return [record.value for record in partition.read(0, 100, 5)]


def test_what_is_written_is_one_batch_however_large(
    kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splitting is the caller's: all of it counts, or nothing, also where its place is another one."""
    monkeypatch.setattr(broker, "BATCH_BYTES", 1)
    sent: list[Sequence[Sent]] = []

    class Losing(Writer):
        def _written(self, batch: Sequence[Sent]) -> int | None:
            sent.append(batch)
            return super()._written(batch) if len(sent) == 1 else None

    with closing(Losing(kafka, place)) as writer:
        assert writer.write(RECORDS, 0) == 3
        assert writer.write(RECORDS, 7) == 0
    assert sent == [RECORDS, RECORDS]
    assert values(kafka, place) == [b"0", b"1", b"2"]


def test_each_batch_must_stand_behind_the_one_before(kafka: Access, place: Place) -> None:
    """One that does not is on the log all the same, the whole of it."""
    with closing(Writer(kafka, place)) as writer, closing(Writer(kafka, place)) as other:
        assert writer.write(RECORDS[:2], 0) == 2
        assert other.write(RECORDS[:1], 2) == 1
        with pytest.raises(LogMoved, match="ends beyond where this relay left it"):
            writer.write(RECORDS, 2)
    assert values(kafka, place) == [b"0", b"1", b"0", b"0", b"1", b"2"]


def test_what_reads_nothing_gives_no_sign_of_life(kafka: Access, place: Place) -> None:
    """Otherwise one that gets nothing done would keep its post for ever."""
    signs: list[str] = []
    with (
        closing(Partition(kafka, place, lambda: signs.append("alive"))) as partition,
        closing(Writer(kafka, place)) as writer,
    ):
        for _ in range(3):
            assert partition.read(0, 1, 0.1) == []
        assert signs == []
        assert writer.write(RECORDS) == 3
        assert len(partition.read(0, 3, 60)) > 0
        assert signs == ["alive"]
