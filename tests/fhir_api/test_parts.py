"""Summaries and chosen elements in the answers of reads and histories.

https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
"""

import orjson
import pytest

from fhir_api.subsetting import Subset, read_subset, subset
from tests.fhir_api.running import FHIR_JSON, Door, entries, link, outcome_of

ADDRESS = "Observation/o"
BODY = b"""{"resourceType":"Observation","id":"o","meta":{"tag":[{"code":"mine"}]},"status":"final",
"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">weight</div>"},
"code":{"text":"weight"},"valueQuantity":{"value":%b,"unit":"kg"},"note":[{"text":"n"}]}"""
DIGITS = (b"72.50", b"7.10E+1", b"70.0")
PARTS = ["_summary=true", "_summary=text", "_summary=data", "_elements=value", "_elements=note,issued"]


@pytest.fixture(scope="module", autouse=True)
def stated(door: Door) -> None:
    """An Observation of three versions, and a fourth that retracts it and a fifth that states it anew."""
    for digits in DIGITS:
        door.client.put(ADDRESS, content=BODY % digits, headers=FHIR_JSON).raise_for_status()
    door.client.delete(ADDRESS).raise_for_status()
    door.client.put(ADDRESS, content=BODY % DIGITS[0], headers=FHIR_JSON).raise_for_status()
    door.put({"resourceType": "Patient", "id": "p", "name": [{"text": "P"}], "contact": [{"gender": "male"}]})


def part_of(query: str) -> Subset | None:
    name, _, value = query.partition("=")
    return read_subset({name: value}, ["Observation"])


@pytest.mark.parametrize("query", [*PARTS, "_summary=false"])
@pytest.mark.parametrize("address", [ADDRESS, *(f"{ADDRESS}/_history/{n}" for n in (1, 2, 3, 5))])
def test_reads_give_the_part(door: Door, address: str, query: str) -> None:
    whole, part = door.get(address), door.get(f"{address}?{query}")
    assert part.content == subset(whole.content, "Observation", part_of(query))
    assert (part.content == whole.content) is (query == "_summary=false")
    same = ("etag", "last-modified", "content-type")
    assert [part.headers[name] for name in same] == [whole.headers[name] for name in same]


def test_digits_are_as_written(door: Door) -> None:
    for number, digits in enumerate(DIGITS, 1):
        told = door.get(f"{ADDRESS}/_history/{number}?_summary=true").content
        assert b'"valueQuantity":{"value":%b,"unit":"kg"}' % digits in told
        assert b'"code":"SUBSETTED"' in told
        assert b'"code":"mine"' in told


@pytest.mark.parametrize("query", PARTS)
@pytest.mark.parametrize("address", [f"{ADDRESS}/_history", "Observation/_history", "_history"])
def test_so_do_histories_on_every_page(door: Door, address: str, query: str) -> None:
    if address == "_history" and query == "_elements=note,issued":
        query = "_elements=note"
    whole = {entry["response"]["etag"]: entry for entry in entries(door, f"{ADDRESS}/_history")}
    told = [one for one in entries(door, f"{address}?{query}&_count=2") if "Observation" in one["fullUrl"]]
    assert len(told) == len(whole) == 5
    for entry in told:
        other = whole[entry["response"]["etag"]]
        assert entry["request"] == other["request"]
        assert ("resource" in entry) is ("resource" in other)
        if "resource" in entry:
            part = subset(orjson.dumps(other["resource"]), "Observation", part_of(query))
            assert entry["resource"] == orjson.loads(part)


def test_the_links_say_what_was_asked_for(door: Door) -> None:
    bundle = door.json("_history?_elements=name,code&_count=1")
    assert link(bundle, "self") == f"{door.address}/fhir/_history?_elements=name,code&_count=1"
    assert bundle["entry"][0]["resource"].keys() == {"resourceType", "id", "meta", "name"}
    following = door.json(link(bundle, "next") or "")["entry"][0]["resource"]
    assert following.keys() == {"resourceType", "id", "meta", "status", "code"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_summary=count", "searches alone"),
        ("_summary=some", "_summary"),
        ("_elements=", "_elements"),
        ("_elements=weight", "weight"),
        ("_summary=true&_elements=code", "together"),
        ("_summary=true&_summary=text", "twice"),
    ],
)
@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/_history/1", f"{ADDRESS}/_history", "_history"])
def test_what_cannot_be_done_is_named(door: Door, address: str, query: str, named: str) -> None:
    assert named in outcome_of(door.get(f"{address}?{query}", 400))["details"]["text"]


def test_who_has_it_gets_no_part_of_it(door: Door) -> None:
    tag = door.get(ADDRESS).headers["etag"]
    assert door.get(f"{ADDRESS}?_summary=true", 304, {"If-None-Match": tag}).content == b""


def test_a_part_may_be_pretty(door: Door) -> None:
    told = door.get(f"{ADDRESS}?_summary=true&_pretty=true").content
    assert b'\n    "value": 72.50,\n' in told
