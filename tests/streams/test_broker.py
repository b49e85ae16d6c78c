"""What is told of brokers that were reached, and then are in trouble."""

from contextlib import closing

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, NotLeaderForPartitionError

from streams.broker import Access, Partition, Place
from streams.event_log import LogUnreachable


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
