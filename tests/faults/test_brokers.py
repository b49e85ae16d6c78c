"""A small campaign of stopped and killed brokers, and that it finds what is planted. More: `make faults`."""

from collections.abc import Iterator, Sequence

import pytest

from backbone.embedded_kafka import EmbeddedKafka
from streams.broker import Access, Place, Sent, Writer
from tests.faults import brokers
from tests.faults.brokers import strike
from tests.kafka_broker import local_kafka
from tests.stating import migrated


@pytest.fixture(scope="module")
def one_broker() -> Iterator[EmbeddedKafka]:
    with local_kafka() as kafka:
        yield kafka


class Skipping(Writer):
    """The planted bug: every fifth batch is taken for confirmed, and was never sent."""

    def __init__(self, access: Access, place: Place) -> None:
        super().__init__(access, place)
        self._batches = 0

    def write(self, records: Sequence[Sent], at: int | None = None) -> int:  # noqa: ARG002 - it believes
        self._batches += 1
        return super().write(records) if self._batches % 5 else len(records)


def test_one_broker_is_stopped_and_killed(one_broker: EmbeddedKafka, database: str) -> None:
    struck = strike(one_broker, migrated(database), 2, 1)
    assert struck.wrong == []
    assert struck.strikes == {"killed": 1, "stopped": 1}


def test_a_relay_that_leaves_out_a_batch_is_found(
    one_broker: EmbeddedKafka, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "TELLING_SECONDS", 1.0)
    wrong = " ".join(strike(one_broker, migrated(database), 1, 1, Skipping).wrong)
    assert "positions are lost" in wrong or "holes" in wrong


def test_of_three_brokers_the_leader_and_two_at_once_are_killed(
    three_brokers: EmbeddedKafka, database: str
) -> None:
    struck = strike(three_brokers, migrated(database), 2, 1)
    assert struck.wrong == []
    assert struck.strikes == {"leader killed": 1, "two killed": 1}
