"""A relay through trouble, and how it ends."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Uncompared
from ehr.event_store import lease
from ehr.event_store.connections import RecordTrouble
from ehr.event_store.relaying import NotKept, RelayPost, RelayStanding, keep_by_kafka, standing
from streams import broker, kafka_log, relay
from streams.broker import Access, Partition, Place, Read, Sent, Writer
from streams.event_log import LogMisconfigured, LogMoved, LogUnreachable
from streams.kafka_log import Tail, end_of
from streams.log_record import Placed
from streams.relay import Relay, leave, refill, run_relay
from streams.restoring import restore
from tests.backbone.waiting import until
from tests.conftest import fresh_database
from tests.hanging import held_by_another_role
from tests.stating import create, looking, migrated, observation, request, state_all, value
from tests.streams.relaying import relayed, way

CONNECTED = "select count(*) from pg_stat_activity where datname = current_database()"
DISMISS = """
select count(pg_terminate_backend(pid, 60000)) from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and datname = current_database()
"""


def kept(url: str) -> str:
    """The same database, with a record whose log Kafka keeps."""
    with looking(migrated(url)) as connection:
        keep_by_kafka(connection)
    return url


def after_a_minute() -> Callable[[], bool]:
    """Stops a relay that should have ended by itself."""
    end = time.monotonic() + 60
    return lambda: time.monotonic() > end


def told(url: str) -> RelayStanding | None:
    with looking(url) as connection:
        return standing(connection)


def test_the_record_keeps_its_log_itself_again_whatever_relay_waits_in_trouble(database: str) -> None:
    to = way(kept(database), Access("127.0.0.1:1", patience=0.5), Place("any", 0))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(run_relay, to, after_a_minute())
        until(lambda: (found := told(database)) is not None and bool(found.trouble), "it is in trouble")
        leave(database)
        assert isinstance(waiting.exception(60), NotKept)
    assert told(database) is None
    state_all(database, request(create(observation("1", 1))))
    leave(database)
    assert told(database) is None


def test_a_relay_that_stood_by_does_not_take_over_what_kafka_no_longer_keeps(database: str) -> None:
    to = way(kept(database), Access("127.0.0.1:1"), Place("any", 0))
    with ThreadPoolExecutor() as pool, closing(RelayPost(database)) as post:
        assert post.take()
        waiting = pool.submit(run_relay, to, after_a_minute())
        until(lambda: value(database, CONNECTED) > 2, "it stands by")
        post.leave()
        for told_late in (
            lambda: post.tell(1),
            lambda: post.agree(post.incarnation()),
            lambda: post.disagree("more"),
            post.confirmed,
        ):
            with pytest.raises(NotKept):
                told_late()
        post.close()
        assert isinstance(waiting.exception(60), NotKept)
    assert told(database) is None


def test_it_compares_anew_when_another_record_has_come_in_the_place_of_its_own(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TELL_SECONDS", 0.0)
    with relayed(migrated(database), kafka, place):
        state_all(database, request(create(observation("1", 1))))
        with looking(database) as connection:
            # So it stands in a backup that is put in the place of the record.
            connection.execute("update record.relay set compared = 'of another record'")
        until(lambda: (found := told(database)) is not None and found.compared, "it has compared anew")
        state_all(database, request(create(observation("1", 1))))


def test_it_stands_by_for_one_that_hangs_as_another_role(
    database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.0)
    to = way(kept(database), Access("127.0.0.1:1"), Place("any", 0))
    with held_by_another_role(postgres, database, "record.relay", 0.3), capture_logs() as logs:
        run_relay(to, lambda: bool(logs))
    (told,) = logs
    assert "holds record.relay and hangs" in told["trouble"]


def test_nothing_is_sent_behind_what_was_not_confirmed(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window of three batches, of which the second one is lost: the first one is what the log has then."""
    monkeypatch.setattr(broker, "BATCH_BYTES", 1)
    sent: list[Sequence[Sent]] = []

    class Losing(Writer):
        def _written(self, batch: Sequence[Sent]) -> int | None:
            sent.append(batch)
            return None if len(sent) == 2 else super()._written(batch)

    monkeypatch.setattr(relay, "Writer", Losing)
    to = way(migrated(database), kafka, place)
    state_all(database, request(*(create(observation("1", n)) for n in range(3))))
    with closing(RelayPost(database)) as post, closing(Relay(to, post)) as one:
        assert post.take()
        with pytest.raises(LogUnreachable, match="confirms no more"):
            next(one.carry(one.begin()))
        assert len(sent) == 2
        with closing(Tail(kafka, place)) as tail:
            assert end_of(tail.last()) == 0  # Not beyond the first of three facts of a flush.
            assert tail.end == 1
        assert next(one.carry(one.begin())) == 3


def test_who_is_no_relay_any_more_sends_no_further_batch(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has ended its session while the brokers took the first batch of a window."""
    monkeypatch.setattr(broker, "BATCH_BYTES", 1)
    sent: list[Sequence[Sent]] = []

    class Dismissed(Writer):
        def _written(self, batch: Sequence[Sent]) -> int | None:
            sent.append(batch)
            assert value(database, DISMISS) == 1
            return super()._written(batch)

    monkeypatch.setattr(relay, "Writer", Dismissed)
    state_all(migrated(database), request(*(create(observation("1", n)) for n in range(3))))
    with pytest.raises(RecordTrouble):
        refill(way(database, kafka, place))
    assert len(sent) == 1


def test_whoever_reads_the_log_gives_a_sign_of_life_each_time(
    database: str, postgres: EmbeddedPostgres, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it has come further: of a relay, and of a restore, however much there is to read before the first
    word can be said."""
    monkeypatch.setattr(kafka_log, "_RECORDS", 1)
    monkeypatch.setattr(kafka_log, "TAIL", 5)
    for n in range(12):
        state_all(migrated(database), request(create(observation("1", n))))
    assert refill(way(database, kafka, place)) == 12
    signs = signs_of_life(monkeypatch)
    assert refill(way(database, kafka, place)) == 12
    assert signs.count("read") > 8
    with fresh_database(postgres) as other:
        assert restore(way(migrated(other), kafka, place)) == 12
    assert signs.count("read") > 25
    assert all(before == "alive" for before, sign in pairwise(signs) if sign == "read")


def signs_of_life(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens from now on, in order: ``alive`` where the holder of the post says so, and ``read`` after
    a reading that has come further."""
    signs: list[str] = []
    keep, read = RelayPost.keep, Partition.read

    def kept(post: RelayPost) -> None:
        signs.append("alive")
        keep(post)

    def counted(partition: Partition, offset: int, most: int, timeout: float) -> list[Read]:
        found = read(partition, offset, most, timeout)
        if partition.next > offset:
            signs.append("read")
        return found

    monkeypatch.setattr(RelayPost, "keep", kept)
    monkeypatch.setattr(Partition, "read", counted)
    return signs


def test_it_compares_anew_when_the_record_is_put_back_while_it_compares(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was compared until then was another past."""
    confirmed = RelayPost.confirmed
    begun: list[int] = []

    def put_back(post: RelayPost) -> int:
        """Another one, as it were, after the first look."""
        begun.append(len(begun))
        with looking(database) as connection:
            connection.execute(
                "create or replace function record.incarnation() returns text "
                "language sql as $$ select 'later' $$"
            )
        return confirmed(post)

    monkeypatch.setattr(RelayPost, "confirmed", put_back)
    to = way(kept(database), kafka, place)
    with closing(RelayPost(database)) as post, closing(Relay(to, post)) as one:
        assert post.take()
        with pytest.raises(LogMisconfigured, match="Another record"):
            one.begin()
        with pytest.raises(Uncompared):
            state_all(database, request(create(observation("1", 1))))
        assert one.begin() == 0
        state_all(database, request(create(observation("1", 1))))
    assert len(begun) == 2


def test_it_outlives_a_record_that_is_gone(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a backup is put in its place."""
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.0)
    to = way(kept(database), Access("127.0.0.1:1"), Place("any", 0))
    with looking(database) as connection:
        connection.execute("drop schema record cascade")
    with capture_logs() as logs:
        run_relay(to, lambda: bool(logs))
    (told,) = logs
    assert told["trouble"] == "the database is in trouble: UndefinedTable"


def test_the_same_trouble_is_said_once_a_minute(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the log ends, which is another offset each time."""
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.0)
    begun: list[int] = []

    def begin(one: Relay) -> int:
        begun.append(len(begun))
        raise LogMoved(("any", 0), 1, 2 + len(begun))

    monkeypatch.setattr(Relay, "begin", begin)
    with capture_logs() as logs:
        run_relay(way(kept(database), Access("127.0.0.1:1"), Place("any", 0)), lambda: len(begun) == 3)
    assert [told["event"] for told in logs] == ["the relay tries again and again"]


def test_a_slow_log_costs_no_relay_its_post(
    database: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch takes longer than a holder may be silent, and so does finding the log's end."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(broker, "BATCH_BYTES", 1)
    migrated(database)

    def wait() -> None:
        with looking(database) as connection:
            connection.execute("select pg_sleep(1)")
        with closing(RelayPost(database)) as other:
            assert not other.take()

    class Slow(Writer):
        def _written(self, batch: Sequence[Sent]) -> int | None:
            wait()
            return super()._written(batch)

    class SlowTail(Tail):
        def last(self) -> Placed | None:
            wait()
            return super().last()

    monkeypatch.setattr(relay, "Writer", Slow)
    monkeypatch.setattr(relay, "Tail", SlowTail)
    state_all(database, request(*(create(observation("1", n)) for n in range(3))))
    assert refill(way(database, kafka, place)) == 3
