"""Fixtures that every test may use: a real PostgreSQL, fresh databases in it, and a real browser.

Those of a real broker are in tests/kafka_broker.py.
"""

import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from psycopg import sql

from backbone.embedded_postgres import EmbeddedPostgres

# How fast an example is made or runs says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.kafka_broker"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL cluster for the session (with xdist: one for each worker), gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as place:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres", settings={"shared_buffers": "256MB"}) as server:
            yield server


@contextmanager
def fresh_database(server: EmbeddedPostgres, template: str = "template0") -> Iterator[str]:
    """The URL of a new database of role `ehr`, a copy of `template`, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    statements = {
        "create": sql.SQL("create database {} owner ehr template {}"),
        "drop": sql.SQL("drop database {} with (force)"),
    }
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(statements["create"].format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield server.database_url(name)
    finally:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute(statements["drop"].format(sql.Identifier(name)))


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of an empty database for one test."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a database for all tests of one module, empty at first."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium without a window; for a module, as its loop would be in the way of asyncio.run."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.fail("the tests need a browser: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
