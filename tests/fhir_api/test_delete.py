"""Delete, by id and by condition.

https://hl7.org/fhir/R4/http.html#delete, https://hl7.org/fhir/R4/http.html#3.1.0.7.1
"""

import pytest

from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    entry,
    facts_after,
    responses,
    statuses,
    transaction,
)
from tests.fhir_api.running import FHIR_JSON, Door, Json, entries, outcome_of

SYSTEM = "http://example.org/delete"


def patient(id_: str, value: str = "") -> Json:
    identifiers = {"identifier": [{"system": SYSTEM, "value": value}]} if value else {}
    return {"resourceType": "Patient", "id": id_, **identifiers}


def test_what_is_deleted_is_gone_and_its_history_stays(door: Door) -> None:
    written = door.put(patient("d", "d"))
    before = end_of(door)
    answer = door.client.delete("Patient/d")
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["etag"] == 'W/"2"'
    assert answer.headers["x-ehr-position"] == str(before + 1)
    assert outcome_of(door.get("Patient/d", 410))["code"] == "deleted"
    assert door.get("Patient/d/_history/1").content == written.content
    assert outcome_of(door.get("Patient/d/_history/2", 410))["code"] == "deleted"
    history = entries(door, "Patient/d/_history")
    assert [one["response"]["etag"] for one in history] == ['W/"2"', 'W/"1"']
    assert history[0]["request"]["method"] == "DELETE"
    assert door.json(f"Patient?identifier={SYSTEM}|d")["total"] == 0
    (retracted,) = facts_after(door, before)
    assert retracted.fact.name == "ResourceRetracted"


def test_again_is_as_well(door: Door) -> None:
    door.put(patient("again"))
    assert door.client.delete("Patient/again").status_code == 204
    before = end_of(door)
    again = door.client.delete("Patient/again")
    assert (again.status_code, again.content) == (204, b"")
    assert end_of(door) == before


@pytest.mark.parametrize("id_", ["never", "not_an_id", "x" * 300, "%F0%9F%98%80"])
def test_what_never_was_is_not_there(door: Door, id_: str) -> None:
    before = end_of(door)
    assert door.client.delete(f"Patient/{id_}").status_code == 204
    assert end_of(door) == before
    door.get(f"Patient/{id_}", 404)


def test_only_the_version_that_the_client_knows(door: Door) -> None:
    door.put(patient("known"))
    stale = door.client.delete("Patient/known", headers={"If-Match": 'W/"2"'})
    assert (stale.status_code, outcome_of(stale)["code"]) == (412, "conflict")
    assert door.client.delete("Patient/known", headers={"If-Match": 'W/"1"'}).status_code == 204


def test_by_condition(door: Door) -> None:
    door.put(patient("c", "c"))
    address = f"Patient?identifier={SYSTEM}|c"
    assert door.client.delete(address).status_code == 204
    door.get("Patient/c", 410)
    before = end_of(door)
    assert door.client.delete(address).status_code == 204
    assert end_of(door) == before


def test_by_a_condition_that_matches_several(door: Door) -> None:
    for id_ in ("s1", "s2"):
        door.put(patient(id_, "s"))
    answer = door.client.delete(f"Patient?identifier={SYSTEM}|s")
    assert (answer.status_code, outcome_of(answer)["code"]) == (412, "multiple-matches")
    for id_ in ("s1", "s2"):
        door.get(f"Patient/{id_}")


def test_all_that_match_when_asked(door: Door) -> None:
    for id_ in ("m1", "m2", "m3"):
        door.put(patient(id_, "m"))
    address = f"Patient?identifier={SYSTEM}|m"
    assert door.client.delete(f"{address}&_multiple=false").status_code == 412
    before = end_of(door)
    answer = door.client.delete(f"{address}&_multiple=true")
    assert (answer.status_code, answer.content, "etag" in answer.headers) == (204, b"", False)
    assert answer.headers["x-ehr-position"] == str(before + 3)
    for id_ in ("m1", "m2", "m3"):
        door.get(f"Patient/{id_}", 410)
    again = door.client.delete(f"{address}&_multiple=true")
    assert (again.status_code, end_of(door)) == (204, before + 3)


def test_all_that_match_within_bundles(door: Door) -> None:
    for id_ in ("b1", "b2", "b3", "b4"):
        door.put(patient(id_, id_[0] if id_ < "b3" else "c"))
    first = entry("DELETE", f"Patient?identifier={SYSTEM}|b&_multiple=true")
    told = responses(door, transaction(first, creating({"resourceType": "Patient"})))
    assert statuses(told) == [204, 201]
    assert "etag" not in told[0]
    second = entry("DELETE", f"Patient?_multiple=true&identifier={SYSTEM}|c")
    assert statuses(responses(door, batch(second))) == [204]
    for id_ in ("b1", "b2", "b3", "b4"):
        door.get(f"Patient/{id_}", 410)


def test_a_key_tells_whether_all_were_meant(door: Door) -> None:
    door.put(patient("k1", "k"))
    address, key = f"Patient?identifier={SYSTEM}|k", {"Idempotency-Key": "all of them"}
    assert door.client.delete(f"{address}&_multiple=true", headers=key).status_code == 204
    assert door.client.delete(f"{address}&_multiple=true", headers=key).status_code == 204
    assert door.client.delete(address, headers=key).status_code == 422


@pytest.mark.parametrize(
    ("wish", "headers"),
    [
        ("_multiple=yes", {}),
        ("_multiple=", {}),
        ("_multiple=true&_multiple=true", {}),
        ("_multiple=true", {"If-Match": 'W/"1"'}),
    ],
)
def test_what_is_no_wish_for_all(door: Door, wish: str, headers: dict[str, str]) -> None:
    door.put(patient("stays", "stays"))
    answer = door.client.delete(f"Patient?identifier={SYSTEM}|stays&{wish}", headers=headers)
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "invalid")
    door.get("Patient/stays")


@pytest.mark.parametrize(
    "address",
    [
        "Patient?_multiple=true",
        "Patient?identifier=&_multiple=true",
        "Patient?ages=x",
        "Patient",
        "Patient?_lastUpdated=2000",
        "Patient/c?identifier=a|b",
    ],
)
def test_by_a_condition_that_cannot_be_decided(door: Door, address: str) -> None:
    before = end_of(door)
    answer = door.client.delete(address)
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "not-supported")
    assert end_of(door) == before


def test_an_identifier_is_free_again(door: Door) -> None:
    door.put(patient("frees", "frees"))
    door.client.delete("Patient/frees")
    headers = FHIR_JSON | {"If-None-Exist": f"identifier={SYSTEM}|frees"}
    made = door.client.post("Patient", json=patient("", "frees") | {"id": "x"}, headers=headers)
    assert made.status_code == 201
    assert made.json()["id"] != "frees"


def test_what_refers_to_it_may_stay(door: Door) -> None:
    door.put(patient("referred"))
    basic = {"resourceType": "Basic", "id": "refers", "code": {"text": "x"}}
    door.put(basic | {"subject": {"reference": "Patient/referred"}})
    assert door.client.delete("Patient/referred").status_code == 204
    assert door.json("Basic/refers")["subject"] == {"reference": "Patient/referred"}
