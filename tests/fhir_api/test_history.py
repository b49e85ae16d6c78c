"""The history of one resource.

https://hl7.org/fhir/R4/http.html#history, https://hl7.org/fhir/R4/bundle.html#history
"""

from datetime import UTC, datetime

import pytest

from ehr.dates import instant
from tests.fhir_api.running import Door, Json, entries, link, outcome_of, pages

VERSIONS = 7


@pytest.fixture(scope="module")
def patient(door: Door) -> str:
    """A Patient with versions 1 to 7; the fourth retracts it."""
    for version in range(1, VERSIONS + 1):
        if version == 4:
            door.client.delete("Patient/h").raise_for_status()
        else:
            door.put({"resourceType": "Patient", "id": "h", "name": [{"text": f"version {version}"}]})
    return "Patient/h"


def versions(found: list[Json]) -> list[int]:
    return [int(entry["response"]["etag"].removeprefix('W/"').rstrip('"')) for entry in found]


def time_of(door: Door, patient: str, version: int) -> str:
    entry = entries(door, f"{patient}/_history")[VERSIONS - version]
    return str(entry["response"]["lastModified"])


def test_versions_are_told_newest_first_with_how_they_came_about(door: Door, patient: str) -> None:
    bundle = door.json(f"{patient}/_history")
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "history", VERSIONS)
    assert link(bundle, "self") == f"{door.address}/fhir/{patient}/_history"
    assert link(bundle, "next") is None
    told = bundle["entry"]
    assert {entry["fullUrl"] for entry in told} == {f"{door.address}/fhir/{patient}"}
    assert versions(told) == [7, 6, 5, 4, 3, 2, 1]
    assert [(e["request"]["method"], e["request"]["url"], e["response"]["status"]) for e in told] == [
        ("PUT", patient, "200 OK"),
        ("PUT", patient, "200 OK"),
        ("PUT", patient, "201 Created"),
        ("DELETE", patient, "204 No Content"),
        ("PUT", patient, "200 OK"),
        ("PUT", patient, "200 OK"),
        ("POST", "Patient", "201 Created"),
    ]


def test_each_entry_is_what_a_version_read_gives(door: Door, patient: str) -> None:
    for entry in entries(door, f"{patient}/_history"):
        version = versions([entry])[0]
        if version == 4:
            assert "resource" not in entry
        else:
            assert entry["resource"] == door.json(f"{patient}/_history/{version}")
            assert entry["resource"]["meta"]["lastUpdated"] == entry["response"]["lastModified"]


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8, 1000, 999999])
def test_pages_are_walked_to_the_end(door: Door, patient: str, count: int) -> None:
    walked = list(pages(door, f"{patient}/_history?_count={count}"))
    assert [versions(page["entry"]) for page in walked] == [
        list(range(first, max(first - count, 0), -1)) for first in range(VERSIONS, 0, -count)
    ]
    assert walked[0]["total"] == VERSIONS
    whole = door.json(f"{patient}/_history")["entry"]
    assert [entry for page in walked for entry in page["entry"]] == whole


def test_a_walk_is_not_disturbed_by_new_versions(door: Door) -> None:
    for version in range(4):
        door.put(
            {"resourceType": "Group", "id": "w", "type": "person", "actual": False, "name": str(version)}
        )
    first = door.json("Group/w/_history?_count=2")
    door.put({"resourceType": "Group", "id": "w", "type": "person", "actual": False, "name": "new"})
    rest = entries(door, link(first, "next") or "")
    assert versions(first["entry"] + rest) == [4, 3, 2, 1]


def test_a_count_of_nothing_gives_the_total(door: Door, patient: str) -> None:
    bundle = door.json(f"{patient}/_history?_count=0")
    assert bundle["total"] == VERSIONS
    assert "entry" not in bundle
    assert link(bundle, "next") is None


@pytest.mark.parametrize("version", [1, 4, 5, 7])
def test_since_gives_what_was_made_then_and_later(door: Door, patient: str, version: int) -> None:
    found = entries(door, f"{patient}/_history?_since={time_of(door, patient, version)}&_count=2")
    assert versions(found) == list(range(VERSIONS, version - 1, -1))


def test_a_version_after_a_retraction_is_created_wherever_the_history_begins(
    door: Door, patient: str
) -> None:
    found = entries(door, f"{patient}/_history?_since={time_of(door, patient, 5)}")
    assert found[-1]["response"]["status"] == "201 Created"


def test_since_the_future_there_is_nothing(door: Door, patient: str) -> None:
    bundle = door.json(f"{patient}/_history?_since=2999")
    assert bundle["total"] == 0
    assert "entry" not in bundle


@pytest.mark.parametrize("version", [1, 3, 7])
def test_at_a_moment_one_version_was_current(door: Door, patient: str, version: int) -> None:
    found = entries(door, f"{patient}/_history?_at={time_of(door, patient, version)}")
    assert versions(found) == [version]


def test_within_a_year_all_versions_were_current(door: Door, patient: str) -> None:
    year = time_of(door, patient, 1)[:4]
    assert len(entries(door, f"{patient}/_history?_at={year}")) == VERSIONS
    assert entries(door, f"{patient}/_history?_at={int(year) - 2}") == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_sort=_lastUpdated", "_sort"),
        ("_count=-1", "_count"),
        ("_count=many", "_count"),
        ("_count=1&_count=2", "twice"),
        ("_since=yesterday", "_since"),
        ("_since=", "_since"),
        ("_at=2024-13", "_at"),
        ("_page=", "_page"),
        ("_page=AAAA", "_page"),
        ("_page=x&_count=1", "_count"),
    ],
)
def test_what_cannot_be_done_is_named(door: Door, patient: str, query: str, named: str) -> None:
    assert named in outcome_of(door.get(f"{patient}/_history?{query}", 400))["details"]["text"]


def test_a_token_fits_its_own_history_only(door: Door, patient: str) -> None:
    following = link(door.json(f"{patient}/_history?_count=1"), "next") or ""
    door.put({"resourceType": "Patient", "id": "other"})
    outcome_of(door.get(following.replace("Patient/h/", "Patient/other/"), 400))
    outcome_of(door.get(following.replace(f"{patient}/_history", "Patient"), 400))


def test_the_present_may_be_asked_for(door: Door, patient: str) -> None:
    now = instant(datetime.now(UTC))
    assert versions(entries(door, f"{patient}/_history?_at={now}")) == [VERSIONS]
