"""What intake accepts, the views of citizens and facilities can project: odd but valid resources of R4."""

import random
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.compression import compress
from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.facts import ResourceRecorded, ResourceVersion
from ehr.values import subject_of
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.generations import MIGRATIONS
from projections.view import View
from streams.recorded_fact import RecordedFact, RecordedResource
from tests.fhir_api.intake.valid_resources import resources
from tests.projections.citizens.stating import drop_generation, project, rows

READ = ("Patient", "Encounter", "Organization", "Immunization", "Observation")
TIMES = ("2026-10-05T08:00:00.000Z", "1900-01-01", "9999-12", "2026-13-45", "0001")


@pytest.fixture(scope="module")
def prepared(module_database: str) -> str:
    with connect(module_database) as connection:
        migrate(connection, "views", MIGRATIONS)
    return module_database


@given(st.lists(resources(*READ), min_size=1, max_size=12), st.sampled_from(TIMES))
@settings(max_examples=60, deadline=None)
def test_odd_but_valid_resources_are_projected(
    prepared: str, stated: list[dict[str, Any]], happened_at: str
) -> None:
    facts = [_fact(number, resource, happened_at) for number, resource in enumerate(stated)]
    patients = sum(resource["resourceType"] == "Patient" for resource in stated)
    with connect(prepared) as connection:
        assert len(_rows(connection, Citizens(), facts)["person"]) == patients
        assert sum(row[4] for row in _rows(connection, Facilities(), facts)["facility"]) == len(facts)


def _rows(
    connection: psycopg.Connection[Any], view: View, facts: Sequence[RecordedFact]
) -> dict[str, list[tuple[Any, ...]]]:
    generation = project(connection, view, [facts])
    found = rows(connection, view)
    drop_generation(connection, generation)
    return found


def _fact(number: int, resource: dict[str, Any], happened_at: str) -> RecordedFact:
    """The fact that records one resource under an id of its own."""
    type_, id_ = resource["resourceType"], f"r{number}"
    version = ResourceVersion(type_, id_, 1, "create", 0, compress(orjson.dumps({**resource, "id": id_})))
    subject = subject_of(f"{type_}/{id_}")
    fact = ResourceRecorded(
        event_id="",
        schema_version=1,
        subject=subject,
        stream=subject,
        resources=[version],
        actor="test",
        facility=random.Random(number).choice((None, "45901", " ", "x" * 300)),
        happened_at=happened_at,
        recorded_at="2026-10-05T08:00:00.000Z",
    )
    at = fact.recorded_at
    places = {"position": number + 1, "transaction": number + 1, "size": 1, "stream_version": 1}
    return RecordedFact(
        **places,
        subject=subject,
        subject_sequence=1,
        stream=subject,
        last_updated=at,
        state=b"",
        fact=fact,
        resources=[RecordedResource(version)],
    )
