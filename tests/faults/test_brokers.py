"""A small campaign of stopped and killed brokers, and that it finds what is planted. More: `make faults`."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from backbone.embedded_kafka import EmbeddedKafka
from streams.broker import Access, Place, Sent, Writer
from streams.event_log import LogUnreachable
from tests.faults import brokers
from tests.faults.brokers import strike
from tests.kafka_broker import local_kafka
from tests.stating import migrated


@pytest.fixture(scope="module")
def one_broker() -> Iterator[EmbeddedKafka]:
    with local_kafka() as kafka:
        yield kafka


class Skipping(Writer):
    """The planted bug: what is not confirmed in time is left out."""

    def __init__(self, access: Access, place: Place) -> None:
        self._to = replace(access, patience=0.3), place
        super().__init__(*self._to)

    def write(self, records: Sequence[Sent], at: int | None = None) -> int:  # noqa: ARG002 - it believes
        if super().write(records) < len(records):
            self.close()
            with suppress(LogUnreachable):
                super().__init__(*self._to)
        return len(records)


def test_one_broker_is_stopped_and_killed(one_broker: EmbeddedKafka, database: str) -> None:
    struck = strike(one_broker, migrated(database), 2, 1)
    assert struck.wrong == []
    assert struck.strikes == {"killed": 1, "stopped": 1}


def test_a_relay_that_leaves_out_what_takes_too_long_is_found(
    one_broker: EmbeddedKafka, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "TELLING_SECONDS", 1.0)
    wrong = " ".join(strike(one_broker, migrated(database), 2, 1, Skipping).wrong)
    assert "positions are lost" in wrong or "holes" in wrong


def test_of_three_brokers_the_leader_and_two_at_once_are_killed(
    three_brokers: EmbeddedKafka, database: str
) -> None:
    struck = strike(three_brokers, migrated(database), 2, 1)
    assert struck.wrong == []
    assert struck.strikes == {"leader killed": 1, "two killed": 1}
