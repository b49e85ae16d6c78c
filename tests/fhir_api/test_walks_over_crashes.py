"""A walk through pages in whose midst PostgreSQL crashes, and takes back what a view had shown.

docs/decisions/0008-views-commit-lazily.md
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backbone.embedded_postgres import EmbeddedPostgres
from tests.backbone.waiting import until
from tests.fhir_api.bundles import creating, send, transaction
from tests.fhir_api.running import Door, Json, entries, link, prepare, projecting, services_of, serving
from tests.stating import value

LAZY = {"shared_buffers": "64MB", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
"""Whoever writes what is committed lazily looks every 10 seconds, instead of every 0.2."""
WRITER = "select pid from pg_stat_activity where backend_type = 'walwriter'"


@contextmanager
def crashing() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as place:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres", settings=LAZY) as server:
            prepare(server.url)
            yield server


@contextmanager
def nothing_written(server: EmbeddedPostgres) -> Iterator[None]:
    """What is committed lazily meanwhile does not reach the disk."""
    writer = value(server.url, WRITER)
    os.kill(writer, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(writer, signal.SIGCONT)


def ids(page: Json) -> set[str]:
    return {entry["resource"]["id"] for entry in page.get("entry", [])}


def test_a_walk_waits_for_what_it_had_seen() -> None:
    walks = ["Observation?_sort=_lastUpdated&_count=4", "Patient/p/$everything?_count=4"]
    reading: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    reading["subject"] = {"reference": "Patient/p"}
    with crashing() as server, serving(server.url, services_of(server.url, visibility_wait=0.3)) as door:
        with projecting(server.url), nothing_written(server):
            door.put({"resourceType": "Patient", "id": "p"})
            until(lambda: _at_end(server.url), "the view shows the Patient")
            send(door, transaction(*[creating(reading)] * 10))
            until(lambda: _at_end(server.url), "the view shows them")
            first = [door.json(walk) for walk in walks]
            following = [link(page, "next") or "" for page in first]
            os.kill(server.pid, signal.SIGQUIT)  # an immediate stop
        until(lambda: not server.is_running(), "PostgreSQL is gone")
        server.launch()
        assert value(server.url, "select position from views.generations") == 1
        until(lambda: _status(door, "metadata") == 200, "the server answers")
        for next_page in following:
            door.get(next_page, 503)
        with projecting(server.url):
            until(lambda: all(_status(door, page) == 200 for page in following), "the view has caught up")
            for walk, page, next_page in zip(walks, first, following, strict=True):
                rest = {"entry": entries(door, next_page)}
                assert ids(page) | ids(rest) == ids({"entry": entries(door, walk)})
                assert len(ids(page)) + len(ids(rest)) >= 10


def _status(door: Door, url: str) -> int:
    return door.client.get(url).status_code


def _at_end(url: str) -> bool:
    end = value(url, "select max(notification_id) from record.facts")
    return bool(value(url, "select position from views.generations") == end)
