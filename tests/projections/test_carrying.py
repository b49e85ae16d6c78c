"""Of several projectors of a view one works, and the others take over when it is gone."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import pytest
from structlog.testing import capture_logs

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store import lease
from projections import carrying
from projections.carrying import Carrier, run_projectors
from projections.fhir_resources.view import FhirResources
from projections.parking import retry
from projections.projector import Projector
from projections.rebuild import rebuild
from streams.event_log import EventLog, LogDamaged, LogMisconfigured, LogUnreachable
from streams.notification_log import NotificationLog
from streams.recorded_fact import Entry
from tests.backbone.waiting import until
from tests.hanging import held_by_another_role
from tests.projections.test_engine import Other
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import create, looking, migrated, patient, request, state_all, value

END = "select max(notification_id) from record.facts"
POSITION = "select position from views.generations where state = 'serving'"
WORKING = "select pid from pg_stat_activity where application_name = 'ehr project fhir_resources'"


def state(url: str) -> None:
    state_all(url, request(create(patient("A"))))


@contextmanager
def running(*projectors: Projector, log: EventLog) -> Iterator[None]:
    """They are carried along in a thread meanwhile."""
    stopped = threading.Event()
    thread = threading.Thread(target=run_projectors, args=(projectors, log, stopped.is_set, 0.05))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@contextmanager
def several(url: str, number: int) -> Iterator[None]:
    """As many processes with a projector of the view, as it were."""
    with ExitStack() as stack:
        for _ in range(number):
            log = stack.enter_context(closing(NotificationLog(url)))
            one = stack.enter_context(closing(Projector(FhirResources(), log, url)))
            stack.enter_context(running(one, log=log))
        yield


def test_one_works_and_another_one_takes_over(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "STAND_BY_SECONDS", 0.05)
    state(migrated(database))
    catch_up(database)
    with several(database, 3), looking(database) as connection:
        until(lambda: len(connection.execute(WORKING).fetchall()) == 1, "one works")
        dismissed = set()
        for _ in range(4):
            [(working,)] = connection.execute(WORKING).fetchall()
            dismissed.add(working)
            connection.execute("select pg_terminate_backend(%s)", [working])
            state(database)
            until(lambda: value(database, POSITION) == value(database, END), "another one works")
    assert len(dismissed) == 4
    assert serving_digest(database) == fresh_digest(database)


def test_one_that_hangs_as_another_role_is_told_once_and_waited_for(
    database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(carrying, "STAND_BY_SECONDS", 0.0)
    state(migrated(database))
    name = "views.project.fhir_resources"
    with (
        held_by_another_role(postgres, database, name, 0.3) as holder,
        projector(database) as one,
        capture_logs() as logs,
    ):
        carrier = Carrier(one)
        assert [carrier.step() for _ in range(3)] == [0, 0, 0]
        holder.close()
        until(lambda: carrier.step() == 1, "it takes over")
    (told,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert f"holds {name} and hangs" in told["trouble"]


def test_one_that_hangs_is_replaced_and_harms_nothing_when_it_wakes(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.5)
    state(migrated(database))
    with projector(database) as hanging, projector(database) as other, capture_logs() as logs:
        one, two = Carrier(hanging), Carrier(other)
        assert (one.step(), two.step()) == (1, 0)
        state(database)
        until(lambda: two.step() == 1, "the other one takes over")
        state(database)
        assert (one.step(), two.step()) == (0, 1)
        until(lambda: one.step() == 0 and not one.rests, "it is there again")
    assert [line["event"] for line in logs if line["log_level"] == "info"][:2] == [
        "standing by",
        "taking over",
    ]
    assert value(database, POSITION) == 3
    assert serving_digest(database) == fresh_digest(database)


def test_one_that_has_nothing_to_do_keeps_its_place(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SILENT_SECONDS", 1)
    monkeypatch.setattr(carrying, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(carrying, "STAND_BY_SECONDS", 0.05)
    state(migrated(database))
    with several(database, 2), looking(database) as connection:
        until(lambda: bool(connection.execute(WORKING).fetchall()), "one works")
        [before] = connection.execute(WORKING).fetchall()
        connection.execute("select pg_sleep(2.5)")
        assert connection.execute(WORKING).fetchall() == [before]


class Log:
    """The record's own log, in trouble as long as ``trouble`` is there."""

    def __init__(self, url: str, trouble: Exception) -> None:
        self._log = NotificationLog(url)
        self.trouble: Exception | None = trouble
        self.asked = 0

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        return self._ask(lambda: self._log.read(after, limit))

    def end(self) -> int:
        return self._log.end()

    def wait(self, after: int, timeout: float) -> bool:
        return self._log.wait(after, timeout)

    def close(self) -> None:
        self._log.close()

    def _ask(self, question: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return question()


TROUBLES = [LogUnreachable("Kafka is away"), LogMisconfigured("no such user"), LogDamaged("1 is missing")]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_of_the_log_is_told_once_and_tried_again(
    database: str, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("AWAY_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(carrying, pause, 0.01)
    state(migrated(database))
    with (
        capture_logs() as logs,
        closing(Log(database, trouble)) as log,
        closing(Projector(FhirResources(), log, database)) as one,
        running(one, log=log),
    ):
        until(lambda: log.asked > 5, "it tries again")
        assert value(database, POSITION) == 0
        log.trouble = None
        until(lambda: value(database, POSITION) == 1, "it goes on")
    assert [line["trouble"] for line in logs if "trouble" in line] == [str(trouble)]
    assert value(database, "select count(*) from views.parked") == 0


@pytest.mark.parametrize("trouble", [LogUnreachable("away"), LogDamaged("damaged")])
def test_one_with_another_way_to_the_log_takes_over(
    database: str, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(migrated(database))
    with (
        closing(Log(database, trouble)) as cut_off,
        closing(Projector(FhirResources(), cut_off, database)) as first,
        projector(database) as second,
    ):
        one, two = Carrier(first), Carrier(second)
        assert (one.step(), one.rests, two.step()) == (0, True, 1)
        until(lambda: one.step() == 0 and not one.projector.take(), "it stands by now")
    assert value(database, POSITION) == 1


def test_one_of_other_code_makes_way_for_one_of_this(database: str) -> None:
    """In the middle of an upgrade, say: the view was rebuilt by newer code, which now stands by."""
    state(migrated(database))
    catch_up(database)
    state(database)
    with projector(database, Other(FhirResources.code_version - 1)) as old, projector(database) as new:
        assert (Carrier(old).step(), Carrier(new).step()) == (0, 1)


class Short(NotificationLog):
    """A log that has not come as far as the record."""

    def __init__(self, url: str, end: int) -> None:
        super().__init__(url)
        self._end = end

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        return [entry for entry in super().read(after, limit) if entry.position <= self._end]

    def wait(self, after: int, timeout: float) -> bool:
        return after < self._end and super().wait(after, timeout)


def test_a_log_that_lacks_what_a_view_shows_ends_a_rebuild_and_a_retry(database: str) -> None:
    """The view was made from another one: nothing is switched, nobody is released unseen."""
    for _ in range(3):
        state(migrated(database))
    catch_up(database)
    with closing(Short(database, 2)) as log:
        with pytest.raises(LogUnreachable, match="ends at position 2"):
            rebuild(FhirResources(), log, database)
        with looking(database) as connection:
            connection.execute(
                "insert into views.parked select 'fhir_resources', 1, subject, notification_id, 'planted'"
                " from record.facts where notification_id = 3"
            )
        with pytest.raises(LogUnreachable, match="ends at position 2"):
            retry(FhirResources(), log, database)
    assert value(database, "select count(*) from views.parked") == 1
    assert value(database, "select generation from views.generations where state = 'serving'") == 1


class Quiet(NotificationLog):
    """A log that has nothing new to read."""

    def read(self, after: int, limit: int) -> Sequence[Entry]:  # noqa: ARG002 - whatever is asked for
        return []


def test_projectors_outlive_a_record_that_is_gone(database: str) -> None:
    """While they wait for news: a backup is just put in its place."""
    migrated(database)
    catch_up(database)
    looks: list[int] = []
    with closing(Quiet(database)) as log, closing(Projector(FhirResources(), log, database)) as one:
        assert one.take()
        with looking(database) as connection:
            connection.execute("drop schema record cascade")

        def stopped() -> bool:
            looks.append(len(looks))
            return len(looks) > 3

        run_projectors([one], log, stopped, 0.01)
    assert len(looks) == 4
