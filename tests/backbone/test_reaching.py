"""Programs that start while the database is away, or over a record of which something is not yet known."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from backbone import reaching, serving, wiring
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.errors import Refused
from backbone.reaching import at_database
from backbone.settings import Settings
from ehr.event_store.connections import has_no_database, is_stranger
from ehr.event_store.relaying import keep_by_kafka, standing
from tests.backbone.conftest import open_temporary_directory
from tests.backbone.waiting import until
from tests.stating import looking, migrated, value

END = "select coalesce(max(notification_id), 0) from record.facts"
NO_BROKER = "127.0.0.1:1"
AWAY = "postgresql://ehr@127.0.0.1:1/ehr"


@contextmanager
def running(output: Path, url: str, command: str, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`ehr COMMAND` with EHR_LOG=kafka, stopped in order afterwards; what it logs goes to ``output``."""
    environment = {"EHR_DATABASE_URL": url, "EHR_DATA": str(output.parent), "EHR_LOG": "kafka"}
    environment |= {"EHR_KAFKA": NO_BROKER, **variables}
    with output.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "backbone", command], env={**os.environ, **environment}, stderr=lines
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM), output.read_text()
    finally:
        process.kill()
        process.wait()


def trouble(url: str) -> str | None:
    """What a relay has told of its trouble."""
    with looking(url) as connection:
        found = standing(connection)
    return found.trouble if found else None


def test_a_relay_waits_for_a_database_that_is_away(open_directory: Path) -> None:
    output = open_directory / "output"
    with EmbeddedPostgres(open_directory / "postgres", settings={"shared_buffers": "16MB"}) as server:
        with looking(migrated(server.url)) as connection:
            keep_by_kafka(connection)
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not server.is_running(), "the database is away")
        with running(output, server.url, "relay") as process:
            until(lambda: "the database is in trouble, trying again" in output.read_text(), "it waits")
            assert process.poll() is None
            server.launch()
            until(lambda: trouble(server.url) is not None, "it is at work")
    assert "Traceback" not in output.read_text()


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedPostgres]:
    """A server that asks everybody for a password who comes to the database `guarded`."""
    with (
        open_temporary_directory() as place,
        EmbeddedPostgres(place / "postgres", settings={"shared_buffers": "16MB"}) as server,
    ):
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("create database guarded owner ehr")
            connection.execute("create role guest nologin")
            connection.execute("alter role ehr password 'right'")
            (rules,) = connection.execute("show hba_file").fetchone() or ("",)
            rules = Path(rules)
            rules.write_text(
                f"local guarded ehr scram-sha-256\nlocal guarded guest reject\n{rules.read_text()}"
            )
            connection.execute("select pg_reload_conf()")
        yield server


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dbname": "guarded", "password": "wrong"}, "does not let this role in, or not with this password"),
        ({"dbname": "guarded"}, "does not let this role in, or not with this password"),
        ({"dbname": "guarded", "user": "guest"}, "does not let this role in"),
        ({"user": "guest"}, "does not let this role in"),
        ({"user": "nobody"}, "does not let this role in"),
        ({"dbname": "nothing"}, "has no database of this name"),
    ],
)
def test_what_no_waiting_mends_is_refused_at_once(
    guarded: EmbeddedPostgres, changes: dict[str, str], said: str
) -> None:
    url = make_conninfo(guarded.url, **changes)
    with pytest.raises(Refused, match=said) as refused:
        at_database(url, lambda _: None, Tries(3))
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"dbname": "guarded", "password": "wrong", "host": "{host},127.0.0.1", "port": "{port},1"}, False),
        ({"dbname": "guarded", "password": "wrong", "host": "127.0.0.1,{host}", "port": "1,{port}"}, False),
        ({"dbname": "guarded", "password": "wrong", "host": "{host},{host}", "port": "{port},{port}"}, True),
        ({"dbname": "guarded", "host": "{host},127.0.0.1", "port": "{port},1"}, False),
        ({"dbname": "nothing", "host": "127.0.0.1,{host}", "port": "1,{port}"}, False),
        ({"dbname": "nothing", "host": "{host},{host}", "port": "{port},{port}"}, True),
    ],
)
def test_of_several_servers_each_must_refuse(
    guarded: EmbeddedPostgres, changes: dict[str, str], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may just be starting."""
    monkeypatch.setattr(reaching, "PAUSE_SECONDS", 0.0)
    one = conninfo_to_dict(guarded.url)
    where = {"host": one["host"], "port": one.get("port", 5432)}
    url = make_conninfo(guarded.url, **{name: value.format(**where) for name, value in changes.items()})
    if refused:
        with pytest.raises(Refused):
            at_database(url, lambda _: None, Tries(2))
    else:
        assert not at_database(url, lambda _: None, Tries(2))


@pytest.mark.parametrize(
    "said",
    ["LDAP authentication failed for user", "the database system is starting up", "authentication failed"],
)
def test_what_may_pass_is_waited_for(said: str) -> None:
    """A directory of users may be away for a while."""
    error = psycopg.OperationalError(f'connection to server at "x", port 5432 failed: FATAL:  {said} "ehr"')
    assert not is_stranger(error)
    assert not has_no_database(error)


def test_the_right_password_is_let_in(guarded: EmbeddedPostgres) -> None:
    url = make_conninfo(guarded.url, dbname="guarded", password="right")
    assert at_database(url, lambda _: None, Tries(3))


@pytest.mark.parametrize(
    "start", [wiring.serve, wiring.relay, lambda settings: wiring.project(settings, ["citizens"])]
)
def test_no_program_waits_for_a_database_that_does_not_let_it_in(
    guarded: EmbeddedPostgres, tmp_path: Path, start: Callable[[Settings], None]
) -> None:
    url = SecretStr(make_conninfo(guarded.url, dbname="guarded", password="wrong"))
    with pytest.raises(Refused, match="does not let this role in"):
        start(Settings(data=tmp_path, log="kafka", kafka=NO_BROKER, database_url=url))


class Tries:
    """Over after so many looks."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_relay_that_waits_for_the_database_can_be_stopped(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with running(output, AWAY, "relay"):
        until(lambda: "the database is in trouble" in output.read_text(), "it waits")
    assert "Traceback" not in output.read_text()


def test_a_relay_ends_where_kafka_does_not_keep_the_log(database: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, log="kafka", kafka=NO_BROKER, database_url=SecretStr(database))
    migrated(database)
    with pytest.raises(Refused, match="`ehr migrate` with EHR_LOG=kafka"):
        wiring.relay(settings)


def test_a_server_over_a_backup_from_before_kafka_writes_nothing(
    database: str, tmp_path: Path, free_port: int
) -> None:
    wiring.migrate(Settings(data=tmp_path), database)
    base = f"http://127.0.0.1:{free_port}"
    patient = {"resourceType": "Patient", "id": "a"}
    with running(tmp_path / "output", database, "serve", EHR_PORT=str(free_port)):
        until(lambda: answers(base), "it serves")
        parts = httpx.get(f"{base}/readyz").json()["parts"]
        assert parts["log"].startswith("writing waits until the log is known to have no more than the store")
        with looking(database) as connection:
            connection.execute(
                "delete from record.relay"
            )  # As in a backup that comes in its place meanwhile.
        assert httpx.put(f"{base}/fhir/Patient/a", json=patient).status_code == 503
    assert value(database, END) == 0


def answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/livez").status_code == 200
    except httpx.TransportError:
        return False


def test_a_server_with_a_forgotten_setting_is_refused(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "serve", lambda *_: pytest.fail("it serves"))
    wiring.migrate(Settings(data=tmp_path, log="kafka", kafka=NO_BROKER), database)
    with pytest.raises(Refused, match="set EHR_LOG=kafka"):
        wiring.serve(Settings(data=tmp_path, database_url=SecretStr(database)))


def test_a_server_without_a_record_is_refused(database: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="`ehr migrate` makes it so"):
        wiring.serve(Settings(data=tmp_path, database_url=SecretStr(database)))


def test_a_server_without_a_database_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "SERVE_SECONDS", 0.1)
    with pytest.raises(Refused, match="the database cannot be reached"):
        wiring.serve(Settings(data=tmp_path, database_url=SecretStr(AWAY)))
