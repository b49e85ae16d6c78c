"""A switch beside a transaction that has read the view, as a backup's: reads and the projector go on."""

import time
from contextlib import closing

import pytest

from ehr.event_store.connections import connect
from projections import rebuild as rebuilding
from projections.fhir_resources.view import FhirResources
from projections.rebuild import Progress, rebuild
from streams.notification_log import NotificationLog
from tests.projections.test_engine import fill
from tests.projections.test_generations import Known, known
from tests.replaying import catch_up, fresh_digest, serving_digest
from tests.stating import looking, migrated, value

READ = "select count(*) from fhir_resources.current"


@pytest.fixture
def filled(database: str) -> str:
    fill(migrated(database), 2)
    catch_up(database)
    return database


def test_between_two_tries_everybody_goes_on_for_ever_longer(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    told: list[Progress] = []
    with connect(filled) as backup, closing(NotificationLog(filled)) as log:
        backup.execute("begin")
        backup.execute(READ)

        def pause(seconds: float) -> None:
            assert value(filled, READ) > 0
            fill(filled, 1)
            catch_up(filled)
            pauses.append(seconds)
            if len(pauses) == 9:
                backup.execute("rollback")

        monkeypatch.setattr(time, "sleep", pause)
        assert rebuild(FhirResources(), log, filled, told.append).switched
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert len([one for one in told if one.waits]) == len(pauses)
    assert known(filled) == [Known(1, "retired"), Known(2, "serving")]
    assert serving_digest(filled) == fresh_digest(filled)


def test_the_projector_is_not_stopped_before_the_readers_are_out(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would wait for as long as the switch waits for them."""
    tried: list[bool] = []

    def try_to_hold(*_: object) -> None:
        with looking(filled) as connection:
            connection.execute("select from views.generations for update nowait")
        tried.append(True)
        raise KeyboardInterrupt

    monkeypatch.setattr(rebuilding, "keep_readers_out", try_to_hold)
    with closing(NotificationLog(filled)) as log, pytest.raises(KeyboardInterrupt):
        rebuild(FhirResources(), log, filled)
    assert tried
