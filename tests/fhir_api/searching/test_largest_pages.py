"""A page ends where it would become too long, whatever its _count (https://hl7.org/fhir/R4/search.html#count)."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ehr.compression import compress
from ehr.event_store.connections import connect
from projections.fhir_resources import found
from projections.fhir_resources.finding import Wanted, gather, walk
from projections.fhir_resources.found import Found, fitting, size_of
from projections.search.reading import EVERYTHING
from tests.fhir_api.running import Door, Json, entries, link, outcome_of, pages

LENGTH = 2000
"""Bytes of a resource, more or less."""


def text(number: int) -> str:
    return "".join(chr(97 + (number * 7 + at * at * 31) % 26) for at in range(LENGTH))


def person(number: int) -> Json:
    name = {"family": f"N{number}", "text": text(number)}
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "birthDate": f"19{70 + number}-01-01",
        "name": [name],
    }


def place(number: int, **elements: Json) -> Json:
    return {"resourceType": "Location", "id": f"l{number}", "description": text(number), **elements}


@pytest.fixture(scope="module", autouse=True)
def stored(door: Door) -> None:
    for number in range(7):
        last = door.put(person(number))
    for number in range(4):
        inside = {"partOf": {"reference": f"Location/l{number - 1}"}} if number else {}
        last = door.put(place(number, **inside))
    visit = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p0"},
        "location": [{"location": {"reference": f"Location/l{number}"}} for number in range(4)],
    }
    last = door.put(visit)
    door.get("Encounter/e", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """For three resources and a bit."""
    bytes_ = int(3.5 * LENGTH)
    for module in ("finding", "including", "snapshots"):
        monkeypatch.setattr(f"projections.fhir_resources.{module}.MOST_BYTES", bytes_)
    monkeypatch.setattr("fhir_api.searching.pages.MOST_BYTES", bytes_)


def ids(bundle: Json, mode: str = "match") -> list[str]:
    return [e["resource"]["id"] for e in bundle.get("entry", ()) if e["search"]["mode"] == mode]


SORTS = {
    "": "0123456",
    "&_sort=-birthdate": "6543210",
    "&_sort=-_lastUpdated": "6543210",
    "&_sort=family": "0123456",
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "count", ["", "&_count=7", "&_count=5", "&_snapshot=true", "&_snapshot=true&_count=5"]
)
@pytest.mark.usefixtures("room")
def test_a_walk_goes_on_where_a_page_is_full(door: Door, sort: str, count: str) -> None:
    told = [ids(page) for page in pages(door, f"Patient?birthdate=ge1970{count}{sort}")]
    assert [one for page in told for one in page] == [f"p{number}" for number in SORTS[sort]]
    assert max(map(len, told)) == 3


@pytest.mark.usefixtures("room")
def test_the_total_is_that_of_all_pages(door: Door) -> None:
    assert [page["total"] for page in pages(door, "Patient")] == [7, 7, 7]
    assert [page["total"] for page in pages(door, "Patient?_snapshot=true")] == [7, 7, 7]
    assert "total" not in door.json("Patient?_count=5")


def test_a_page_takes_at_least_one(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("projections.fhir_resources.finding", "fhir_api.searching.pages"):
        monkeypatch.setattr(f"{module}.MOST_BYTES", 1)
    assert [ids(page) for page in pages(door, "Patient")] == [[f"p{number}"] for number in range(7)]


@pytest.mark.parametrize("statement", [gather, walk])
def test_the_database_is_asked_for_no_more(
    door: Door, monkeypatch: pytest.MonkeyPatch, statement: Callable[..., tuple[str, dict[str, Any]]]
) -> None:
    monkeypatch.setattr("projections.fhir_resources.finding.MOST_BYTES", 1)
    query, parameters = statement(Wanted(("Patient",), EVERYTHING), None, 8)
    with connect(door.database) as connection:
        rows = connection.execute(query.encode(), parameters, binary=True).fetchall()
    bodies = [Found(*row[: len(Found._fields)]).body for row in rows]
    assert [bool(body) for body in bodies] == [True, *[False] * 6]


WHOLE = {
    "Location?_id=l0&_revinclude:iterate=Location:partof": "l1 l2 l3",
    "Location?_id=l0&_revinclude=Location:partof": "l1",
    "Location?_id=l3&_include:iterate=Location:partof": "l2 l1 l0",
    "Encounter?_include=Encounter:subject": "p0",
    "Location?_id=l0&_revinclude=Encounter:location&_include:iterate=Encounter:location": "e l1 l2 l3",
}
CUT = {
    "Encounter?_include=Encounter:location": 3,
    "Encounter?_include=Encounter:subject&_include=Encounter:location": 3,
    "Encounter?_include=Encounter:subject&_include=Encounter:location&_include:iterate=Location:partof": 3,
}


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("url", [*WHOLE, *CUT])
def test_what_is_included_ends_where_it_is_too_long_and_this_is_told(door: Door, url: str) -> None:
    bundle = door.json(url)
    told = [e["resource"]["issue"][0] for e in bundle["entry"] if e["search"]["mode"] == "outcome"]
    if url in WHOLE:
        assert (sorted(ids(bundle, "include")), told) == (sorted(WHOLE[url].split()), [])
    else:
        [issue] = told
        assert (issue["code"], issue["severity"]) == ("too-costly", "warning")
        assert "by a search of its own" in issue["details"]["text"]
        assert len(ids(bundle, "include")) == CUT[url]


@pytest.mark.usefixtures("room")
def test_fewer_matches_are_advised_where_there_are_several(door: Door) -> None:
    steps = "_revinclude=Encounter:subject&_include:iterate=Encounter:location"
    bundle = door.json(f"Patient?_id=p0,p1&{steps}")
    [told] = [e["resource"]["issue"][0] for e in bundle["entry"] if e["search"]["mode"] == "outcome"]
    assert "fewer matches on a page" in told["details"]["text"]


@pytest.mark.parametrize(
    ("count", "length", "advised"), [(2, 32 << 20, True), (5, LENGTH, False), (1000, LENGTH, False)]
)
def test_what_helps_where_a_form_is_too_long_for_a_next_page(
    door: Door, monkeypatch: pytest.MonkeyPatch, count: int, length: int, advised: bool
) -> None:
    """More on a page helps only where the page ended by its count."""
    monkeypatch.setattr("fhir_api.searching.pages.MOST_BYTES", length)
    chance = random.Random(1)
    others = ",".join(f"{chance.getrandbits(240):060x}" for _ in range(98))
    also = ",".join(f"{chance.getrandbits(240):060x}" for _ in range(98))
    form = {"family": f"n,{others}", "name": f"n,{also}", "_count": str(count)}
    answer = door.client.post("Patient/_search", data=form)
    assert answer.status_code == 400, answer.text
    told = outcome_of(answer)["details"]["text"]
    assert "too long for a next page: ask for fewer values" in told
    assert ("_count" in told) == advised


@pytest.mark.usefixtures("room")
def test_the_next_page_has_inclusions_of_its_own(door: Door) -> None:
    told = [ids(page, "include") for page in pages(door, "Location?_revinclude=Encounter:location&_count=4")]
    assert told == [["e"], ["e"]]
    assert link(door.json("Location?_count=4"), "next")
    assert len(entries(door, "Location?_count=4")) == 4


def resources(*sizes: int) -> list[Found]:
    now = datetime(2024, 5, 10, tzinfo=UTC)
    return [Found("Patient", "a", 1, now, 0, compress(b"x" * size) if size else b"", 1, 1) for size in sizes]


@pytest.mark.parametrize(
    ("sizes", "room", "expected"),
    [
        ((), 5, 0),
        ((5,), 5, 1),
        ((6,), 5, 0),
        ((2, 3, 1), 5, 2),
        ((2, 0, 1), 5, 1),
        ((0,), 5, 0),
        ((1,), -1, 0),
    ],
)
def test_what_fits(sizes: tuple[int, ...], room: int, expected: int) -> None:
    assert fitting(resources(*sizes), room) == expected


def test_sizes_are_those_of_what_is_served() -> None:
    assert size_of(resources(3, 400, 5000)) == 5403
    assert found.MOST_BYTES == 32 << 20
