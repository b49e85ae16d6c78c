"""`ehr link` as a process: another one takes over from one that is killed, and SIGTERM ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backbone.waiting import until
from tests.linking import copy, prepared, register, settle, shown, stated
from tests.stating import looking, migrated

ROOT = Path(__file__).parents[2]
COPIES = 12
NAMED = """select exists (select from pg_stat_activity
    where datname = current_database() and application_name = %s)"""


@pytest.fixture
def url(database: str) -> str:
    return prepared(migrated(database))


@contextmanager
def link(url: str, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "EHR_DATABASE_URL": url, "EHR_DATA": str(data)}
    command = [sys.executable, "-m", "backbone", "link"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def calls_itself(url: str, name: str) -> bool:
    """Whether a process of this name is connected."""
    with looking(url) as connection:
        return connection.execute(NAMED, [name]).fetchone() == (True,)


def test_another_process_goes_on_where_one_was_killed(url: str, tmp_path: Path) -> None:
    register(url, *(copy(f"p{n}") for n in range(COPIES)))
    with link(url, tmp_path) as one, shown(url):
        until(lambda: calls_itself(url, "ehr link"), "one works")
        with link(url, tmp_path) as other:
            until(lambda: calls_itself(url, "ehr link, standing by"), "another one stands by")
            register(url, *(copy(f"q{n}") for n in range(COPIES)))
            one.kill()
            settle(url)
            assert [what for what, _ in stated(url)] == ["l"] * (2 * COPIES - 1)
            other.send_signal(signal.SIGTERM)
            assert other.wait(20) == 0


def test_its_log_names_positions_and_nobody(url: str, tmp_path: Path) -> None:
    register(url, copy("a"), copy("b"))
    with shown(url), link(url, tmp_path) as process:
        settle(url)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=20)
    assert b'"judged"' in told
    assert not any(word.encode() in told for word in ("045190000017", "Mẫu", "Patient", "ho thi"))


def test_it_refuses_a_database_without_a_record(database: str, tmp_path: Path) -> None:
    with link(database, tmp_path) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"ehr migrate" in told
