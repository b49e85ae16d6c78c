"""The history of a type and of the whole system, held against the histories of the single resources.

https://hl7.org/fhir/R4/http.html#history, https://hl7.org/fhir/R4/bundle.html#history
"""

import random
from datetime import UTC, datetime, timedelta

import pytest

from ehr.dates import instant
from fhir_api.intake import validate
from projections.fhir_resources import versions
from tests.fhir_api.running import Door, Json, entries, link, outcome_of, pages

TYPES = ("Basic", "Group", "Patient")
WAVES = 9
CHANCE = 7


@pytest.fixture(scope="module", autouse=True)
def stated(door: Door) -> None:
    """Resources of three types, in transactions of several: amended, retracted and stated anew."""
    chance = random.Random(CHANCE)
    for wave in range(WAVES):
        chosen = chance.sample([(type_, n) for type_ in TYPES for n in range(6)], 9)
        entry = [_put(type_, f"{type_[0].lower()}{n}", wave) for type_, n in chosen]
        door.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entry})
        door.client.delete(f"Basic/b{wave % 5}").raise_for_status()
        door.client.delete(f"Patient/p{wave % 4}").raise_for_status()


def _put(type_: str, id_: str, wave: int) -> Json:
    resource: Json = {"resourceType": type_, "id": id_}
    contents: dict[str, Json] = {
        "Basic": {"code": {"text": f"wave {wave}"}},
        "Group": {"type": "person", "actual": False, "name": f"wave {wave}"},
        "Patient": {"name": [{"text": f"wave {wave}"}]},
    }
    resource |= contents[type_]
    return {"resource": resource, "request": {"method": "PUT", "url": f"{type_}/{id_}"}}


def single(door: Door, *types: str, query: str = "") -> list[Json]:
    """The entries of the histories of all resources of the types, one after the other."""
    told = []
    for type_ in types:
        for n in range(6):
            address = f"{type_}/{type_[0].lower()}{n}/_history"
            if door.client.get(address).status_code == 200:
                told += entries(door, f"{address}{query}")
    return told


def name(entry: Json) -> tuple[str, str]:
    return entry["fullUrl"], entry["response"]["etag"]


def by_name(told: list[Json]) -> dict[tuple[str, str], Json]:
    found = {name(entry): entry for entry in told}
    assert len(found) == len(told)
    return found


def times(told: list[Json]) -> list[str]:
    return [entry["response"]["lastModified"] for entry in told]


def version(entry: Json) -> int:
    return int(entry["response"]["etag"].removeprefix('W/"').rstrip('"'))


PLACES = [(f"{type_}/_history", (type_,)) for type_ in TYPES] + [("_history", TYPES)]


@pytest.mark.parametrize(("address", "types"), PLACES)
def test_it_holds_the_histories_of_all_its_resources(
    door: Door, address: str, types: tuple[str, ...]
) -> None:
    bundle = door.json(f"{address}?_count=1000")
    told = bundle["entry"]
    assert by_name(told) == by_name(single(door, *types))
    assert (bundle["type"], bundle["total"], link(bundle, "next")) == ("history", len(told), None)
    assert link(bundle, "self") == f"{door.address}/fhir/{address}?_count=1000"
    assert validate(bundle, "Bundle") == []
    methods = {entry["request"]["method"] for entry in told}
    assert methods == ({"POST", "PUT"} if types == ("Group",) else {"POST", "PUT", "DELETE"})
    assert all(("resource" in entry) != (entry["request"]["method"] == "DELETE") for entry in told)


@pytest.mark.parametrize("address", [address for address, _ in PLACES])
def test_the_newest_come_first_and_so_do_those_of_each_resource(door: Door, address: str) -> None:
    told = door.json(f"{address}?_count=1000")["entry"]
    assert times(told) == sorted(times(told), reverse=True)
    for full_url in {entry["fullUrl"] for entry in told}:
        numbers = [version(entry) for entry in told if entry["fullUrl"] == full_url]
        assert numbers == list(range(len(numbers), 0, -1))


@pytest.mark.parametrize(("address", "types"), PLACES)
@pytest.mark.parametrize("count", [1, 2, 7, 10])
def test_pages_are_walked_to_the_end(door: Door, address: str, types: tuple[str, ...], count: int) -> None:
    whole = door.json(f"{address}?_count=1000")["entry"]
    walked = list(pages(door, f"{address}?_count={count}"))
    assert [entry for page in walked for entry in page["entry"]] == whole
    assert {len(page["entry"]) for page in walked[:-1]} == {count}
    assert "total" not in walked[0]


@pytest.mark.parametrize("address", [address for address, _ in PLACES])
def test_a_count_of_nothing_gives_the_total(door: Door, address: str) -> None:
    bundle = door.json(f"{address}?_count=0")
    assert bundle["total"] == len(entries(door, address))
    assert "entry" not in bundle
    assert link(bundle, "next") is None


def moments(door: Door) -> list[str]:
    """Some times of change, the times just before and after them, a year, and others far away."""
    stated = sorted(set(times(entries(door, "_history"))))
    chosen = [datetime.fromisoformat(text) for text in random.Random(CHANCE).sample(stated, 4)]
    around = [one + timedelta(milliseconds=by) for one in chosen for by in (-1, 0, 1)]
    return [*(instant(one) for one in around), stated[0][:4], "1999", "2999"]


@pytest.mark.parametrize(("address", "types"), PLACES)
@pytest.mark.parametrize("parameter", ["_since", "_at"])
def test_times_choose_what_they_choose_of_each_resource(
    door: Door, address: str, types: tuple[str, ...], parameter: str
) -> None:
    for moment in moments(door):
        query = f"?{parameter}={moment}"
        told = entries(door, f"{address}{query}&_count=5")
        assert by_name(told) == by_name(single(door, *types, query=query)), query
        assert door.json(f"{address}{query}&_count=1000")["total"] == len(told)


@pytest.mark.parametrize("address", [address for address, _ in PLACES])
def test_what_was_made_since_is_counted(door: Door, address: str) -> None:
    for moment in moments(door):
        told = entries(door, f"{address}?_since={moment}")
        assert door.json(f"{address}?_since={moment}&_count=0")["total"] == len(told)


def test_a_page_may_tell_less_than_it_looks_at(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    now = instant(datetime.now(UTC))
    whole = entries(door, f"_history?_at={now}")
    monkeypatch.setattr(versions, "WINDOW", 3)
    walked = list(pages(door, f"_history?_at={now}&_count=2"))
    assert [entry for page in walked for entry in page.get("entry", ())] == whole
    assert any("entry" not in page for page in walked[:-1])


def test_both_may_be_asked_for_at_once(door: Door) -> None:
    first, last = (times(entries(door, "_history"))[place] for place in (20, 10))
    query = f"?_since={first}&_at={last}"
    told = entries(door, f"_history{query}")
    assert by_name(told) == by_name(single(door, *TYPES, query=query))
    assert 0 < len(told) < len(entries(door, f"_history?_at={last}"))


def test_at_the_present_everything_is_as_it_is(door: Door) -> None:
    now = instant(datetime.now(UTC))
    told = entries(door, f"Basic/_history?_at={now}")
    assert {
        entry["resource"]["id"]: entry["resource"] for entry in told if entry["request"]["method"] != "DELETE"
    } == {entry["resource"]["id"]: entry["resource"] for entry in entries(door, "Basic")}


def test_a_type_of_which_nothing_was_stated_has_an_empty_one(door: Door) -> None:
    bundle = door.json("Account/_history")
    assert bundle["total"] == 0
    assert "entry" not in bundle


def test_a_walk_is_not_disturbed_by_new_versions(door: Door) -> None:
    whole = entries(door, "_history?_count=1000")
    first = door.json("_history?_count=3")
    entry = [_put(type_, f"{type_[0].lower()}{n}", WAVES) for type_ in TYPES for n in range(6)]
    door.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entry})
    door.client.delete("Group/g1").raise_for_status()
    assert first["entry"] + entries(door, link(first, "next") or "") == whole
    assert len(entries(door, "_history")) == len(whole) + len(entry) + 1


@pytest.mark.parametrize("address", ["Patient/_history", "_history"])
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_sort=_lastUpdated", "_sort"),
        ("_list=1", "_list"),
        ("_count=-1", "_count"),
        ("_count=1&_count=2", "twice"),
        ("_since=yesterday", "_since"),
        ("_at=2024-13", "_at"),
        ("_at=2024&_count=0", "_count"),
        ("_page=AAAA", "_page"),
        ("_page=x&_count=1", "_count"),
    ],
)
def test_what_cannot_be_done_is_named(door: Door, address: str, query: str, named: str) -> None:
    assert named in outcome_of(door.get(f"{address}?{query}", 400))["details"]["text"]


@pytest.mark.parametrize(
    ("given", "elsewhere"),
    [
        ("Patient/_history", "_history"),
        ("Patient/_history", "Basic/_history"),
        ("_history", "Patient/_history"),
        ("Patient/_history", "Patient"),
        ("Patient/p1/_history", "Patient/_history"),
        ("Patient", "Patient/_history"),
    ],
)
def test_a_token_fits_its_own_walk_only(door: Door, given: str, elsewhere: str) -> None:
    following = link(door.json(f"{given}?_count=1"), "next") or ""
    outcome_of(door.get(following.replace(f"/fhir/{given}?", f"/fhir/{elsewhere}?"), 400))


@pytest.mark.parametrize("address", ["Nonsense/_history", "patient/_history", "Patient/p1/x/_history"])
def test_other_places_have_none(door: Door, address: str) -> None:
    outcome_of(door.get(address, 404))


def test_a_bundle_may_ask_for_it(door: Door) -> None:
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": url}} for url in ("Group/_history", "_history")],
    }
    told = door.send("POST", "", batch).json()["entry"]
    assert [entry["resource"]["type"] for entry in told] == ["history", "history"]
    assert told[0]["resource"] == door.json("Group/_history")
    assert told[1]["resource"]["entry"] == door.json("_history")["entry"]
    assert (link(told[1]["resource"], "next") or "").startswith(f"{door.address}/fhir/_history?_page=")
