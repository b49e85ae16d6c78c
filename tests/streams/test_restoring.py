"""The store from the log: whole, its tail, and what is refused."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from multiprocessing import get_context

import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.encoding import SchemaTooNew
from ehr.errors import Uncompared
from ehr.event_store import lease
from ehr.event_store.connections import Connection
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.relaying import RelayPost, keep_by_kafka, standing
from ehr.event_store.restoring import Restoring
from ehr.requests import IdempotencyKey
from streams import relay, restoring
from streams.broker import Access, Administration, Place, Sent, Writer
from streams.event_log import LogDamaged, LogMisconfigured, LogUnreachable
from streams.log_record import Placed, to_record
from streams.relay import Relayed, refill, run_relay
from streams.restoring import DONE, Parted, restore
from streams.topics import Wish, ensure_topic
from tests.backbone.waiting import until as wait
from tests.conftest import fresh_database
from tests.ehr.test_encoding import state
from tests.faults.telling import tell
from tests.stating import create, looking, migrated, observation, request, state_all, value
from tests.streams.relaying import relayed, way

HEADERS = """position transaction size subject_sequence stream stream_version last_updated type
content_hash""".split()
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'record.answers'"
END = "select coalesce(max(notification_id), 0) from record.facts"


@pytest.fixture
def told(database: str, kafka: Access, place: Place) -> str:
    """The URL of a record whose history is on the log."""
    tell(migrated(database), 1, 10)
    refill(way(database, kafka, place))
    return database


@pytest.fixture
def other(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of an empty record."""
    with fresh_database(postgres) as url:
        yield migrated(url)


def rows(url: str) -> list[NotificationRow]:
    with closing(Notifications(url)) as notifications:
        return list(notifications.read(0, 10_000))


def append(url: str, facts: list[NotificationRow]) -> None:
    with closing(Restoring(url)) as store:
        store.add(facts)


def until(facts: list[NotificationRow], position: int) -> list[NotificationRow]:
    """Whole flushes up to about a position."""
    return [fact for fact in facts if fact.transaction + fact.size - 1 <= position]


@pytest.mark.parametrize("batch", [1, 1000])
@pytest.mark.parametrize("have", [0, 12, 1000])
def test_the_store_gets_what_it_lacks(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch, have: int, batch: int
) -> None:
    monkeypatch.setattr(restoring, "BATCH", batch)
    facts = rows(told)
    if have:
        append(other, until(facts, have))
    heard: list[tuple[int, int]] = []
    end = facts[-1].position
    assert restore(way(other, kafka, place), lambda *come: heard.append(come)) == end
    assert rows(other) == facts
    assert not heard if have == 1000 else heard[-1] == (end, end)


def test_nothing_is_written_until_a_relay_has_compared(
    told: str, other: str, kafka: Access, place: Place
) -> None:
    restore(way(other, kafka, place))
    with looking(other) as connection:
        found = standing(connection)
    assert found is not None
    assert (found.compared, found.trouble) == (False, DONE)
    with pytest.raises(Uncompared):
        state_all(other, request(create(observation("1", 1))))
    with relayed(other, kafka, place):
        state_all(other, request(create(observation("1", 1))))
    assert value(other, END) == value(told, END) + 1


def test_an_older_backup_may_write_once_it_is_restored(
    told: str, other: str, kafka: Access, place: Place
) -> None:
    append(other, until(rows(told), 12))
    with closing(RelayPost(other)) as post, closing(relay.Relay(way(other, kafka, place), post)) as one:
        assert post.take()
        with pytest.raises(LogMisconfigured, match="ehr restore --from-log"):
            one.begin()
    with pytest.raises(Uncompared):
        state_all(other, request(create(observation("1", 1))))
    restore(way(other, kafka, place))
    with relayed(other, kafka, place):
        state_all(other, request(create(observation("1", 1))))


def test_whoever_follows_the_record_hears_of_it(told: str, other: str, kafka: Access, place: Place) -> None:
    with looking(other) as connection:
        connection.execute("listen record")
        restore(way(other, kafka, place))
        heard = [note.payload for note in connection.notifies(timeout=5, stop_after=1)]
    assert heard == [str(value(told, END))]


@pytest.mark.parametrize("position", [1, 5, 11])
def test_stores_that_have_parted_are_not_joined(
    told: str, other: str, kafka: Access, place: Place, position: int
) -> None:
    """Another past from some position on: the store has more or fewer facts than the log."""
    common = until(rows(told), position - 1)
    if common:
        append(other, common)
    for n in range(3):
        state_all(other, request(create(observation("1", n))))
    before = rows(other)
    with pytest.raises(Parted) as parted:
        restore(way(other, kafka, place))
    assert parted.value.position == len(common) + 1
    assert rows(other) == before


def test_a_relay_at_work_is_not_disturbed(
    told: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TAKE_SECONDS", 0.2)
    with relayed(told, kafka, place):
        state_all(told, request(create(observation("1", 1))))
        with looking(told) as connection:
            wait(lambda: confirmed(connection) == value(told, END), "it is at work")
        with pytest.raises(Relayed):
            restore(way(told, kafka, place))
        state_all(told, request(create(observation("1", 1))))


def test_a_relay_that_waits_gives_way(told: str, other: str, kafka: Access, place: Place) -> None:
    """As it does under `ehr run` over an older backup: it goes on by itself afterwards."""
    append(other, until(rows(told), 12))
    with looking(other) as connection:
        keep_by_kafka(connection)
    stopped = threading.Event()
    thread = threading.Thread(target=run_relay, args=(way(other, kafka, place), stopped.is_set))
    thread.start()
    try:
        with looking(other) as connection:
            wait(lambda: "restore" in told_by(connection), "the relay says what to do")
            restore(way(other, kafka, place))
            wait(lambda: not told_by(connection), "the relay has compared")
    finally:
        stopped.set()
        thread.join()
    assert rows(other) == rows(told)


def confirmed(connection: Connection) -> int:
    """Up to where a relay has told that the log has all."""
    found = standing(connection)
    return found.position if found else 0


def told_by(connection: Connection) -> str:
    """What keeps the relay."""
    found = standing(connection)
    return (found.trouble or "") if found else ""


def test_it_goes_on_after_a_kill(told: str, other: str, kafka: Access, place: Place) -> None:
    end = value(told, END)
    for _ in range(3):
        come = value(other, END)
        restorer = get_context("spawn").Process(target=restore_slowly, args=(other, kafka, place))
        restorer.start()
        wait(lambda: value(other, END) > come, "it has begun")  # noqa: B023 - called at once
        restorer.kill()
        restorer.join()
    assert come < value(other, END) < end
    restore(way(other, kafka, place))
    assert rows(other) == rows(told)


def restore_slowly(url: str, kafka: Access, place: Place) -> None:
    """Flush by flush; to be run in a process of its own."""
    restoring.BATCH = 1
    restore(way(url, kafka, place), lambda *_: time.sleep(0.05))


def damaged(fact: NotificationRow, name: str) -> Sent:
    """A record one of whose bytes is another one; name: of a header, or ``key`` or ``value``. Or one whose
    time is without its ``zone``."""
    record = to_record(fact)
    if name == "zone":
        headers = [
            (key, text.rstrip(b"Z") if key == "last_updated" else text) for key, text in record.headers
        ]
        return record._replace(headers=headers)
    if name == "key":
        return record._replace(key=flipped(record.key))
    if name == "value":
        return record._replace(value=flipped(record.value))
    headers = [(key, flipped(text) if key == name else text) for key, text in record.headers]
    return record._replace(headers=headers)


def written(kafka: Access, place: Place, records: list[Sent]) -> None:
    """Writes them to a topic, which is made when there is none."""
    with closing(Administration(kafka)) as administration:
        ensure_topic(administration, Wish(place.topic, copies=1))
    with closing(Writer(kafka, place)) as writer:
        assert writer.write(records) == len(records)


def flipped(text: bytes) -> bytes:
    """With another last byte."""
    return text[:-1] + bytes([text[-1] ^ 1])


@pytest.mark.parametrize(
    "name",
    ["key", "value", "zone", *(name for name in HEADERS if name != "last_updated")],
)
def test_a_damaged_record_is_named_and_not_restored(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Of the time of a flush nothing but the store knows which one it was: `ehr verify` tells of that."""
    monkeypatch.setattr(restoring, "BATCH", 1)
    facts = rows(told)
    (bad,) = [fact for fact in facts if fact.position == 7]
    records = [damaged(fact, name) if fact is bad else to_record(fact) for fact in facts]
    spoiled = Place(f"{place.topic}.spoiled", 0)
    written(kafka, spoiled, records)
    with pytest.raises(LogDamaged, match=rf"position {bad.position}\b"):
        restore(way(other, kafka, spoiled))
    restored = rows(other)
    assert restored == until(facts, bad.transaction - 1)[: len(restored)]


@pytest.mark.parametrize("position", [1, 12])
def test_a_damaged_record_where_a_backup_ends_is_no_other_past(
    told: str, other: str, kafka: Access, place: Place, position: int
) -> None:
    facts = rows(told)
    backup = until(facts, facts[position - 1].transaction + facts[position - 1].size - 1)
    append(other, backup)
    bad = backup[-1]
    spoiled = Place(f"{place.topic}.spoiled", 0)
    written(kafka, spoiled, [damaged(fact, "value") if fact is bad else to_record(fact) for fact in facts])
    with pytest.raises(LogDamaged, match=rf"position {bad.position}: its bytes"):
        restore(way(other, kafka, spoiled))
    assert rows(other) == backup


def test_what_comes_before_the_restore_is_restored_upon(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written until the gate is closed, and also what another restore wrote that is waited for."""
    facts = rows(told)

    def take_late(post: RelayPost) -> None:
        append(other, until(facts, 12))
        relay.take_over(post)

    monkeypatch.setattr(restoring, "take_over", take_late)
    assert restore(way(other, kafka, place)) == facts[-1].position
    assert rows(other) == facts


def test_old_answers_do_not_come_back(database: str, other: str, kafka: Access, place: Place) -> None:
    """An idempotency key is kept for thirty days, and in the log for ever."""
    migrated(database)
    for key in "old", "new":
        state_all(database, request(create(observation("1", 1)), key=IdempotencyKey("test", key, b"hash")))
    old, new = rows(database)
    old = old._replace(last_updated=old.last_updated - timedelta(days=31))
    written(kafka, place, [to_record(old), to_record(new)])
    restore(way(other, kafka, place))
    assert rows(other) == [old, new]
    assert value(other, "select string_agg(key, ' ') from record.answers") == "new"


def test_facts_of_newer_code_are_left_to_it(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes before them is in the store, and that code goes on behind it."""
    monkeypatch.setattr(restoring, "BATCH", 1)
    *facts, last = rows(told)
    newer = Place(f"{place.topic}.newer", 0)
    written(
        kafka, newer, [to_record(fact) for fact in [*facts, last._replace(state=state(schema_version=999))]]
    )
    with pytest.raises(SchemaTooNew, match="999"):
        restore(way(other, kafka, newer))
    assert rows(other) == until(facts, last.transaction - 1)


def test_a_log_that_is_not_there_is_refused(other: str, kafka: Access) -> None:
    with pytest.raises(LogMisconfigured, match="EHR_KAFKA_TOPIC"):
        restore(way(other, kafka, Place("test.none", 0)))
    with pytest.raises(LogUnreachable):
        restore(way(other, Access("127.0.0.1:1", patience=0.2), Place("test.none", 0)))


def test_nothing_is_written_from_the_moment_it_has_begun(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a relay had compared before, and the first batch has yet to come."""
    with looking(other) as connection:
        with closing(RelayPost(other)) as post:
            assert post.agree(post.incarnation())
        looked: list[bool] = []

        def look(way: relay.Way, alive: Callable[[], None]) -> Placed | None:
            found = standing(connection)
            looked.append(found is not None and found.compared)
            return relay.last_of(way, alive)

        monkeypatch.setattr(restoring, "last_of", look)
        restore(way(other, kafka, place))
    assert looked == [False]


def test_an_agreement_that_comes_late_lets_nobody_write(
    told: str, other: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a relay that was frozen and does not know yet that it is none any more."""
    monkeypatch.setattr(restoring, "BATCH", 1)
    heard: list[bool] = []
    with looking(other) as connection, closing(RelayPost(other)) as late:

        def agree(*_: int) -> None:
            found = standing(connection)
            heard.append(found is not None and found.compared)
            assert late.agree(late.incarnation())

        restore(way(other, kafka, place), agree)
    assert len(heard) > 2
    assert not any(heard)


def test_forgetting_may_take_long(
    told: str, kafka: Access, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than the holder of a post may be silent, and busy elsewhere."""
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(lease, "BUSY_SECONDS", 0.3)
    with looking(told) as connection, ThreadPoolExecutor() as threads, closing(RelayPost(told)) as other:
        with connection.transaction():
            connection.execute("lock table record.answers in share mode")
            restored = threads.submit(restore, way(told, kafka, place))
            wait(lambda: bool(value(told, WAITING)), "it forgets")
            value(told, "select 1 from pg_sleep(1)")
            assert not other.take()
        assert restored.result(60) == value(told, END)


def test_a_damaged_last_record_is_no_other_past(told: str, kafka: Access, place: Place) -> None:
    """The store goes on where the log ends."""
    *facts, last = [fact for fact in rows(told) if fact.position <= 9]
    spoiled = Place(f"{place.topic}.spoiled", 0)
    written(kafka, spoiled, [*map(to_record, facts), damaged(last, "value")])
    with pytest.raises(LogDamaged, match=rf"position {last.position}: its bytes"):
        restore(way(told, kafka, spoiled))


def test_a_store_that_is_ahead_is_not_taken_for_the_log(told: str, kafka: Access, place: Place) -> None:
    facts = until(rows(told), 12)
    shorter = Place(f"{place.topic}.shorter", 0)
    written(kafka, shorter, [*map(to_record, facts)])
    assert restore(way(told, kafka, shorter)) == facts[-1].position < value(told, END)
