"""Searches whose pages are those of one moment, and what is told of how searches are carried out."""

from collections.abc import Iterator
from typing import Any

import pytest

from ehr.event_store.connections import connect
from projections.fhir_resources import snapshots
from tests.fhir_api.running import (
    Door,
    Json,
    entries,
    link,
    outcome_of,
    pages,
    prepare,
    projecting,
    services_of,
    serving,
)


@pytest.fixture
def door(database: str) -> Iterator[Door]:
    prepare(database)
    with projecting(database), serving(database, services_of(database, explains=True)) as served:
        for number in range(7):
            served.put(person(number))
        yield served


def person(number: int, **changes: Any) -> Json:
    return {"resourceType": "Patient", "id": f"p{number}", "birthDate": f"19{70 + number}-01-01", **changes}


def ids(found: list[Json]) -> list[str]:
    return [entry["resource"]["id"] for entry in found]


def test_a_snapshot_is_walked_through_as_it_was(door: Door) -> None:
    walk = pages(door, "Patient?birthdate=gt1960&_sort=-birthdate&_count=3&_snapshot=true")
    first = next(walk)
    door.put(person(8, birthDate="1969-01-01"))
    door.put(person(1, birthDate="1999-01-01"))
    door.client.delete("Patient/p2").raise_for_status()
    rest = list(walk)
    told = [*first["entry"], *(entry for page in rest for entry in page["entry"])]
    assert ids(told) == ["p6", "p5", "p4", "p3", "p1", "p0"]
    assert {page["total"] for page in [first, *rest]} == {7}
    assert told[4]["resource"]["birthDate"] == "1999-01-01"


def test_a_walk_without_one_follows_what_changes(door: Door) -> None:
    walk = pages(door, "Patient?_sort=-birthdate&_count=3")
    first = next(walk)
    door.put(person(8, birthDate="1969-01-01"))
    door.client.delete("Patient/p2").raise_for_status()
    told = [*first["entry"], *(entry for page in walk for entry in page["entry"])]
    assert ids(told) == ["p6", "p5", "p4", "p3", "p1", "p0", "p8"]


def test_a_snapshot_of_one_page_needs_no_next_link(door: Door) -> None:
    bundle = door.json("Patient?_snapshot=true")
    assert (len(bundle["entry"]), bundle["total"], link(bundle, "next")) == (7, 7, None)


def test_a_snapshot_that_is_not_kept_any_more_is_gone(door: Door) -> None:
    following = link(door.json("Patient?_count=3&_snapshot=true"), "next")
    assert following
    with connect(door.database) as connection:
        connection.execute("update views.snapshots set made = made - interval '61 minutes'")
    assert outcome_of(door.get(following, 410))["code"] == "not-found"
    entries(door, "Patient?_count=3&_snapshot=true")
    with connect(door.database) as connection:
        assert connection.execute("select count(*) from views.snapshots").fetchone() == (1,)


def test_a_snapshot_of_too_many_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_api.searching.pages.MOST_KEPT", 6)
    assert snapshots.MOST_KEPT == 100_000
    assert outcome_of(door.get("Patient?_snapshot=true", 413))["code"] == "too-costly"
    assert len(entries(door, "Patient?birthdate=gt1971&_snapshot=true&_count=2")) == 5


def kept(door: Door) -> int:
    with connect(door.database) as connection:
        row = connection.execute("select count(*) from views.snapshots").fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("bound", [("MOST_SNAPSHOTS", 2), ("MOST_RESOURCES", 14)])
def test_no_more_are_kept_than_there_is_room_for(
    door: Door, monkeypatch: pytest.MonkeyPatch, bound: tuple[str, int]
) -> None:
    monkeypatch.setattr(snapshots, *bound)
    first, second = (door.json("Patient?_count=3&_snapshot=true") for _ in range(2))
    told = outcome_of(door.get("Patient?_count=3&_snapshot=true", 503))
    assert (told["code"], "no room" in told["details"]["text"]) == ("throttled", True)
    assert kept(door) == 2
    assert len(door.json(link(second, "next") or "")["entry"]) == 3
    assert len(door.json("Patient?_snapshot=true")["entry"]) == 7
    with connect(door.database) as connection:
        connection.execute("update views.snapshots set made = made - interval '61 minutes'")
    assert len(entries(door, "Patient?_count=3&_snapshot=true")) == 7
    assert kept(door) == 1
    door.get(link(first, "next") or "", 410)


def test_what_fails_leaves_none(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        weight = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
        door.put({**weight, "id": f"o{number}", "subject": {"reference": "Patient/p0"}})
    search = "Patient?_count=3&_snapshot=true&_sort=-birthdate&_revinclude=Observation:subject"
    monkeypatch.setattr("projections.fhir_resources.including.MOST_INCLUDED", 2)
    door.get(search.replace("=-", "="), 413)
    assert kept(door) == 0
    monkeypatch.setattr("fhir_api.interactions.search.LONGEST_ADDRESS", 10)
    door.get(search, 400)
    assert kept(door) == 0
    monkeypatch.undo()
    door.get(search)
    assert kept(door) == 1


def test_old_ones_are_forgotten_also_where_there_is_no_room(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries(door, "Patient?_count=3&_snapshot=true")
    with connect(door.database) as connection:
        connection.execute("update views.snapshots set made = made - interval '61 minutes'")
    monkeypatch.setattr(snapshots, "MOST_RESOURCES", 6)
    door.get("Patient?_count=3&_snapshot=true", 503)
    assert kept(door) == 0


def test_how_a_search_is_carried_out_is_told_to_developers(door: Door) -> None:
    told = [
        issue["details"]["text"] for issue in door.json("Patient?birthdate=gt1960&_explain=true")["issue"]
    ]
    assert [text.splitlines()[0] for text in told] == ["walk", "gather"]
    assert all("Execution Time" in text and "actual time" in text for text in told)


def test_and_to_nobody_else(database: str) -> None:
    prepare(database)
    with serving(database) as served:
        answer = outcome_of(served.get("Patient?_explain=true", 400))
        assert (answer["code"], "EHR_EXPLAIN" in answer["details"]["text"]) == ("not-supported", True)
