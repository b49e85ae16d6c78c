"""`ehr parked --retry`: one pass over the log for everyone, the projector held for moments only."""

import time
from collections.abc import Sequence
from contextlib import closing

import pytest

from ehr.event_store.connections import connect
from ehr.values import subject_of
from projections import parking
from projections.fhir_resources.view import FhirResources
from projections.generations import Held, hold_alone
from projections.parking import Late, retry
from projections.view import Connection
from streams.notification_log import NotificationLog
from streams.recorded_fact import Entry, RecordedFact
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import looking, migrated, observation, patient, request, state_all, update, value

CITIZENS = [f"p{n}" for n in range(6)]
SHOWN = """
select array_agg('Observation/' || id order by id) from fhir_resources.current where type = 'Observation'"""
END = "select max(notification_id) from record.facts"


class Failing(FhirResources):
    """Cannot project results from a value on; of some citizens none."""

    def __init__(self, value: int = 0, ids: Sequence[str] = CITIZENS) -> None:
        self._value = value
        self._subjects = {subject_of(f"Patient/{id_}") for id_ in ids}

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        for fact in facts:
            values = [one.json.get("valueInteger", -1) for one in fact.resources]
            if fact.subject in self._subjects and any(value >= self._value for value in values):
                raise LookupError
        super().project(connection, facts)


def state_results(url: str, first: int, last: int) -> None:
    for n in range(first, last):
        state_all(url, *(request(update({**observation(id_, n), "id": f"{id_}-{n}"})) for id_ in CITIZENS))


@pytest.fixture
def waiting(database: str) -> str:
    """A record of which the view leaves out every result."""
    migrated(database)
    state_all(database, *(request(update({**patient(id_), "id": id_})) for id_ in CITIZENS))
    state_results(database, 0, 4)
    catch_up(database, Failing())
    assert value(database, "select count(*) from views.parked") == len(CITIZENS)
    return database


class Watched(NotificationLog):
    """Notes what is read, and whether the projector could go on at that moment."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.positions: list[int] = []
        self._url = url

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        entries = super().read(after, limit)
        self.positions += [entry.position for entry in entries]
        with looking(self._url) as connection:
            connection.execute("select from views.generations for update nowait")
        return entries


def test_one_pass_over_the_log_is_for_everybody(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "FACTS", 3)
    first = value(waiting, "select min(since_position) from views.parked")
    with closing(Watched(waiting)) as log:
        released, still = retry(FhirResources(), log, waiting)
        assert (len(released), still) == (len(CITIZENS), [])
        assert log.positions == list(range(first, value(waiting, END) + 1))
    assert serving_digest(waiting) == fresh_digest(waiting)


def test_what_is_recorded_and_parked_meanwhile_is_taken_up_too(
    waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "FACTS", 3)

    class Meanwhile(Watched):
        """While the first facts are read, others are projected; something moves to a new citizen."""

        def read(self, after: int, limit: int) -> Sequence[Entry]:
            if not self.positions:
                state_all(waiting, request(update({**observation("new", 9), "id": "p0-3"})))
                state_results(waiting, 4, 6)
                catch_up(waiting)
            return super().read(after, limit)

    with closing(Meanwhile(waiting)) as log:
        released, still = retry(FhirResources(), log, waiting)
    assert {one.subject for one in released} == {subject_of(f"Patient/{id_}") for id_ in [*CITIZENS, "new"]}
    assert still == []
    catch_up(waiting)
    assert serving_digest(waiting) == fresh_digest(waiting)


def test_what_still_fails_waits_from_there_for_its_new_reason(waiting: str) -> None:
    late: Late = {}
    with closing(NotificationLog(waiting)) as log:
        with looking(waiting) as connection:
            connection.execute("update views.parked set reason = 'ZeroDivisionError'")
        released, still = retry(Failing(2, ["p1"]), log, waiting, late)
        assert (len(released), [one.subject for one in still]) == (5, [subject_of("Patient/p1")])
        assert [(one.reason, one.since_position) for one in still] == [
            ("LookupError", position_of("p1-2", log))
        ]
        assert late[still[0].subject] == {"Observation/p1-0", "Observation/p1-1"}
        assert [one.resources for one in released] == [sorted(late[one.subject]) for one in released]
        ((one,), nobody) = retry(FhirResources(), log, waiting)
    assert (one.resources, nobody) == (["Observation/p1-2", "Observation/p1-3"], [])
    assert serving_digest(waiting) == fresh_digest(waiting)


def position_of(id_: str, log: NotificationLog) -> int:
    facts = [entry for entry in log.read(0, 100) if isinstance(entry, RecordedFact)]
    return next(fact.position for fact in facts if fact.resources[0].version.id == id_)


IN_THE_WAY = """
insert into fhir_resources_1.current
select -1, 'Observation', 'p3-1', version, position, last_updated, deleted, subject, starts, splice, body
from fhir_resources_1.current limit 1"""


class Interrupted(FhirResources):
    """Somebody presses Ctrl-C at a citizen's second result."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        if facts[0].resources[0].version.id == "p3-1":
            raise KeyboardInterrupt
        super().project(connection, facts)


def test_an_interruption_loses_nothing(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "FACTS", 1)
    late: Late = {}
    with closing(NotificationLog(waiting)) as log:
        with pytest.raises(KeyboardInterrupt):
            retry(Interrupted(), log, waiting, late)
        assert value(waiting, "select count(*) from views.parked") == len(CITIZENS)
        told = sorted(reference for references in late.values() for reference in references)
        assert {f"Observation/{id_}-0" for id_ in CITIZENS} <= set(told)
        assert value(waiting, SHOWN) == told
        assert len(retry(FhirResources(), log, waiting)[0]) == len(CITIZENS)
    assert serving_digest(waiting) == fresh_digest(waiting)


def test_it_gives_way_to_a_projector_that_has_begun(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one in the midst of a batch has written must not become a fault of a citizen."""
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        begun.close()

    monkeypatch.setattr(time, "sleep", pause)
    with closing(NotificationLog(waiting)) as log, connect(waiting) as begun:
        begun.execute("begin")
        begun.execute(IN_THE_WAY)
        released, _ = retry(FhirResources(), log, waiting)
    assert (len(released), len(waited)) == (len(CITIZENS), 1)
    assert serving_digest(waiting) == fresh_digest(waiting)


def test_no_generation_changes_in_its_midst(waiting: str) -> None:
    with looking(waiting) as connection, closing(NotificationLog(waiting)) as log:
        hold_alone(connection, "fhir_resources")
        with pytest.raises(Held):
            retry(FhirResources(), log, waiting)
    assert value(waiting, "select count(*) from views.parked") == len(CITIZENS)


def test_a_running_projector_goes_on_beside_it(waiting: str) -> None:
    with projector(waiting) as running, closing(NotificationLog(waiting)) as log:
        running.step()
        state_results(waiting, 4, 5)
        assert len(retry(FhirResources(), log, waiting)[0]) == len(CITIZENS)
        while running.position < value(waiting, END):
            running.step()
    assert value(waiting, "select count(*) from views.parked") == 0
    assert serving_digest(waiting) == fresh_digest(waiting)
