"""Pages of histories and of $everything end where they would become too long, and nothing is lost by it.

docs/reference/reading.md, https://hl7.org/fhir/R4/http.html#paging
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from ehr.event_store.connections import connect_async
from ehr.values import Key
from projections.fhir_resources import everything, versions
from projections.fhir_resources.everything import MOST_FOLLOWED, Member, outside_references
from projections.fhir_resources.history import read_versions
from tests.fhir_api.running import Door, Json, entries, pages

LENGTH = 2000
"""Bytes of a small resource, more or less."""

ROOMS = [1, int(3.5 * LENGTH), 10 * LENGTH]
HISTORIES = ["Basic/b0/_history", "Basic/b1/_history", "Basic/_history", "_history"]


def text(number: int) -> str:
    return "".join(chr(97 + (number * 7 + at * at * 31) % 26) for at in range(LENGTH))


def basic(id_: str, number: int) -> Json:
    return {"resourceType": "Basic", "id": id_, "code": {"text": text(number)}}


def practitioner(number: int) -> Json:
    return {"resourceType": "Practitioner", "id": f"d{number}", "name": [{"text": text(number)}]}


def refers(*numbers: int) -> list[Json]:
    return [{"reference": f"Practitioner/d{number}"} for number in numbers]


def members() -> Iterator[Json]:
    """A Patient, and what is in its compartment."""
    yield {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"text": text(1)}],
        "generalPractitioner": refers(0, 1),
    }
    subject = {"reference": "Patient/p"}
    for number in range(5):
        yield {**basic(f"m{number}", number), "subject": subject, "author": refers(number + 1)[0]}
    yield {
        "resourceType": "CareTeam",
        "id": "t",
        "subject": subject,
        "participant": [{"member": one} for one in refers(*range(4, 12), 99)],
    }
    yield {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": subject,
        "participant": [{"individual": one} for one in refers(3, 11, 12)],
    }


@pytest.fixture(scope="module", autouse=True)
def stored(door: Door) -> None:
    for number in range(6):
        door.put(basic("b0", number))
        door.put(basic("b1", number + 50))
        if number in (2, 3):
            door.client.delete("Basic/b0").raise_for_status()
    for number in range(13):
        door.put(practitioner(number))
    for member in members():
        last = door.put(member)
    door.get("Patient/p", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})


def give_room(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    for module in (
        "projections.fhir_resources.history",
        "projections.fhir_resources.versions",
        "projections.fhir_resources.everything",
        "fhir_api.interactions.history",
        "fhir_api.operations.everything",
    ):
        monkeypatch.setattr(f"{module}.MOST_BYTES", room)


def size(told: Sequence[Json]) -> int:
    """Bytes of the resources with a text, at least."""
    return LENGTH * sum(len(str(entry.get("resource"))) > LENGTH for entry in told)


@pytest.mark.parametrize("query", ["", "&_since=2020", "&_at="])
@pytest.mark.parametrize("count", [2, 5, 1000])
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("address", HISTORIES)
def test_a_walk_through_a_history_tells_each_version_once(
    door: Door, monkeypatch: pytest.MonkeyPatch, address: str, room: int, count: int, query: str
) -> None:
    if query == "&_at=":  # The year in which it was stated.
        query += entries(door, "Basic/b0/_history")[0]["response"]["lastModified"][:4]
    whole = door.json(f"{address}?_count=1000{query}")
    give_room(monkeypatch, room)
    walked = list(pages(door, f"{address}?_count={count}{query}"))
    assert [entry for page in walked for entry in page["entry"]] == whole["entry"]
    for page in walked:
        assert size(page["entry"]) <= max(room, LENGTH)
        assert 1 <= len(page["entry"]) <= count


def test_the_total_of_a_history_is_that_of_all_pages(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    give_room(monkeypatch, 1)
    assert door.json("Basic/b1/_history")["total"] == 6
    assert "total" not in door.json("Basic/_history?_count=1000")


def name(entry: Json) -> str:
    return f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


def of_mode(told: Sequence[Json], mode: str) -> list[Json]:
    return [entry for entry in told if entry["search"]["mode"] == mode]


QUERIES = ["", "&_type=Practitioner", "&_type=Basic", "&_type=Basic,Practitioner&_since=2020", "&start=2020"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("count", [1, 3, 1000])
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("followed", [1, 3, MOST_FOLLOWED])
def test_a_walk_through_everything_tells_each_resource_once(
    door: Door, monkeypatch: pytest.MonkeyPatch, followed: int, room: int, count: int, query: str
) -> None:
    whole = entries(door, f"Patient/p/$everything?_count=1000{query}")
    assert len(whole) >= 5
    give_room(monkeypatch, room)
    monkeypatch.setattr("projections.fhir_resources.everything.MOST_FOLLOWED", followed)
    walked = [page.get("entry", []) for page in pages(door, f"Patient/p/$everything?_count={count}{query}")]
    told = [entry for page in walked for entry in page]
    assert of_mode(told, "match") == of_mode(whole, "match")
    assert sorted(of_mode(told, "include"), key=name) == sorted(of_mode(whole, "include"), key=name)
    for page in walked:
        assert len(of_mode(page, "match")) <= count
        for mode in ("match", "include"):
            assert size(of_mode(page, mode)) <= max(room, LENGTH)


def test_what_one_member_refers_to_goes_on_over_pages(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    give_room(monkeypatch, 1)
    walked = [list(map(name, page["entry"])) for page in pages(door, "Patient/p/$everything?_count=1")]
    assert walked[:3] == [["Patient/p", "Practitioner/d0"], ["Practitioner/d1"], ["Basic/m0"]]
    team = next(place for place, page in enumerate(walked) if "CareTeam/t" in page)
    assert walked[team : team + 3] == [
        ["CareTeam/t", "Practitioner/d10"],
        ["Practitioner/d11"],
        ["Practitioner/d6"],
    ]


@pytest.mark.parametrize("change", ["amended", "deleted"])
def test_a_member_that_changes_while_its_references_are_told(
    door: Door, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """What it does not refer to any more is left out; all others come once."""
    subject = {"reference": "Patient/q"}
    door.put({"resourceType": "Patient", "id": "q"})
    plan = {"resourceType": "CareTeam", "id": "q", "subject": subject}
    door.put({**plan, "participant": [{"member": one} for one in refers(1, 2, 3)]})
    door.put({**basic("q", 1), "subject": subject, "author": refers(4)[0]})
    door.put({"resourceType": "Goal", "id": "q", "lifecycleStatus": "active", "subject": subject,
              "description": {"text": "x"}, "expressedBy": refers(3)[0]})  # fmt: skip
    give_room(monkeypatch, LENGTH + 500)
    walk = pages(door, "Patient/q/$everything")
    told: list[str] = []
    while "CareTeam/q" not in told:
        told += map(name, next(walk).get("entry", ()))
    assert told[-1] == "Practitioner/d1"
    if change == "amended":
        last = door.put({**plan, "participant": [{"member": one} for one in refers(1, 3, 5)]})
    else:
        last = door.client.delete("CareTeam/q").raise_for_status()
    door.get("Patient/q", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})
    told += [name(entry) for page in walk for entry in page.get("entry", ())]
    doctors = {"amended": (1, 3, 4, 5), "deleted": (1, 3, 4)}[change]
    names = ["Patient/q", "Basic/q", "CareTeam/q", "Goal/q"]
    assert Counter(told) == Counter([*names, *(f"Practitioner/d{number}" for number in doctors)])


def test_the_database_is_asked_for_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    give_room(monkeypatch, 1)
    monkeypatch.setattr("projections.fhir_resources.versions.fitting_versions", lambda told, _: len(told))
    monkeypatch.setattr("projections.fhir_resources.everything.fitting", lambda told, _: len(told))
    for bodies in asyncio.run(read_directly(door.database)):
        assert list(map(bool, bodies)) == [True, False, False, False]


async def read_directly(database: str) -> list[list[bytes]]:
    """The bodies of four resources or versions, as each of the statements gives them."""
    wanted = everything.Wanted(Key("Patient", "p"))
    doctors = [Key("Practitioner", f"d{number}") for number in range(4)]
    async with await connect_async(database) as connection:
        history = await read_versions(connection, Key("Basic", "b1"), 1, 9, 4)
        page = await versions.newest(connection, versions.Wanted(["Practitioner"]), None, 4)
        first = await everything.read_page(connection, wanted, None, 3)
        later = await everything.read_page(connection, wanted, Member("Basic", 0), 4)
        outside, _ = await everything.read_outside(connection, wanted, doctors)
    assert later[0].type == "Patient"
    assert not later[0].body
    of_resources = [[one.body for one in found] for found in (first, later[1:], outside)]
    of_versions = [[one.body for one in found] for found in (history, [one.version for one in page.told])]
    return of_resources + of_versions


def test_no_more_is_looked_into_than_is_followed() -> None:
    one = b'{"reference":"Practitioner/%d"}'
    many = b"".join(one % number for number in range(MOST_FOLLOWED + 1))
    found, looked_into = outside_references([one % 7, many, one % 9999])
    assert looked_into == 2
    assert len(found) == MOST_FOLLOWED + 1
    assert list(found)[:3] == [Key("Practitioner", number) for number in ("7", "0", "1")]
    assert found[Key("Practitioner", "0")] == 1
