"""What becomes of generations: one serves, one is kept to go back to, and a rebuild may die at any moment."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from projections import rebuild as rebuilding
from projections.digests import Difference
from projections.fhir_resources.view import FhirResources
from projections.generations import (
    Held,
    NoSuchGeneration,
    Serves,
    add_generation,
    drop_generation,
    kept_generations,
    serving,
)
from projections.rebuild import Result, drop, rebuild, switch
from projections.view import Connection
from streams.event_log import EventLog
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.projections.test_engine import Broken, Other, fill
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import looking, migrated, value

_spawning = multiprocessing.get_context("spawn")


class Known(NamedTuple):
    number: int
    state: str


def known(url: str) -> list[Known]:
    with looking(url) as connection:
        return [Known(kept.generation.number, kept.state) for kept in kept_generations(connection)]


def schemas(url: str) -> list[str]:
    """Of the generations that are there."""
    names = "select array_agg(nspname::text order by nspname) from pg_namespace"
    return list(value(url, f"{names} where nspname like 'fhir\\_resources\\__'"))


def rebuilt(url: str, view: FhirResources | None = None) -> Result:
    with closing(NotificationLog(url)) as log:
        return rebuild(view or FhirResources(), log, url)


@pytest.fixture
def filled(database: str) -> str:
    fill(migrated(database), 2)
    catch_up(database)
    return database


def test_one_former_generation_is_kept(filled: str) -> None:
    assert rebuilt(filled).dropped == []
    assert known(filled) == [Known(1, "retired"), Known(2, "serving")]
    assert rebuilt(filled).dropped == [1]
    assert known(filled) == [Known(2, "retired"), Known(3, "serving")]
    with closing(NotificationLog(filled)) as log:
        assert switch(FhirResources(), 2, log, filled) == []
        assert known(filled) == [Known(2, "serving"), Known(3, "retired")]
        assert switch(FhirResources(), 2, log, filled) == []
    assert schemas(filled) == ["fhir_resources_2", "fhir_resources_3"]
    assert serving_digest(filled) == fresh_digest(filled)


def test_what_was_not_switched_to_is_there_until_it_is_decided(filled: str) -> None:
    assert not rebuilt(filled, Other(FhirResources.code_version)).switched
    assert known(filled) == [Known(1, "serving"), Known(2, "building")]
    assert rebuilt(filled).dropped == [2]
    assert not rebuilt(filled, Other(FhirResources.code_version)).switched
    with closing(NotificationLog(filled)) as log:
        assert switch(Other(FhirResources.code_version), 4, log, filled) == [1]
    assert known(filled) == [Known(3, "retired"), Known(4, "serving")]


class Wider(FhirResources):
    """Newer code, with a column more."""

    code_version = FhirResources.code_version + 1

    def __init__(self, directory: Path) -> None:
        self.schema = directory / "schema.sql"
        added = "alter table identifier add column note text not null default 'x';"
        self.schema.write_text(FhirResources.schema.read_text() + added)
        identifier = FhirResources.tables["identifier"]
        columns = f"{identifier.columns}, t.note"
        self.tables = {**FhirResources.tables, "identifier": identifier._replace(columns=columns)}


def test_newer_code_may_have_other_columns(filled: str, tmp_path: Path) -> None:
    result = rebuilt(filled, Wider(tmp_path))
    rows = value(filled, "select count(*) from fhir_resources_1.identifier")
    assert result.switched
    assert result.differences == [Difference("identifier", 1, (0, rows))]
    assert value(filled, "select min(note) from fhir_resources.identifier") == "x"


def test_those_who_were_parked_in_a_generation_go_with_it(filled: str) -> None:
    with looking(filled) as connection:
        generation = add_generation(connection, FhirResources())
    catch_up(filled, Broken(), generation)
    assert value(filled, "select count(*) from views.parked") == 1
    rebuilt(filled)
    assert value(filled, "select count(*) from views.parked") == 0


def test_what_a_killed_verify_has_left_is_dropped_by_the_next_one_alone(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not rebuilt(filled, Other(FhirResources.code_version)).switched
    with closing(NotificationLog(filled)) as log:
        with monkeypatch.context() as killed:
            killed.setattr(rebuilding, "drop_generation", lambda *_: None)
            rebuilding.verify(FhirResources(), log, filled)
        assert known(filled) == [Known(1, "serving"), Known(2, "building"), Known(3, "building")]
        rebuilding.verify(FhirResources(), log, filled)
    assert known(filled) == [Known(1, "serving"), Known(2, "building")]
    assert schemas(filled) == ["fhir_resources_1", "fhir_resources_2"]


def test_a_generation_that_is_gone_does_not_serve(filled: str) -> None:
    with looking(filled) as connection:
        generation = add_generation(connection, FhirResources())
        drop_generation(connection, generation)
        with pytest.raises(NoSuchGeneration):
            drop_generation(connection, generation)


class Full(FhirResources):
    """The disk is full while it is built."""

    def project(self, *_: object) -> None:
        raise psycopg.errors.DiskFull


@pytest.mark.parametrize("look", [rebuilding.rebuild, rebuilding.verify])
def test_a_full_disk_ends_it_and_leaves_nothing(
    filled: str, look: Callable[[FhirResources, EventLog, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(_: float) -> None:
        raise AssertionError("it tries again")

    monkeypatch.setattr(time, "sleep", pause)
    with closing(NotificationLog(filled)) as log, pytest.raises(psycopg.errors.DiskFull):
        look(Full(), log, filled)
    assert known(filled) == [Known(1, "serving")]
    assert schemas(filled) == ["fhir_resources_1"]


def fail(*_: object) -> None:
    raise psycopg.errors.DiskFull


def test_a_rebuild_that_fails_once_it_has_switched_keeps_what_serves(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "drop_former", fail)
    with pytest.raises(psycopg.errors.DiskFull):
        rebuilt(filled)
    assert known(filled) == [Known(1, "retired"), Known(2, "serving")]
    assert serving_digest(filled) == fresh_digest(filled)


@pytest.mark.parametrize("error", [psycopg.OperationalError, psycopg.errors.InsufficientPrivilege])
def test_the_error_is_told_also_where_the_database_does_not_let_go(
    filled: str, error: type[psycopg.Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(rebuilding, "_compare", fail)
    with monkeypatch.context() as refused:
        refused.setattr(rebuilding, "drop_generation", refuse)
        with pytest.raises(psycopg.errors.DiskFull):
            rebuilt(filled)
    assert known(filled) == [Known(1, "serving"), Known(2, "building")]
    with pytest.raises(psycopg.errors.DiskFull):
        rebuilt(filled)
    assert known(filled) == [Known(1, "serving")]


@pytest.mark.parametrize("error", [psycopg.OperationalError, psycopg.errors.AdminShutdown])
def test_it_goes_on_after_a_lost_connection(filled: str, error: type[psycopg.OperationalError]) -> None:
    errors = [error()]

    class Lost(FhirResources):
        def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
            if errors:
                raise errors.pop()
            super().project(connection, facts)

    assert rebuilt(filled, Lost()).switched
    assert errors == []


def test_what_serves_is_never_dropped(filled: str) -> None:
    rebuilt(filled)
    with pytest.raises(Serves):
        drop(FhirResources(), 2, filled)
    with pytest.raises(NoSuchGeneration):
        drop(FhirResources(), 3, filled)
    drop(FhirResources(), 1, filled)
    assert known(filled) == [Known(2, "serving")]
    assert schemas(filled) == ["fhir_resources_2"]
    assert serving_digest(filled) == fresh_digest(filled)


def test_a_projector_whose_generation_is_dropped_says_so(filled: str) -> None:
    with looking(filled) as connection:
        generation = add_generation(connection, FhirResources())
    with projector(filled, generation=generation) as one:
        assert one.step(1) == 1
        drop(FhirResources(), generation.number, filled)
        one.step()
        with pytest.raises(NoSuchGeneration):
            one.step()


def test_a_projector_of_the_serving_generation_survives_that_its_own_is_gone(filled: str) -> None:
    with projector(filled) as live:
        live.step()
        rebuilt(filled)
        drop(FhirResources(), 1, filled)
        fill(filled, 1)
        while live.step() or live.position < value(filled, "select max(notification_id) from record.facts"):
            pass
    assert value(filled, "select count(*) from views.parked") == 0
    assert serving_digest(filled) == fresh_digest(filled)


def stall_within(url: str, place: str, reached: Event) -> None:
    """Rebuilds until it calls the function ``place``, and stays there."""

    def stay(*_: object) -> None:
        reached.set()
        threading.Event().wait()

    setattr(rebuilding, place, stay)
    rebuilt(url)


@contextmanager
def stalled(url: str, place: str) -> Iterator[None]:
    """A rebuild in a process of its own that has come to ``place``; killed with SIGKILL afterwards."""
    reached = _spawning.Event()
    process = _spawning.Process(target=stall_within, args=(url, place, reached))
    process.start()
    try:
        assert reached.wait(60)
        yield
    finally:
        process.kill()
        process.join()


def test_an_interrupted_switch_keeps_the_way_back(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuilt(filled)
    fill(filled, 1)
    catch_up(filled)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, closing(NotificationLog(filled)) as log:
        patched.setattr(rebuilding, "_take_over", interrupt)
        with pytest.raises(KeyboardInterrupt):
            switch(FhirResources(), 1, log, filled)
    assert known(filled) == [Known(1, "retired"), Known(2, "serving")]
    assert rebuilt(filled, Other(FhirResources.code_version)).dropped == []
    with closing(NotificationLog(filled)) as log:
        assert switch(FhirResources(), 1, log, filled) == [3]
    assert serving_digest(filled) == fresh_digest(filled)


PLACES = {"_catch_up": [2], "differences": [2], "serve": [2], "drop_former": [1]}
"""Where a rebuild is killed -> what the next one removes."""


@pytest.mark.parametrize(("place", "left"), PLACES.items())
def test_a_rebuild_that_is_killed_is_cleared_away_by_the_next(
    filled: str, place: str, left: list[int]
) -> None:
    with stalled(filled, place):
        pass
    with looking(filled) as connection:
        now = serving(connection, "fhir_resources")
    assert now is not None
    assert now.number == (2 if place == "drop_former" else 1)
    fill(filled, 1)
    catch_up(filled)
    result = rebuilt(filled)
    assert result.switched
    assert result.dropped == left
    assert known(filled) == [Known(now.number, "retired"), Known(3, "serving")]
    assert schemas(filled) == [f"fhir_resources_{now.number}", "fhir_resources_3"]
    assert serving_digest(filled) == fresh_digest(filled)


def test_one_at_a_time(filled: str) -> None:
    with stalled(filled, "differences"), closing(NotificationLog(filled)) as log:
        with looking(filled) as connection:
            assert [kept.held for kept in kept_generations(connection)] == [True, True]
        for attempt in (
            lambda: rebuild(FhirResources(), log, filled),
            lambda: switch(FhirResources(), 2, log, filled),
            lambda: drop(FhirResources(), 2, filled),
        ):
            with pytest.raises(Held):
                attempt()
        assert known(filled) == [Known(1, "serving"), Known(2, "building")]
