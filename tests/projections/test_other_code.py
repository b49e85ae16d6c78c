"""A view whose generation other code has built waits for its rebuild, and nobody is parked."""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from projections import carrying
from projections.carrying import Carrier, run_projectors
from projections.facilities.view import Facilities
from projections.fhir_resources.view import FhirResources
from projections.generations import OtherCode, serving
from projections.parking import retry
from projections.projector import Projector
from projections.rebuild import rebuild, switch
from projections.view import Connection
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.projections.test_engine import fill
from tests.projections.test_generations import Known, Wider, known
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import looking, migrated, value

END = "select max(notification_id) from record.facts"
PARKED = "select count(*) from views.parked"


class Newer(Wider):
    """Newer code, which writes a column that older generations do not have."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        super().project(connection, facts)
        connection.execute("update identifier set note = 'y' where note = 'x'")


@pytest.fixture
def filled(database: str) -> str:
    fill(migrated(database), 2)
    catch_up(database)
    fill(database, 1)
    return database


def position(url: str) -> int:
    with looking(url) as connection:
        found = serving(connection, "fhir_resources")
    assert found is not None
    return found.position


def test_newer_code_waits_for_the_rebuild_and_goes_on_after_it(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "LOOK_SECONDS", 0.01)
    newer, before = Newer(tmp_path), position(filled)
    with projector(filled, newer) as one, capture_logs() as logs:
        carrier = Carrier(one)
        for _ in range(3):
            assert carrier.step() == 0
            while carrier.rests:
                pass
        assert position(filled) == before < value(filled, END)
        assert [line["log_level"] for line in logs] == ["error"]  # now and then, not at every look
        assert logs[0]["command"] == "ehr rebuild fhir_resources"
        with closing(NotificationLog(filled)) as log:
            assert rebuild(newer, log, filled).switched
        while one.position < value(filled, END):
            carrier.step()
    assert value(filled, PARKED) == 0
    assert value(filled, "select array_agg(distinct note) from fhir_resources.identifier") == ["y"]


def test_older_code_that_was_left_running_writes_nothing_into_what_newer_code_has_built(
    filled: str, tmp_path: Path
) -> None:
    newer = Newer(tmp_path)
    with projector(filled) as old, closing(NotificationLog(filled)) as log:
        old.step()
        assert rebuild(newer, log, filled).switched
        fill(filled, 1)
        built = position(filled)
        assert old.step() == 0  # its own generation has retired
        with pytest.raises(OtherCode):
            old.step()
    assert position(filled) == built < value(filled, END)
    catch_up(filled, newer)
    assert value(filled, PARKED) == 0


def test_a_view_that_waits_stops_no_other_view(database: str) -> None:
    fill(migrated(database), 1)
    with closing(NotificationLog(database)) as log:
        waiting, going = Projector(FhirResources(), log, database), Projector(Facilities(), log, database)
        waiting.step()
        with looking(database) as connection:
            connection.execute("update views.generations set code_version = 0 where view = 'fhir_resources'")
        waiting.close()
        run_until([waiting, going], log, lambda: going.position == value(database, END))
    assert value(database, PARKED) == 0


def run_until(projectors: Sequence[Projector], log: NotificationLog, reached: Callable[[], bool]) -> None:
    stopped = threading.Event()
    running = threading.Thread(target=run_projectors, args=(projectors, log, stopped.is_set, 0.05))
    running.start()
    while not reached():
        stopped.wait(0.01)
    stopped.set()
    running.join()
    for one in projectors:
        one.close()


def test_neither_switch_nor_retry_touches_what_other_code_has_built(filled: str, tmp_path: Path) -> None:
    newer = Newer(tmp_path)
    with closing(NotificationLog(filled)) as log:
        assert rebuild(newer, log, filled).switched
        with pytest.raises(OtherCode):
            switch(newer, 1, log, filled)
        with pytest.raises(OtherCode):
            retry(FhirResources(), log, filled)
        assert known(filled) == [Known(1, "retired"), Known(2, "serving")]
        fill(filled, 1)
        switch(FhirResources(), 1, log, filled)  # the way back is the former code's
    catch_up(filled)
    assert serving_digest(filled) == fresh_digest(filled)
