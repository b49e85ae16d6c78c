"""A log that ends inside a flush that no store has: relay and store were lost while it was being written."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Uncompared
from ehr.event_store.notifications import NotificationRow
from ehr.event_store.relaying import RelayPost, standing
from streams.broker import Access, Place, Writer
from streams.event_log import LogMisconfigured
from streams.kafka_log import KafkaLog
from streams.log_record import to_record
from streams.relay import Relay, refill, take_over
from streams.restoring import Parted, restore
from tests.conftest import fresh_database
from tests.stating import create, looking, migrated, observation, request, state_all
from tests.streams.relaying import relayed, way
from tests.streams.test_restoring import append, rows

BEGINS, ENDS = 3, 6
"""The positions of the second flush; the first is of two facts."""


@pytest.fixture
def facts(database: str) -> list[NotificationRow]:
    """Of two flushes."""
    migrated(database)
    for size in (2, 4):
        state_all(database, request(*(create(observation("1", n)) for n in range(size))))
    found = rows(database)
    assert [(row.transaction, row.size) for row in found] == [(1, 2)] * 2 + [(BEGINS, 4)] * 4
    return found


@pytest.fixture
def other(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of an empty record."""
    with fresh_database(postgres) as url:
        yield migrated(url)


def cut(kafka: Access, place: Place, facts: list[NotificationRow], end: int) -> None:
    """The log up to a position."""
    with closing(Writer(kafka, place)) as writer:
        assert writer.write([to_record(fact) for fact in facts[:end]]) == end


def refused(url: str, kafka: Access, place: Place) -> str:
    """What a relay says that refuses to go on."""
    with closing(RelayPost(url)) as post, closing(Relay(way(url, kafka, place), post)) as relay:
        take_over(post)  # The database may not have noticed yet that the one before is gone.
        with pytest.raises(LogMisconfigured) as told:
            relay.begin()
    with pytest.raises(Uncompared):
        state_all(url, request(create(observation("1", 9))))
    return str(told.value)


@pytest.mark.parametrize("have", [0, BEGINS - 1])
@pytest.mark.parametrize("end", [1, *range(BEGINS, ENDS)])
def test_it_goes_on_in_a_new_topic(
    facts: list[NotificationRow], other: str, kafka: Access, place: Place, end: int, have: int
) -> None:
    """Wherever the log ends, and whatever the store has of what is whole."""
    whole = BEGINS - 1 if end >= BEGINS else 0
    cut(kafka, place, facts, end)
    if min(have, whole):
        append(other, facts[:whole])
    said = f"ends at position {end}, inside a flush that no store has: name a new topic in EHR_KAFKA_TOPIC"
    for _ in range(2):
        with pytest.raises(LogMisconfigured, match=said):
            restore(way(other, kafka, place))
        assert rows(other) == facts[:whole]
    with looking(other) as connection:
        found = standing(connection)
    assert found is not None
    assert said in (found.trouble or "")
    assert said in refused(other, kafka, place)

    new = kafka, Place(f"{place.topic}.new", 0)
    assert refill(way(other, *new)) == whole
    with relayed(other, *new):
        state_all(other, request(create(observation("1", 9))))
    assert refill(way(other, *new)) == whole + 1
    with closing(KafkaLog(*new)) as log:
        assert [entry.position for entry in log.read(0, 100)] == [row.position for row in rows(other)]


def test_a_backup_from_before_is_restored_first(
    facts: list[NotificationRow], other: str, kafka: Access, place: Place
) -> None:
    cut(kafka, place, facts, ENDS - 1)
    assert "ehr restore --from-log" in refused(other, kafka, place)


@pytest.mark.parametrize("end", range(BEGINS, ENDS))
def test_a_store_that_has_the_flush_writes_on(
    facts: list[NotificationRow], database: str, kafka: Access, place: Place, end: int
) -> None:
    cut(kafka, place, facts, end)
    assert restore(way(database, kafka, place)) == end
    assert refill(way(database, kafka, place)) == ENDS
    with closing(KafkaLog(kafka, place)) as log:
        assert log.end() == ENDS


@pytest.mark.parametrize("more", [1, 5])
@pytest.mark.parametrize("end", range(BEGINS, ENDS))
def test_a_store_with_another_flush_there_is_refused(
    facts: list[NotificationRow], other: str, kafka: Access, place: Place, end: int, more: int
) -> None:
    cut(kafka, place, facts, end)
    append(other, facts[: BEGINS - 1])
    for n in range(more):
        state_all(other, request(create(observation("1", n))))
    before = rows(other)
    with pytest.raises(Parted) as parted:
        restore(way(other, kafka, place))
    assert parted.value.position == BEGINS
    assert rows(other) == before
