"""Parking and taking up again, in any order, amount to projecting straight (docs/consistency.md)."""

import random
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from backbone.embedded_postgres import EmbeddedPostgres
from backbone.wiring import VIEWS
from ehr.errors import Refusal
from ehr.health_record import HealthRecord
from ehr.linking import Act, Judgement
from ehr.requests import Change
from ehr.values import subject_of
from projections.digests import digest
from projections.fhir_resources.view import FhirResources
from projections.generations import add_generation, ensure_generation, serving, use_schema
from projections.parking import parked, retry
from projections.projector import Projector
from projections.view import Connection, Digested, View
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.conftest import fresh_database
from tests.pairing import CAPTURED, judgement
from tests.stating import looking, migrated, observation, on_record, patient, request, update, value

PATIENTS = ("1", "2", "3", "4")
SUBJECTS = [subject_of(f"Patient/{id_}") for id_ in PATIENTS]
FACTS = 60


def about(resource: int, owner: str | None, n: int) -> dict[str, Any]:
    """The n-th statement of a resource; even ones are encounters, the others results. owner: or nobody."""
    subject = {"subject": {"reference": f"Patient/{owner}"}} if owner else {}
    identifier = {"identifier": [{"system": "urn:test", "value": str(n)}]}
    if resource % 2:
        return {
            **observation("", n),
            "id": f"r{resource}",
            "subject": {"display": "x"},
            **identifier,
            **subject,
        }
    encounter = {
        "resourceType": "Encounter",
        "id": f"r{resource}",
        "status": "finished",
        "class": {"code": "AMB"},
    }
    return {**encounter, "period": {"start": f"2024-01-{n % 28 + 1:02}"}, **identifier, **subject}


def history() -> list[Change]:
    """Patients, and resources that are amended, move between them, are deleted, and come again elsewhere."""
    chance = random.Random(4)
    changes: list[Change] = []
    for n in range(FACTS):
        resource = chance.randrange(6)
        owner = chance.choice([*PATIENTS, None])
        stated = about(resource, owner, n)
        if chance.random() < 0.1:
            id_ = chance.choice(PATIENTS)
            changes.append(update({**patient(f"Lê Thị {n}", str(n)), "id": id_}))
        elif chance.random() < 0.2:
            changes.append(Change(None, "delete", stated["resourceType"], stated["id"]))
        else:
            changes.append(update(stated))
    return changes


def judgements() -> list[Judgement]:
    """Of every kind, of which some are refused."""
    chance = random.Random(4)
    acts = [*Act, Act.LINK, Act.LINK, Act.UNLINK]
    pairs = [chance.sample(PATIENTS, 2) for _ in range(FACTS)]
    return [judgement(chance.choice(acts), one, other, *CAPTURED) for one, other in pairs]


@pytest.fixture(scope="module")
def recorded(module_database: str) -> str:
    """A record of the history, fact by fact, with what was judged meanwhile."""

    async def state(record: HealthRecord) -> None:
        for id_ in PATIENTS:
            await record.state(request(update({**patient("Lê Thị Đầu"), "id": id_})))
        for change, wish in zip(history(), judgements(), strict=True):
            await record.state(request(change))
            with suppress(Refusal):
                await record.judge(wish)

    on_record(migrated(module_database), state)
    return module_database


class Failing:
    """A view that cannot project the facts of some citizens."""

    def __init__(self, view: View, victims: frozenset[UUID]) -> None:
        self._view, self._victims = view, victims
        self.name: str = view.name
        self.code_version: int = view.code_version
        self.schema: Path = view.schema
        self.tables: Mapping[str, Digested] = view.tables

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        if any(fact.subject in self._victims for fact in facts):
            raise ZeroDivisionError
        self._view.project(connection, facts)


class Step(NamedTuple):
    """So many facts are projected, then perhaps parked citizens are taken up; some break the view."""

    facts: int
    breaking: frozenset[UUID]
    retry: bool
    still_breaking: frozenset[UUID]


VICTIMS = st.frozensets(st.sampled_from(SUBJECTS), max_size=3)
STEPS = st.lists(st.builds(Step, st.integers(1, FACTS), VICTIMS, st.booleans(), VICTIMS), max_size=4)


def carried(url: str, view: View, steps: Sequence[Step]) -> dict[str, tuple[int, int]]:
    """The digest of the view after the steps, and after whoever was parked is taken up."""
    end = value(url, "select max(notification_id) from record.facts")
    at = 0
    for step in [*steps, Step(end, frozenset(), True, frozenset())]:
        at = min(end, at + step.facts)
        with closing(NotificationLog(url)) as log:
            with closing(Projector(Failing(view, step.breaking), log, url)) as projector:
                while projector.step(_end_of_flush(url, at)):
                    pass
            if step.retry:
                retry(Failing(view, step.still_breaking), log, url)
    with looking(url) as connection:
        assert parked(connection) == []
        generation = serving(connection, view.name)
        assert generation is not None
        assert generation.position == end
        return digest(connection, view, generation)


def _end_of_flush(url: str, position: int) -> int:
    """A resource that moves leaves two facts in one flush."""
    flush = "(select transaction from record.facts where notification_id = %s)"
    with looking(url) as connection:
        query = f"select max(notification_id) from record.facts where transaction = {flush}"  # noqa: S608
        row = connection.execute(query, [position]).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def straight(postgres: EmbeddedPostgres, recorded: str) -> dict[str, dict[str, tuple[int, int]]]:
    """The digest of each view after projecting everything without trouble."""
    with fresh_database(postgres, template_of(recorded)) as url:
        return {name: carried(url, make(), []) for name, make in VIEWS.items()}


def template_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


@pytest.mark.parametrize("name", VIEWS)
@settings(max_examples=10, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(steps=STEPS)
def test_any_parking_and_retrying_gives_the_straight_digest(
    postgres: EmbeddedPostgres,
    recorded: str,
    straight: dict[str, dict[str, tuple[int, int]]],
    name: str,
    steps: list[Step],
) -> None:
    with fresh_database(postgres, template_of(recorded)) as url:
        assert carried(url, VIEWS[name](), steps) == straight[name]


@settings(max_examples=10, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(chance=st.randoms(use_true_random=False), batch=st.integers(1, FACTS))
def test_no_older_version_takes_the_place_of_a_newer_one(
    recorded: str, straight: dict[str, dict[str, tuple[int, int]]], chance: random.Random, batch: int
) -> None:
    """Even if facts come in any order, which no projector does: the view itself keeps versions in order."""
    view = FhirResources()
    with closing(NotificationLog(recorded)) as log:
        facts = [entry for entry in log.read(0, 10 * FACTS) if isinstance(entry, RecordedFact)]
    chance.shuffle(facts)
    with looking(recorded) as connection:
        ensure_generation(connection, view)
        with connection.transaction(force_rollback=True):
            generation = add_generation(connection, view)
            use_schema(connection, generation)
            for first in range(0, len(facts), batch):
                view.project(connection, facts[first : first + batch])
            assert digest(connection, view, generation) == straight[view.name]
            view.project(connection, facts[:batch])
            assert digest(connection, view, generation) == straight[view.name]
