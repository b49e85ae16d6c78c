"""The embedded PostgreSQL: first start, second start, clean stop, and every way to die."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from backbone import cluster
from backbone.cluster import NoTimeZones, OtherVersion
from backbone.directory_lock import DirectoryInUse, NotAllowed
from backbone.embedded_postgres import EmbeddedPostgres, running_url
from backbone.postmaster import StartFailed
from tests.backbone.conftest import open_temporary_directory
from tests.backbone.waiting import is_gone, processes_in, until

SMALL = {"shared_buffers": "32MB"}
OWNER = """
import signal, sys
from pathlib import Path
from backbone.embedded_postgres import EmbeddedPostgres
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with EmbeddedPostgres(Path(sys.argv[1]), settings={"shared_buffers": "32MB"}, log=str) as server:
    print(server.pid, server.url, flush=True)
    signal.sigwait({signal.SIGTERM})
"""


def no_log(line: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster that has been made and stopped, to be copied."""
    with open_temporary_directory() as place:
        with quiet(place / "postgres"):
            pass
        yield place / "postgres"


@pytest.fixture
def directory(open_directory: Path, made: Path) -> Path:
    """A directory with a cluster of its own."""
    subprocess.run(["cp", "-a", made, open_directory / "postgres"], check=True)
    return open_directory / "postgres"


@pytest.fixture
def owner(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the cluster of `directory`."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, directory], stdout=subprocess.PIPE, text=True)
    yield process
    process.terminate()
    process.communicate()


def pid_and_url(owner: subprocess.Popen[str]) -> tuple[int, str]:
    assert owner.stdout is not None
    pid, url = owner.stdout.readline().split()
    return int(pid), url


def quiet(directory: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(directory, log=no_log, settings=SMALL)


def sockets_of(url: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))


def write_and_count(url: str) -> int:
    """Adds a row and returns how many there are."""
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists kept (number int)")
        connection.execute("insert into kept values (1)")
        row = connection.execute("select count(*) from kept").fetchone()
    assert row is not None
    return int(row[0])


def test_data_are_kept_from_start_to_start(directory: Path) -> None:
    with quiet(directory) as server:
        assert write_and_count(server.url) == 1
    with quiet(directory) as server:
        assert write_and_count(server.url) == 2


def test_stopping_cuts_connections_and_leaves_no_process_and_no_socket(directory: Path) -> None:
    server = quiet(directory)
    server.start()
    sockets = sockets_of(server.url)
    connection = psycopg.connect(server.url)
    assert processes_in(directory)
    server.stop()
    connection.close()
    assert processes_in(directory) == []
    assert not sockets.exists()


def test_only_its_owner_reaches_it(directory: Path) -> None:
    with quiet(directory) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("select usesuper from pg_user where usename = user").fetchone() == (False,)
        assert sockets_of(server.url).stat().st_mode & 0o777 == 0o700


def test_pages_have_checksums_and_the_log_quotes_no_row(directory: Path) -> None:
    with quiet(directory) as server, psycopg.connect(server.url, autocommit=True) as connection:
        assert connection.execute("show data_checksums").fetchone() == ("on",)
        connection.execute("create table citizen (number text primary key)")
        connection.execute("insert into citizen values (%s)", ["001099012345"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into citizen values (%s)", ["001099012345"])
    log = "".join(file.read_text() for file in (directory / "log").iterdir())
    assert "duplicate key" in log
    assert "001099012345" not in log


def test_own_settings_go_over_those_of_the_project(directory: Path) -> None:
    (directory / "cluster" / "local.conf").write_text("work_mem = '5MB'\n")
    with quiet(directory) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("show work_mem").fetchone() == ("5MB",)


def test_a_directory_has_one_owner_at_a_time(directory: Path, owner: subprocess.Popen[str]) -> None:
    _, url = pid_and_url(owner)
    with pytest.raises(DirectoryInUse, match=f"in use by process {owner.pid}"):
        quiet(directory).start()
    assert write_and_count(url) == 1


def test_other_commands_find_the_running_server(directory: Path, owner: subprocess.Popen[str]) -> None:
    assert running_url(directory) is None
    _, url = pid_and_url(owner)
    assert running_url(directory) == url


def test_it_stops_when_its_owner_is_killed_and_the_next_start_clears_up(
    directory: Path, owner: subprocess.Popen[str]
) -> None:
    pid, url = pid_and_url(owner)
    assert write_and_count(url) == 1
    owner.kill()
    until(lambda: is_gone(pid), "the server follows its owner")
    with quiet(directory) as server:
        assert write_and_count(server.url) == 2
        assert not sockets_of(url).exists()


def test_the_next_owner_stops_a_server_that_outlived_its_owner(
    directory: Path, owner: subprocess.Popen[str]
) -> None:
    pid, url = pid_and_url(owner)
    assert write_and_count(url) == 1
    os.kill(pid, signal.SIGSTOP)  # So it does not hear that its owner dies.
    owner.kill()
    owner.wait()
    os.kill(pid, signal.SIGCONT)
    said: list[str] = []
    with EmbeddedPostgres(directory, log=said.append, settings=SMALL) as server:
        assert is_gone(pid)
        assert write_and_count(server.url) == 2


def test_a_killed_server_is_started_again_at_the_same_url(directory: Path) -> None:
    with quiet(directory) as server:
        url = server.url
        assert write_and_count(url) == 1
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not server.is_running(), "the server is dead")
        server.launch()
        assert server.url == url
        assert write_and_count(url) == 2


def test_an_immediate_stop_loses_nothing(directory: Path) -> None:
    server = quiet(directory)
    server.start()
    assert write_and_count(server.url) == 1
    server.stop(immediately=True)
    with quiet(directory) as again:
        assert write_and_count(again.url) == 2


def test_a_number_in_a_stale_pid_file_may_belong_to_another_program_by_now(directory: Path) -> None:
    server = quiet(directory)
    server.start()
    pid_file = directory / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop(immediately=True)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with quiet(directory) as again:
        assert write_and_count(again.url) == 1


def test_a_cluster_whose_making_was_cut_short_is_made_anew(open_directory: Path) -> None:
    directory = open_directory / "postgres"
    unfinished = directory / "cluster.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("17\n")
    with quiet(directory) as server:
        assert write_and_count(server.url) == 1


def test_a_cluster_of_another_version_is_refused(directory: Path) -> None:
    (directory / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(OtherVersion, match="made by PostgreSQL 16, installed is 17"):
        quiet(directory).start()


def test_a_wrong_setting_fails_with_the_reason(directory: Path) -> None:
    with pytest.raises(StartFailed, match="shared_buffers"):
        EmbeddedPostgres(directory, log=no_log, settings={"shared_buffers": "much"}).start()
    assert processes_in(directory) == []


def test_a_machine_without_time_zones_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "TIME_ZONES", directory / "missing")
    with pytest.raises(NoTimeZones, match="apt-get install tzdata"):
        quiet(directory).start()


def test_a_cluster_of_another_user_is_refused(directory: Path) -> None:
    with as_someone_else(directory), pytest.raises(NotAllowed, match="belongs to another user"):
        quiet(directory).start()


@contextmanager
def as_someone_else(directory: Path) -> Iterator[None]:
    """Root becomes somebody without rights in `directory`; anybody else gives their own up."""
    before = os.geteuid()
    if before == 0:
        directory.chmod(0o700)
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    else:
        (directory / "cluster").chmod(0)
    yield
    os.seteuid(before)
    (directory / "cluster").chmod(0o700)
