"""Who runs PostgreSQL when root starts it, and where that user can get to."""

import os
from pathlib import Path

import psycopg
import pytest

from backbone import unprivileged
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.unprivileged import User, reachable_directory, reachable_programs, reaches, server_user

NOBODY = User(65534, 65534, "nobody")


def no_log(line: str) -> None:
    """Says nothing."""


@pytest.fixture
def place(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /var/lib/ehr."""
    monkeypatch.setattr(unprivileged, "PLACE_FOR_ROOT", open_directory / "place")
    return open_directory / "place"


@pytest.fixture
def closed_directory(open_directory: Path) -> Path:
    """A directory that its owner alone may enter, as /root is."""
    closed = open_directory / "closed"
    closed.mkdir(mode=0o700)
    return closed


def test_a_closed_directory_anywhere_above_keeps_a_user_out(
    open_directory: Path, closed_directory: Path
) -> None:
    inner = closed_directory / "inner"
    inner.mkdir(mode=0o755)
    assert reaches(NOBODY, open_directory)
    assert not reaches(NOBODY, closed_directory)
    assert not reaches(NOBODY, inner)
    assert reaches(None, inner)


def test_permission_goes_by_owner_then_group_then_others(open_directory: Path) -> None:
    directory = open_directory / "shared"
    directory.mkdir()
    directory.chmod(0o710)
    status = directory.stat()
    assert reaches(User(status.st_uid, 1, "owner"), directory)
    assert reaches(User(65534, status.st_gid, "member"), directory)
    assert not reaches(User(65534, 65534, "other"), directory)


def test_data_stay_where_the_user_gets_to(open_directory: Path, place: Path) -> None:
    said: list[str] = []
    assert (
        reachable_directory(open_directory / "postgres", NOBODY, "PostgreSQL", said.append)
        == open_directory / "postgres"
    )
    assert said == []
    assert not place.exists()


def test_data_lie_elsewhere_for_a_user_who_is_kept_out_and_stay_there(
    place: Path, closed_directory: Path
) -> None:
    said: list[str] = []
    first = reachable_directory(closed_directory / "postgres", NOBODY, "PostgreSQL", said.append)
    assert first.parent == place
    assert said == [f"PostgreSQL data: {closed_directory / 'postgres'} lies in {first}"]
    moved = closed_directory.rename(closed_directory.with_name("moved"))
    assert reachable_directory(moved / "postgres", NOBODY, "PostgreSQL", no_log) == first


def test_programs_are_copied_once_and_only_when_needed(place: Path, closed_directory: Path) -> None:
    programs = closed_directory / "programs"
    (programs / "bin").mkdir(parents=True)
    (programs / "bin" / "postgres").write_text("one")
    assert reachable_programs(programs, "17", None, no_log) == programs
    copy = reachable_programs(programs, "17", NOBODY, no_log)
    assert copy == place / "postgresql-17"
    (programs / "bin" / "postgres").write_text("other")
    assert reachable_programs(programs, "17", NOBODY, no_log) == copy
    assert (copy / "bin" / "postgres").read_text() == "one"


def test_a_cluster_keeps_its_owner(tmp_path: Path) -> None:
    user = server_user(tmp_path / "missing")
    if os.geteuid() != 0:
        assert user is None
        return
    assert user is not None
    assert user.uid != 0
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    os.chown(cluster, NOBODY.uid, NOBODY.gid)
    assert server_user(cluster) == User(NOBODY.uid, cluster.stat().st_gid, "nobody")


def test_it_runs_under_a_directory_that_only_its_owner_enters(closed_directory: Path, place: Path) -> None:
    settings = {"shared_buffers": "32MB"}
    with (
        EmbeddedPostgres(closed_directory / "postgres", log=no_log, settings=settings) as server,
        psycopg.connect(server.url) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)
    assert (closed_directory / "postgres").is_symlink() == (os.geteuid() == 0)
