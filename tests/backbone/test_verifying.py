"""`ehr verify`: equal is found equal, a damaged value is named, and what cannot be done is told."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from backbone.cli import main
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.wiring import VIEWS
from ehr.event_store import restoring
from ehr.event_store.connections import connect
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.relaying import RelayPost
from ehr.linking import Act
from ehr.requests import Request
from projections import rebuild
from projections.citizens.view import Citizens
from projections.generations import ensure_generation, hold_alone
from projections.projector import Projector
from streams.broker import Access, Administration, Place, Sent, Writer
from streams.event_log import LogUnreachable
from streams.kafka_log import KafkaLog
from streams.log_record import to_record
from streams.notification_log import NotificationLog
from streams.topics import Wish, ensure_topic
from tests.conftest import fresh_database
from tests.ehr.test_encoding import state
from tests.faults.telling import tell
from tests.pairing import judge_all, judgement, register
from tests.projections.test_digests import DAMAGE, ENCOUNTER, MOTHER, ORGANIZATION, PRESSURE
from tests.replaying import catch_up
from tests.stating import create, migrated, observation, patient, request, state_all, update
from tests.streams.test_restoring import HEADERS, damaged, flipped

Command = Callable[..., tuple[int, str, str]]
BAD = 7
"""Position of a fact that is damaged."""


@pytest.fixture(scope="module")
def kafka(kafka_servers: str) -> Access:
    """How the tests' broker is reached."""
    return Access(kafka_servers)


@pytest.fixture(scope="module")
def told(module_database: str) -> str:
    """The URL of a record with a history, and views of it."""
    tell(migrated(module_database), 1, 8)
    person = {**patient("Hoa", "one"), "id": "one", "deceasedDateTime": "2024-02-01"}
    person |= {"telecom": [{"system": "phone", "value": "0912345678"}]}
    state_all(module_database, request(update(person)))
    last = (update(ORGANIZATION), update(ENCOUNTER), create(PRESSURE), create(MOTHER))
    state_all(module_database, request(*last))
    register(module_database, "two")
    judge_all(module_database, judgement(Act.LINK, "one", "two"))
    for make in VIEWS.values():
        view = make()
        with connect(module_database) as connection:
            ensure_generation(connection, view)
        with (
            closing(NotificationLog(module_database)) as log,
            closing(Projector(view, log, module_database)) as one,
        ):
            while one.step():
                pass
    return module_database


@pytest.fixture(scope="module")
def facts(told: str) -> list[NotificationRow]:
    with closing(Notifications(told)) as notifications:
        return list(notifications.read(0, 10_000))


@pytest.fixture
def copy(told: str, postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a copy of that record, to be damaged."""
    with fresh_database(postgres, str(psycopg.conninfo.conninfo_to_dict(told)["dbname"])) as url:
        yield url


@pytest.fixture(scope="module")
def topic(told: str, facts: list[NotificationRow], kafka: Access) -> Place:
    """Where its facts are on the log."""
    place = Place(f"test.{psycopg.conninfo.conninfo_to_dict(told)['dbname']}", 0)
    written(kafka, place, [to_record(fact) for fact in facts])
    return place


def written(kafka: Access, place: Place, records: list[Sent]) -> None:
    with closing(Administration(kafka)) as administration:
        ensure_topic(administration, Wish(place.topic, copies=1))
    with closing(Writer(kafka, place)) as writer:
        assert writer.write(records) == len(records)


@pytest.fixture
def verify(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, list[str]]]:
    """Runs `ehr verify` on a database and, when there is one, a topic; gives the exit code and the lines."""

    def run(
        url: str, *options: str, kafka: Access | None = None, place: Place | None = None
    ) -> tuple[int, list[str]]:
        settings = {"EHR_DATABASE_URL": url, "EHR_DATA": str(tmp_path)}
        if kafka and place:
            settings |= {"EHR_LOG": "kafka", "EHR_KAFKA": kafka.servers, "EHR_KAFKA_TOPIC": place.topic}
            settings |= {"EHR_KAFKA_REPLICATION": "1"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["ehr", "verify", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        output, complaints = capsys.readouterr()
        code = int(ended.value.code or 0)
        lines = (complaints if code == 2 else output).splitlines()
        return code, [line for line in lines if "record quarantined" not in line]  # the library's event

    return run


Verify = Callable[..., tuple[int, list[str]]]


def test_what_is_equal_is_found_equal(
    copy: str, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify
) -> None:
    end = facts[-1].position
    told_of_views = [f"{name}: is what the log says up to position {end}" for name in VIEWS]
    store = f"store: follows from its facts up to position {end}"
    assert verify(copy) == (0, [store, *told_of_views])
    log = f"log: equal up to position {end}"
    assert verify(copy, kafka=kafka, place=topic) == (0, [log, store, *told_of_views])
    assert verify(copy, "--no-views", kafka=kafka, place=topic) == (0, [log, store])


COLUMNS = {
    "facts": "originator_id originator_version topic state notification_id subject subject_sequence "
    "transaction size last_updated",
    "heads": "type id stream subject version deleted digest",
    "claims": "type id system value",
    "subjects": "subject sequence",
    "answers": "client key request_hash entries position answered_at",
}


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table].split()]
)
def test_a_damaged_value_of_the_store_is_named(
    copy: str, kafka: Access, topic: Place, verify: Verify, table: str, column: str
) -> None:
    damage(copy, "record", table, column, "position <> 0" if table == "answers" else "true")
    code, lines = verify(copy, "--no-views", kafka=kafka, place=topic)
    assert code == 1
    named = "log: position " if table == "facts" else f"store: record.{table}: of "
    assert any(line.startswith(named) for line in lines), lines


def test_all_columns_of_the_store_are_tried(copy: str) -> None:
    for table, names in COLUMNS.items():
        assert sorted(types(copy, "record", table)) == sorted(names.split())


def types(url: str, schema: str, table: str) -> dict[str, str]:
    """Column -> type."""
    query = "select column_name, data_type from information_schema.columns"
    query += " where (table_schema, table_name) = (%s, %s) order by 1"
    with connect(url) as connection:
        return dict(connection.execute(query, [schema, table]).fetchall())


def damage(url: str, schema: str, table: str, column: str, where: str = "true") -> None:
    """Another value in one row."""
    value = sql.SQL(DAMAGE[types(url, schema, table)[column]]).format(sql.Identifier(column))
    with connect(url) as connection:
        change = sql.SQL(
            "update {0} set {1} = {2} where ctid = (select max(ctid) from {0} where {3})"
        ).format(
            sql.Identifier(schema, table),
            sql.Identifier(column),
            value,
            sql.SQL(where),
        )
        assert connection.execute(change).rowcount == 1


@pytest.mark.parametrize("part", ["key", "value", *HEADERS])
def test_a_damaged_byte_of_the_log_is_named(
    copy: str, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify, part: str
) -> None:
    spoiled = Place(f"{topic.topic}.{part}", 0)
    records = [damaged(fact, part) if fact.position == BAD else to_record(fact) for fact in facts]
    written(kafka, spoiled, records)
    code, lines = verify(copy, "--no-views", kafka=kafka, place=spoiled)
    assert code == 1
    said = "\n".join(lines)
    # Some are no fact at all any more: then their position is missing.
    assert (
        f"position {BAD}, offset {BAD - 1}: {part}" in said or f"position {BAD}: missing in the log" in said
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda all_: all_[:4] + all_[5:], "log: position 5: missing in the log"),
        (lambda all_: all_[:4] + all_[8:], "log: position 5 to 8: missing in the log"),
        (
            lambda all_: [*all_[:5], Sent(b"x", b"y", []), *all_[5:]],
            "log: offset 5: it is no fact of this log",
        ),
        (
            lambda all_: [*all_[:9], all_[3]._replace(value=flipped(all_[3].value)), *all_[9:]],
            "log: position 4, offset 9: value differ; the log has not what was sent",
        ),
    ],
    ids=["hole", "larger hole", "foreign record", "damaged duplicate"],
)
def test_what_a_log_must_not_have_is_named(
    copy: str,
    kafka: Access,
    topic: Place,
    facts: list[NotificationRow],
    verify: Verify,
    change: Callable[[list[Sent]], list[Sent]],
    expected: str,
    request: pytest.FixtureRequest,
) -> None:
    spoiled = Place(f"{topic.topic}.{abs(hash(request.node.name))}", 0)
    written(kafka, spoiled, change([to_record(fact) for fact in facts]))
    assert verify(copy, "--no-views", kafka=kafka, place=spoiled)[1][0] == expected


def test_duplicates_are_no_difference(
    copy: str, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify
) -> None:
    twice = Place(f"{topic.topic}.twice", 0)
    records = [to_record(fact) for fact in facts]
    written(kafka, twice, records[:9] + records[4:9] + records[2:])
    assert verify(copy, "--no-views", kafka=kafka, place=twice)[0] == 0


def test_a_log_that_lags_is_not_different(
    copy: str, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify
) -> None:
    end = facts[-1].position
    state_all(copy, request_of_one())
    code, lines = verify(copy, "--no-views", kafka=kafka, place=topic)
    assert code == 0
    assert lines[0] == f"the log lags: it has facts up to position {end}, the store up to {end + 1}"


def test_a_log_that_has_lost_what_it_had_confirmed_is_different(
    copy: str, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify
) -> None:
    end = facts[-1].position
    state_all(copy, request_of_one())
    with closing(RelayPost(copy)) as post:
        post.tell(end + 1)
    code, lines = verify(copy, "--no-views", kafka=kafka, place=topic)
    assert code == 1
    assert f"log: it had confirmed facts up to position {end + 1}, and ends at {end}" in lines


def request_of_one() -> Request:
    return request(create(observation("1", 1)))


def test_a_log_that_has_more_is_different(
    postgres: EmbeddedPostgres, kafka: Access, topic: Place, facts: list[NotificationRow], verify: Verify
) -> None:
    with fresh_database(postgres) as empty:
        code, lines = verify(migrated(empty), "--no-views", kafka=kafka, place=topic)
    assert code == 1
    assert (
        lines[0]
        == f"log: position 1: the log has it, the store has not (and {len(facts) - 1} more of this kind)"
    )


VIEW_TABLES = [(name, table) for name, make in VIEWS.items() for table in make().tables]


@pytest.mark.parametrize(("name", "table"), VIEW_TABLES)
def test_a_damaged_view_is_named(copy: str, verify: Verify, name: str, table: str) -> None:
    """In one column of each table; tests/projections/test_digests.py goes through all of them."""
    outside = VIEWS[name]().tables[table].outside
    column = next(one for one in types(copy, f"{name}_1", table) if one not in outside)
    damage(copy, f"{name}_1", table, column)
    code, lines = verify(copy)
    assert code == 1
    assert any(line.startswith(f"{name}: {name}.{table}: of ") for line in lines), lines
    assert sum("not what the log says" in line for line in lines) == 1
    with connect(copy) as connection:
        assert connection.execute("select count(*) from views.generations").fetchone() == (len(VIEWS),)


def test_a_view_that_lags_is_not_different(copy: str, facts: list[NotificationRow], verify: Verify) -> None:
    end = facts[-1].position
    state_all(copy, request_of_one())
    code, lines = verify(copy)
    assert code == 0
    for name in VIEWS:
        assert f"{name} lags: it shows facts up to position {end}, the log has them up to {end + 1}" in lines
        assert f"{name}: is what the log says up to position {end}" in lines


def test_a_view_ahead_of_the_log_is_told_before_it_is_copied(
    copy: str,
    kafka: Access,
    topic: Place,
    facts: list[NotificationRow],
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end = facts[-1].position
    state_all(copy, request_of_one())
    catch_up(copy)
    monkeypatch.setattr(rebuild, "MOMENT_SECONDS", 0.1)
    monkeypatch.delattr(rebuild, "add_replay")
    shows = f"it shows facts up to position {end + 1}, and the log ends at {end}"
    code, lines = verify(copy, kafka=kafka, place=topic)
    assert (code, lines[-1]) == (2, f"ehr: fhir_resources is not compared: {shows}")


def test_the_record_does_not_stand_in_for_the_log(
    copy: str, kafka: Access, topic: Place, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise LogUnreachable("Kafka is away")

    monkeypatch.setenv("EHR_KAFKA_AWAY", "record")
    monkeypatch.setattr(KafkaLog, "read", away)
    code, lines = verify(copy, kafka=kafka, place=topic)
    assert (code, lines[-1]) == (2, "ehr: Kafka is away")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_leaves_nothing_and_is_no_difference(
    copy: str, verify: Verify, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def project(*_: object) -> None:
        os.kill(os.getpid(), number)

    monkeypatch.setattr(Citizens, "project", project)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        code, lines = verify(copy)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (code, lines[-1]) == (2, "ehr: it was interrupted")
    with connect(copy) as connection:
        assert connection.execute("select count(*) from views.generations").fetchone() == (len(VIEWS),)


def test_a_full_disk_is_told_in_one_line(copy: str, verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    def project(*_: object) -> None:
        raise psycopg.errors.DiskFull

    monkeypatch.setattr(Citizens, "project", project)
    code, lines = verify(copy)
    assert (code, lines[-1]) == (2, "ehr: the database could not do it (DiskFull); try again")
    with connect(copy) as connection:
        assert connection.execute("select count(*) from views.generations").fetchone() == (len(VIEWS),)


def test_facts_of_newer_code_are_no_difference(copy: str, verify: Verify) -> None:
    with connect(copy) as connection:
        changed = connection.execute(
            "update record.facts set state = %s where notification_id = %s", [state(schema_version=999), BAD]
        )
        assert changed.rowcount == 1
    code, lines = verify(copy, "--no-views")
    assert code == 2
    assert lines[-1].startswith("ehr: newer code has written facts: use that code (schema version 999")


def test_what_nobody_foresaw_is_no_difference(
    copy: str, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold(*_: object) -> None:
        raise LookupError("Hoa")

    monkeypatch.setattr(restoring, "fold", fold)
    code, lines = verify(copy)
    assert (code, lines[-1]) == (2, "ehr: it was ended by LookupError")
    assert "Hoa" not in "".join(lines)


@pytest.mark.parametrize(
    "why", ["no database", "no record", "no broker", "no topic", "held view", "wrong setting"]
)
def test_what_cannot_be_done_is_told_in_one_line(
    copy: str, kafka: Access, topic: Place, verify: Verify, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    reached: dict[str, object] = {"kafka": kafka, "place": topic}
    if why == "no database":
        done = verify("postgresql://ehr@127.0.0.1:1/ehr")
    elif why == "no record":
        with connect(copy) as connection:
            connection.execute("drop schema record cascade")
            connection.execute("drop schema migrations cascade")
        done = verify(copy)
    elif why == "no broker":
        done = verify(copy, kafka=Access("127.0.0.1:1"), place=topic)
    elif why == "no topic":
        done = verify(copy, kafka=kafka, place=Place("test.none", 0))
    elif why == "held view":
        with connect(copy) as connection:
            hold_alone(connection, "citizens")
            done = verify(copy, **reached)
    else:
        monkeypatch.setenv("EHR_NO_SUCH", "1")
        done = verify(copy, **reached)
    code, lines = done
    assert (code, lines[-1][:5]) == (2, "ehr: "), lines
    assert not [line for line in lines if "Traceback" in line]
