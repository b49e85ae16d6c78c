"""The province on the real way: API, record, view."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from ehr.event_store.connections import connect
from simulation.feed import Counts, feed
from simulation.province import Province, Sending
from tests.fhir_api.conftest import door
from tests.fhir_api.running import Door
from tests.simulation.looking import entries, resources

__all__ = ["door"]


@pytest.fixture(scope="module")
def stated() -> Sequence[Sending]:
    return tuple(Province(9, 60, months=6))


@pytest.fixture(scope="module")
def first_run(door: Door, stated: Sequence[Sending]) -> Counts:
    return asyncio.run(feed(f"{door.address}/fhir", stated))


def stored(door: Door) -> Counter[str]:
    """Living resources by type, as the record knows them."""
    with connect(door.database) as connection:
        rows = connection.execute("select type, count(*) from record.heads where not deleted group by type")
        return Counter(dict(rows.fetchall()))


def wanted(stated: Sequence[Sending]) -> Counter[str]:
    """One resource for each condition, id, or entry without either."""
    distinct = {
        (entry["resource"]["resourceType"], entry["request"].get("ifNoneExist") or entry["fullUrl"])
        for entry in entries(stated)
    }
    return Counter(kind for kind, _ in distinct)


def test_nothing_is_refused_and_everything_is_there_once(
    door: Door, first_run: Counts, stated: Sequence[Sending]
) -> None:
    assert first_run.refused == []
    assert first_run.accepted == len(stated)
    assert stored(door) == wanted(stated)


def test_a_second_run_adds_nothing(door: Door, first_run: Counts, stated: Sequence[Sending]) -> None:
    before, end = stored(door), position(door)
    again = asyncio.run(feed(f"{door.address}/fhir", stated))
    assert (again.accepted, again.refused) == (first_run.accepted, [])
    assert (stored(door), position(door)) == (before, end)


def position(door: Door) -> int:
    with connect(door.database) as connection:
        row = connection.execute("select max(notification_id) from record.facts").fetchone()
        assert row
        return int(row[0])


def test_corrected_results_have_a_second_version(
    door: Door, first_run: Counts, stated: Sequence[Sending]
) -> None:
    corrected = [r for r in resources(stated, "Observation") if r["status"] == "corrected"]
    assert corrected
    for result in corrected:
        now = door.json(f"Observation/{result['id']}")
        assert (now["status"], now["meta"]["versionId"]) == ("corrected", "2")
        assert now["valueQuantity"] == result["valueQuantity"]


def test_visits_of_all_facilities_are_in_one_record(
    door: Door, first_run: Counts, stated: Sequence[Sending]
) -> None:
    facilities: dict[str, set[str]] = {}
    for sending in stated:
        if sending.citizen:
            facilities.setdefault(sending.citizen, set()).add(sending.facility)
    citizen = max(facilities, key=lambda one: (len(facilities[one]), one))
    sent = [s for s in stated if s.citizen == citizen]
    patient = next(entries(sent, "Patient"))
    found = door.json(f"Patient?{patient['request']['ifNoneExist']}")
    (entry,) = found["entry"]
    everything = door.json(f"Patient/{entry['resource']['id']}/$everything?_count=1000")
    encounters = [e["resource"] for e in everything["entry"] if e["resource"]["resourceType"] == "Encounter"]
    assert len(facilities[citizen]) > 1
    assert len(encounters) == len(resources(sent, "Encounter"))
