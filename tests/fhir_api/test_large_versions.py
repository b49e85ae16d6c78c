"""Walks through resources of megabytes that take hardly any space: each page has a bounded length.

docs/reference/reading.md
"""

import pytest

from ehr.compression import compress
from projections.fhir_resources.found import MOST_BYTES
from tests.fhir_api.running import Door, Json, link

LENGTH = 5_000_000
NUMBER = 8
ON_A_PAGE = MOST_BYTES // LENGTH
MOST_AROUND = 64 * 1024
"""Bytes of a page beside its resources, at most."""


def large(type_: str, id_: str, number: int, **elements: Json) -> Json:
    return {"resourceType": type_, "id": id_, **elements, "text": narrative(number)}


def narrative(number: int) -> Json:
    text = f"{number} ".ljust(LENGTH, "a")
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'}


@pytest.fixture(scope="module", autouse=True)
def stored(door: Door) -> None:
    for number in range(NUMBER):
        door.put(large("Patient", "v", number))
    participants = []
    for number in range(NUMBER):
        last = door.put(large("Practitioner", f"d{number}", number))
        participants.append({"member": {"reference": f"Practitioner/d{number}"}})
    subject = {"reference": "Patient/p"}
    door.put({"resourceType": "Patient", "id": "p"})
    for number in range(NUMBER):
        door.put(large("Basic", f"b{number}", number, code={"text": "x"}, subject=subject))
    last = door.put({"resourceType": "CareTeam", "id": "t", "subject": subject, "participant": participants})
    door.get("Patient/p", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})


def walked(door: Door, url: str) -> list[list[str]]:
    """What each page tells, as id and the number that its narrative begins with."""
    told = []
    following: str | None = url
    while following:
        answer = door.get(following)
        page = answer.json()
        for mode in ("match", "include", None):
            alike = [one for one in page["entry"] if one.get("search", {}).get("mode") == mode]
            size = sum(len(str(one["resource"])) for one in alike)
            assert size < MOST_BYTES + MOST_AROUND
        told.append([shown(one["resource"]) for one in page["entry"]])
        following = link(page, "next")
    return told


def shown(resource: Json) -> str:
    if "text" not in resource:
        return str(resource["id"])
    div = resource["text"]["div"]
    assert len(div) > LENGTH
    return f"{resource['id']} {div.split('>', 1)[1].split(' ', 1)[0]}"


def test_they_take_hardly_any_space() -> None:
    assert len(compress(narrative(1)["div"].encode())) < 2000


VERSIONS = [f"v {number}" for number in reversed(range(NUMBER))]


def test_versions_of_one(door: Door) -> None:
    told = walked(door, "Patient/v/_history?_count=1000")
    assert told == [VERSIONS[:ON_A_PAGE], VERSIONS[ON_A_PAGE:]]


@pytest.mark.parametrize("address", ["Patient/_history", "_history"])
def test_versions_of_many(door: Door, address: str) -> None:
    told = walked(door, f"{address}?_count=1000")
    of_people = [one for page in told for one in page if one[:2] in ("v ", "p")]
    assert of_people == ["p", *VERSIONS]
    assert {sum(" " in one for one in page) for page in told[:-1]} == {ON_A_PAGE}


def test_everything(door: Door) -> None:
    members = [f"b{number} {number}" for number in range(NUMBER)]
    doctors = [f"d{number} {number}" for number in range(NUMBER)]
    assert walked(door, "Patient/p/$everything") == [
        ["p", *members[:ON_A_PAGE]],
        members[ON_A_PAGE:],
        ["t", *doctors[:ON_A_PAGE]],
        doctors[ON_A_PAGE:],
    ]
