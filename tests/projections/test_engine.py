"""Projectors, generations and parking: every fact takes effect exactly once (docs/consistency.md)."""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.values import subject_of
from projections import projector as engine
from projections.carrying import Carrier, run_projectors
from projections.fhir_resources.view import FhirResources
from projections.generations import NoSuchGeneration, ensure_generation, serving
from projections.parking import parked, retry
from projections.projector import Projector
from projections.rebuild import rebuild, switch
from projections.view import Connection
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import create, looking, migrated, observation, patient, request, state_all, update, value


def fill(url: str, rounds: int = 5) -> None:
    """Facts with every kind of history: created, amended, moved to another subject, retracted."""
    (receipt,) = state_all(url, request(create(patient("P", "1"))))
    id_ = receipt.outcomes[0].key.id
    for n in range(rounds):
        state_all(
            url,
            request(update({**observation(str(n % 2), n), "id": "moving"})),
            request(update({**patient(f"P{n}", str(n)), "id": id_})),
            *(request(create(observation(str(k), n))) for k in range(4)),
        )


def test_two_projectors_that_fight_project_every_fact_once(database: str) -> None:
    url = migrated(database)
    fill(url, 12)
    with looking(url) as connection:
        ensure_generation(connection, FhirResources())

    def fight() -> None:
        with projector(url) as one:
            while one.step() or one.position < end:
                pass

    end = value(url, "select max(notification_id) from record.facts")
    fighters = [threading.Thread(target=fight) for _ in range(3)]
    for fighter in fighters:
        fighter.start()
    for fighter in fighters:
        fighter.join()
    assert serving_digest(url) == fresh_digest(url)


class Slow(FhirResources):
    """Stops between writing and committing until it is told to go on."""

    def __init__(self) -> None:
        self.written, self.may_commit = threading.Event(), threading.Event()

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        self.written.set()
        self.may_commit.wait(60)
        super().project(connection, facts)


def test_the_late_commit_of_a_projector_believed_dead_has_no_effect(database: str) -> None:
    url = migrated(database)
    fill(url)
    with looking(url) as connection:
        ensure_generation(connection, FhirResources())
    zombie = Slow()
    late = threading.Thread(target=catch_up, args=(url, zombie))
    late.start()
    assert zombie.written.wait(60)
    catch_up(url)
    zombie.may_commit.set()
    late.join()
    assert serving_digest(url) == fresh_digest(url)


def test_the_check_finds_a_projector_without_compare_and_swap(database: str) -> None:
    """The planted bug: a projector that starts again from 0 projects amendments a second time."""
    url = migrated(database)
    fill(url, 2)
    catch_up(url)
    with looking(url) as connection:
        connection.execute("update views.generations set position = 0")
        connection.execute("delete from fhir_resources_1.current where version = 1")
    catch_up(url)
    assert serving_digest(url) != fresh_digest(url)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.integers(1, 9), resources=st.integers(1, 9))
def test_any_batching_gives_one_digest(filled: str, facts: int, resources: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "FACTS", facts)
        patched.setattr(engine, "RESOURCES", resources)
        assert fresh_digest(filled) == serving_digest(filled)


@pytest.fixture
def filled(database: str) -> str:
    fill(migrated(database))
    catch_up(database)
    return database


class Broken(FhirResources):
    """Cannot project the facts of one citizen."""

    victim = subject_of("Patient/2")

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        if any(fact.subject == self.victim for fact in facts):
            raise ZeroDivisionError
        super().project(connection, facts)


def test_a_fact_that_cannot_be_projected_parks_its_citizen_alone(database: str) -> None:
    url = migrated(database)
    fill(url, 3)
    catch_up(url, Broken())
    fill(url, 2)
    catch_up(url, Broken())
    with looking(url) as connection:
        (one,) = parked(connection)
    assert (one.subject, one.reason) == (Broken.victim, "ZeroDivisionError")
    shown = "select count(*) from fhir_resources.current where type = 'Observation' and id <> 'moving'"
    assert value(url, shown) == 5 * 3  # of four citizens, one waits
    with closing(NotificationLog(url)) as log:
        released, still = retry(Broken(), log, url)
        assert (released, [s.subject for s in still]) == ([], [Broken.victim])
        released, still = retry(FhirResources(), log, url)
    assert [r.subject for r in released] == [Broken.victim]
    assert still == []
    assert len(released[0].resources) == 5
    assert serving_digest(url) == fresh_digest(url)


def test_a_running_projector_learns_of_a_release(database: str) -> None:
    url = migrated(database)
    fill(url, 2)
    with projector(url, Broken()) as running:
        while running.step():
            pass
        with closing(NotificationLog(url)) as log:
            retry(FhirResources(), log, url)
        running.view = FhirResources()
        fill(url, 2)
        while running.step() or running.position < value(
            url, "select max(notification_id) from record.facts"
        ):
            pass
    assert serving_digest(url) == fresh_digest(url)


def test_a_newer_schema_parks_from_that_fact_on_and_nonsense_is_quarantined(database: str) -> None:
    url = migrated(database)
    state_all(url, request(create(observation("1", 0))))
    state_all(url, request(create(observation("1", 1)), create(observation("2", 1))))
    with looking(url) as connection:
        connection.execute("update record.facts set state = 'nonsense' where notification_id = 3")
        field = "encode('schema_version', 'hex')"
        newer = f"decode(replace(encode(state, 'hex'), {field} || '01', {field} || '02'), 'hex')"
        connection.execute(f"update record.facts set state = {newer} where notification_id = 2")  # noqa: S608
    catch_up(url)
    assert value(url, "select array_agg(since_position) from views.parked") == [2]
    assert value(url, "select array_agg(position) from views.quarantined") == [3]
    assert value(url, "select count(*) from fhir_resources.current") == 1


def test_a_projector_goes_on_after_its_connection_was_cut(database: str) -> None:
    url = migrated(database)
    fill(url, 3)
    stopped = threading.Event()
    log = NotificationLog(url)
    one = Projector(FhirResources(), log, url)
    running = threading.Thread(target=run_projectors, args=([one], log, stopped.is_set, 0.05))
    running.start()
    for _ in range(4):
        with looking(url) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                " and datname = current_database()"
            )
        fill(url, 1)
    end = value(url, "select max(notification_id) from record.facts")
    while one.position < end:
        stopped.wait(0.05)
    stopped.set()
    running.join()
    one.close()
    log.close()
    assert serving_digest(url) == fresh_digest(url)


def test_rebuild_serves_all_the_while_and_switches(filled: str) -> None:
    stop, reads = threading.Event(), [0]
    missing: list[int] = []

    def read() -> None:
        with looking(filled) as connection:
            while not stop.is_set():
                row = connection.execute("select count(*) from fhir_resources.current").fetchone()
                assert row is not None
                if row[0] < 20:
                    missing.append(row[0])
                reads[0] += 1

    def write() -> None:
        with projector(filled) as live:
            carrier = Carrier(live)
            while not stop.is_set():
                fill(filled, 1)
                carrier.step()

    workers = [threading.Thread(target=read), threading.Thread(target=write)]
    for worker in workers:
        worker.start()
    with closing(NotificationLog(filled)) as log:
        results = [rebuild(FhirResources(), log, filled) for _ in range(3)]
    stop.set()
    for worker in workers:
        worker.join()
    assert [(result.switched, result.differences) for result in results] == [(True, [])] * 3
    assert missing == []
    assert reads[0] > 0
    catch_up(filled)
    assert serving_digest(filled) == fresh_digest(filled)


class Other(FhirResources):
    """Says something else of the same facts, and admits it or not."""

    schema: Path = FhirResources.schema

    def __init__(self, code_version: int) -> None:
        self.code_version = code_version

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        super().project(connection, facts)
        connection.execute("update current set splice = splice + 4 where type = 'Patient'")


def test_a_difference_blocks_the_switch_unless_the_code_says_so(filled: str) -> None:
    with closing(NotificationLog(filled)) as log:
        refused = rebuild(Other(FhirResources.code_version), log, filled)
        assert not refused.switched
        assert [(d.table, d.citizens) for d in refused.differences] == [("current", 1)]
        with looking(filled) as connection:
            now = serving(connection, "fhir_resources")
        assert now is not None
        assert now.number == 1
        admitted = rebuild(Other(FhirResources.code_version + 1), log, filled)
        assert admitted.switched
        fill(filled, 1)
        switch(FhirResources(), 1, log, filled)
    assert value(filled, "select generation from views.generations where state = 'serving'") == 1
    catch_up(filled)
    assert serving_digest(filled) == fresh_digest(filled)


def test_there_is_no_switching_to_what_is_not_there(filled: str) -> None:
    with closing(NotificationLog(filled)) as log, pytest.raises(NoSuchGeneration):
        switch(FhirResources(), 9, log, filled)
