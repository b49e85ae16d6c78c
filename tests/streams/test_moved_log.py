"""A log that does not end where its relay left it: it has lost its end, or another store writes there too."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Uncompared
from ehr.event_store.relaying import RelayStanding, standing
from streams import relay
from streams.broker import Access, Partition, Place, Sent, Writer
from streams.event_log import LogDamaged, LogMisconfigured, LogMoved
from streams.kafka_log import FactReader
from streams.log_record import to_record
from streams.relay import refill
from tests.backbone.waiting import until
from tests.conftest import fresh_database
from tests.kafka_broker import local_kafka
from tests.stating import create, looking, migrated, observation, request, state_all
from tests.streams.relaying import begun, make_anew, relayed, way
from tests.streams.test_restoring import rows


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay in trouble tries again soon, and tells at once how far it is."""
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.1)
    monkeypatch.setattr(relay, "TELL_SECONDS", 0.0)


def state(url: str, *numbers: int) -> None:
    """A fact and a flush each."""
    for number in numbers:
        state_all(url, request(create(observation("1", number))))


def told(url: str) -> RelayStanding:
    with looking(url) as connection:
        found = standing(connection)
    assert found
    return found


def confirmed(url: str, position: int) -> None:
    """Waits until the log has confirmed so many."""
    until(
        lambda: told(url).position == position and not told(url).trouble, f"{position} facts are on the log"
    )


def positions(access: Access, place: Place) -> list[int]:
    """Of all records, as they stand."""
    with closing(Partition(access, place)) as partition:
        begin, end = partition.bounds()
        found = partition.read(begin, 1000, 5) if begin < end else []
    return [int(record.headers["position"] or b"") for record in found]


def refused(url: str, access: Access, place: Place) -> str:
    """What a relay says that finds the log damaged; it lets nobody write who did not before."""
    with looking(url) as connection:
        connection.execute("update record.relay set compared = 'before'")
    with begun(url, access, place) as one, pytest.raises(LogDamaged) as damage:
        one.begin()
    with pytest.raises(Uncompared):
        state(url, 99)
    return str(damage.value)


def test_an_end_that_a_broker_has_lost_is_written_again(database: str) -> None:
    """Power is cut: what the only broker had acknowledged was not on its disk yet."""
    migrated(database)
    with local_kafka() as broker:
        access, place = Access(broker.servers), Place("test.cut", 0)
        with relayed(database, access, place):
            state(database, *range(5))
            confirmed(database, 5)
            segment = segment_of(broker._directory, place)
            size = segment.stat().st_size
            state(database, *range(3))
            confirmed(database, 8)
            broker.kill()
            with segment.open("r+b") as log:
                log.truncate(size)
            broker.launch()
            state(database, *range(2))
            confirmed(database, 10)
        assert positions(access, place) == list(range(1, 11))


def segment_of(directory: Path, place: Place) -> Path:
    """The file in which a broker has the first records of a partition."""
    (found,) = directory.rglob(f"{place.topic}-{place.partition}/00000000000000000000.log")
    return found


def test_a_topic_that_is_made_anew_under_a_relay_is_not_written_to(
    database: str, kafka: Access, kafka_admin: KafkaAdminClient, place: Place
) -> None:
    migrated(database)
    with relayed(database, kafka, place):
        state(database, *range(5))
        confirmed(database, 5)
        make_anew(kafka, kafka_admin, place)
        state(database, *range(3))
        until(lambda: "is empty" in (told(database).trouble or ""), "the relay says what to do")
    assert positions(kafka, place) == []
    refill(way(database, kafka, place))
    assert positions(kafka, place) == list(range(1, 9))


def test_of_two_stores_with_one_past_one_goes_on(
    postgres: EmbeddedPostgres, database: str, kafka: Access, place: Place
) -> None:
    """As a standby that was promoted while the former primary lives on."""
    migrated(database)
    with relayed(database, kafka, place):
        state(database, *range(3))
        confirmed(database, 3)
    with ExitStack() as stack:
        with looking(database) as connection:
            name = connection.info.dbname
        copy = stack.enter_context(fresh_database(postgres, template=name))
        for url in database, copy:
            stack.enter_context(relayed(url, kafka, place))
        state(database, *range(10, 13))
        confirmed(database, 6)
        until(lambda: not told(copy).compared, "the other one learns of it")
        assert "ehr restore --from-log" in (told(copy).trouble or "")
        with pytest.raises(Uncompared):
            state(copy, 20)
        state(database, 13)
        confirmed(database, 7)
    with closing(FactReader(kafka, place)) as log:
        assert [placed.row for placed in log.read(0, 100)] == rows(database)


def test_of_two_stores_that_have_both_written_one_goes_on(
    postgres: EmbeddedPostgres, database: str, kafka: Access, place: Place
) -> None:
    migrated(database)
    refill(way(database, kafka, place))
    with looking(database) as connection:
        name = connection.info.dbname
    with (
        fresh_database(postgres, template=name) as copy,
        begun(database, kafka, place) as one,
        begun(copy, kafka, place) as other,
    ):
        first, second = one.carry(one.begin()), other.carry(other.begin())
        state(database, 1)
        state(copy, 2)
        assert next(first) == 1
        with pytest.raises(LogMoved):
            next(second)
        with pytest.raises(LogMisconfigured, match="is another one"):
            other.begin()
        with pytest.raises(Uncompared):
            state(copy, 3)
        state(database, 3)
        assert next(first) == 2
    assert positions(kafka, place) == [1, 2]


def test_a_log_of_two_stores_is_gone_on_with_by_none(
    postgres: EmbeddedPostgres, database: str, kafka: Access, place: Place
) -> None:
    """Both have written in the same moment, and what the second one wrote goes further."""
    migrated(database)
    refill(way(database, kafka, place))
    with looking(database) as connection:
        name = connection.info.dbname
    with (
        fresh_database(postgres, template=name) as copy,
        closing(Writer(kafka, place)) as writer,
    ):
        for url in database, copy:
            compared(url, kafka, place)
        state(database, 1)
        state(copy, 2, 3)
        assert writer.write([to_record(row) for url in (database, copy) for row in rows(url)]) == 3
        for url in copy, database:
            with pytest.raises(LogMisconfigured, match="two facts at position 1: choose one store"):
                compared(url, kafka, place)
            with pytest.raises(Uncompared):
                state(url, 4)
        assert refill(way(copy, kafka, Place(f"{place.topic}.new", 0))) == 2


def compared(url: str, kafka: Access, place: Place) -> None:
    """By a relay."""
    with begun(url, kafka, place) as one:
        one.begin()


class Overtaken(Writer):
    """Another one writes in the moment after the relay has looked."""

    def write(self, records: Sequence[Sent], at: int | None = None) -> int:
        if records:
            super().write(records)
        return super().write(records, at)


def test_what_was_written_elsewhere_is_not_gone_on_behind(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated(database)
    monkeypatch.setattr(relay, "Writer", Overtaken)
    with begun(database, kafka, place) as one:
        carrying = one.carry(one.begin())
        state(database, 1)
        with pytest.raises(LogMoved, match="ends beyond where this relay left it"):
            next(carrying)
        assert one.begin() == 1


def facts(url: str, *, gone: Sequence[int] = ()) -> list[Sent]:
    """Records of thirty facts but for some."""
    state(migrated(url), *range(30))
    return [to_record(row) for row in rows(url) if row.position not in gone]


@pytest.mark.parametrize("gone", [[20], [1], range(1, 21), [5, 20]])
@pytest.mark.parametrize("tail", [8000, 10])
def test_a_log_with_a_hole_near_its_end_is_not_gone_on_with(
    database: str,
    kafka: Access,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    gone: Sequence[int],
    tail: int,
) -> None:
    """Also where the hole is just before what is looked at."""
    monkeypatch.setattr("streams.kafka_log.TAIL", tail)
    records = facts(database, gone=gone)
    with begun(database, kafka, place) as one:
        one.begin()
    with closing(Writer(kafka, place)) as writer:
        assert writer.write(records) == len(records)
    said = refused(database, kafka, place)
    assert f"is missing in {place.topic}/0): name a new topic in EHR_KAFKA_TOPIC" in said
    assert any(f"(position {position} is" in said for position in gone)
    new = Place(f"{place.topic}.new", 0)
    assert refill(way(database, kafka, new)) == 30


def test_late_records_at_the_end_are_no_hole(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked at begins among duplicates: of a relay that was cut off."""
    monkeypatch.setattr("streams.kafka_log.TAIL", 8)
    records = facts(database)
    with closing(Writer(kafka, place)) as writer:
        for run in records[:25], records[3:9], records[25:]:
            assert writer.write(run) == len(run)
    with begun(database, kafka, place) as one:
        assert one.begin() == 30


def test_a_damaged_last_record_is_not_taken_for_another_fact(
    database: str, kafka: Access, place: Place
) -> None:
    *before, last = facts(database)
    with begun(database, kafka, place) as one:
        one.begin()
    with closing(Writer(kafka, place)) as writer:
        writer.write([*before, last._replace(value=last.value[:-1] + bytes([last.value[-1] ^ 1]))])
    said = refused(database, kafka, place)
    assert "position 30: its bytes are not those that were sent): name a new topic" in said


def test_an_emptied_topic_is_not_filled_by_itself(
    database: str, kafka: Access, kafka_admin: KafkaAdminClient, place: Place
) -> None:
    """Its name may be wrong."""
    records = facts(database)
    assert refill(way(database, kafka, place)) == len(records)
    kafka_admin.delete_records({TopicPartition(*place): len(records)})
    for _ in range(2):
        with begun(database, kafka, place) as one, pytest.raises(LogMisconfigured, match="--refill"):
            one.begin()
    assert positions(kafka, place) == []
    assert refill(way(database, kafka, place)) == 30
