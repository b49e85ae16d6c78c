"""Update, by id and by condition.

https://hl7.org/fhir/R4/http.html#update, https://hl7.org/fhir/R4/http.html#upsert,
https://hl7.org/fhir/R4/http.html#cond-update, https://hl7.org/fhir/R4/http.html#concurrency,
https://hl7.org/fhir/R4/http.html#versions
"""

import asyncio

import httpx
import orjson
import pytest

from tests.fhir_api.bundles import end_of, facts_after
from tests.fhir_api.running import FHIR_JSON, Door, Json, entries, outcome_of

SYSTEM = "http://example.org/update"


def patient(id_: str, **more: object) -> Json:
    return {"resourceType": "Patient", "id": id_, **more}


def numbered(value: str, **more: object) -> Json:
    return {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": value}], **more}


def put(door: Door, url: str, resource: object, **headers: str) -> httpx.Response:
    body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.put(url, content=body, headers=FHIR_JSON | given)


def test_an_update_makes_the_next_version(door: Door) -> None:
    first = put(door, "Patient/u1", patient("u1"))
    second = put(door, "Patient/u1", patient("u1", active=True))
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.headers["etag"], second.headers["etag"]) == ('W/"1"', 'W/"2"')
    assert second.headers["location"] == f"{door.address}/fhir/Patient/u1/_history/2"
    assert door.get("Patient/u1").content == second.content
    assert door.get("Patient/u1/_history/1").content == first.content
    assert second.json()["meta"]["lastUpdated"] > first.json()["meta"]["lastUpdated"]


@pytest.mark.parametrize("tag", ["1", '"1"', 'W/"1"'])
def test_the_version_that_the_client_knows_is_asked_for(door: Door, tag: str) -> None:
    id_ = f"tag-{len(tag)}"
    put(door, f"Patient/{id_}", patient(id_))
    assert put(door, f"Patient/{id_}", patient(id_, active=True), If_Match=tag).status_code == 200
    before = end_of(door)
    stale = put(door, f"Patient/{id_}", patient(id_, active=False), If_Match=tag)
    assert stale.status_code == 412
    assert outcome_of(stale)["code"] == "conflict"
    assert end_of(door) == before


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("If-Match", "*"),
        ("If-Match", 'W/"x"'),
        ("If-Match", ""),
        ("If-Match", 'W/"1", W/"2"'),
        ("If-None-Match", "*"),
        ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("If-None-Exist", "identifier=a|b"),
    ],
)
def test_a_condition_that_is_not_kept_is_refused(door: Door, header: str, value: str) -> None:
    put(door, "Patient/odd", patient("odd"))
    before = end_of(door)
    body = orjson.dumps(patient("odd", active=True))
    answer = door.client.put("Patient/odd", content=body, headers=FHIR_JSON | {header: value})
    assert answer.status_code == 400
    assert header in outcome_of(answer)["details"]["text"]
    assert end_of(door) == before


def test_a_version_of_what_never_was_is_stale(door: Door) -> None:
    assert put(door, "Patient/never", patient("never"), If_Match="1").status_code == 412
    door.get("Patient/never", 404)


def test_what_changes_nothing_makes_no_version(door: Door) -> None:
    written = b'{"resourceType":"Patient","id":"same", "active" : true,"name":[{"text":"a b"}]}'
    first = put(door, "Patient/same", written)
    before = end_of(door)
    for body in (written, written.replace(b" : ", b":").replace(b", ", b",\n\t")):
        again = put(door, "Patient/same", body)
        assert again.status_code == 200
        for header in ("etag", "last-modified", "location"):
            assert again.headers[header] == first.headers[header]
        assert again.content == first.content
    assert end_of(door) == before
    assert put(door, "Patient/same", written.replace(b"a b", b"a  b")).headers["etag"] == 'W/"2"'


META = [{}, {"meta": {"profile": ["http://x"]}}, {"meta": {"tag": [{"code": "a"}], "versionId": "9"}}]


@pytest.mark.parametrize("more", META, ids=["without", "own", "overridden"])
@pytest.mark.parametrize("spaces", [False, True])
def test_who_sends_back_what_it_read_makes_no_version(door: Door, more: Json, spaces: bool) -> None:
    id_ = f"echo-{META.index(more)}-{spaces}"
    put(door, f"Patient/{id_}", patient(id_, **more, active=True))
    read = door.get(f"Patient/{id_}")
    body = orjson.dumps(read.json(), option=orjson.OPT_INDENT_2) if spaces else read.content
    again = put(door, f"Patient/{id_}", body, If_Match=read.headers["etag"])
    assert again.headers["etag"] == 'W/"1"'
    assert again.content == read.content


def test_numbers_are_the_same_only_with_the_same_digits(door: Door) -> None:
    start = b'{"resourceType":"Observation","id":"w","status":"final","code":{"text":"x"},'
    weight = start + b'"valueQuantity":{"value":%b}}'
    assert put(door, "Observation/w", weight % b"72.5").headers["etag"] == 'W/"1"'
    assert put(door, "Observation/w", weight % b"72.50").headers["etag"] == 'W/"2"'
    assert b'"value":72.50}' in door.get("Observation/w").content


@pytest.mark.parametrize(
    ("resource", "expression"),
    [
        (patient("other"), "Patient.id"),
        ({"resourceType": "Patient"}, "Patient.id"),
        ({"resourceType": "Basic", "id": "mismatch", "code": {"text": "x"}}, "Patient.resourceType"),
    ],
)
def test_the_resource_must_be_the_one_that_is_addressed(door: Door, resource: Json, expression: str) -> None:
    answer = put(door, "Patient/mismatch", resource)
    assert answer.status_code == 400
    assert outcome_of(answer)["expression"] == [expression]
    door.get("Patient/mismatch", 404)


def test_an_id_has_few_characters(door: Door) -> None:
    for id_ in ("a_b", "x" * 65, "é", "a%20b"):
        answer = put(door, f"Patient/{id_}", patient(id_.replace("%20", " ")))
        assert answer.status_code == 422
        assert outcome_of(answer)["expression"] == ["Patient.id"]


def test_what_was_deleted_may_come_back(door: Door) -> None:
    put(door, "Patient/back", patient("back"))
    door.client.delete("Patient/back")
    door.get("Patient/back", 410)
    assert put(door, "Patient/back", patient("back"), If_Match="2").status_code == 412
    back = put(door, "Patient/back", patient("back"))
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')
    assert door.get("Patient/back").content == back.content


def test_a_conditional_update_updates_the_match(door: Door) -> None:
    put(door, "Patient/cond", {**numbered("m"), "id": "cond"})
    for more in ({"id": "cond"}, {}):
        answer = put(door, f"Patient?identifier={SYSTEM}|m", {**numbered("m", active=bool(more)), **more})
        assert answer.status_code == 200
        assert answer.json()["id"] == "cond"
    assert door.json("Patient/cond")["active"] is False
    assert door.json("Patient/cond")["meta"]["versionId"] == "3"


def test_a_conditional_update_creates_what_is_not_there(door: Door) -> None:
    by_server = put(door, f"Patient?identifier={SYSTEM}|n1", numbered("n1"))
    by_client = put(door, f"Patient?identifier={SYSTEM}|n2", {**numbered("n2"), "id": "chosen"})
    assert (by_server.status_code, by_client.status_code) == (201, 201)
    assert by_client.json()["id"] == "chosen"
    again = put(door, f"Patient?identifier={SYSTEM}|n1", numbered("n1", active=True))
    assert (again.status_code, again.json()["id"]) == (200, by_server.json()["id"])


def test_a_conditional_update_does_not_overwrite_what_it_does_not_match(door: Door) -> None:
    put(door, "Patient/u-other", patient("u-other"))
    answer = put(door, f"Patient?identifier={SYSTEM}|u-none", numbered("u-none", id="u-other"))
    assert (answer.status_code, outcome_of(answer)["code"]) == (409, "conflict")
    assert door.json("Patient/u-other")["meta"]["versionId"] == "1"


def test_a_conditional_update_wants_one_match_and_its_id(door: Door) -> None:
    for id_ in ("d1", "d2"):
        put(door, f"Patient/{id_}", {**numbered("d"), "id": id_})
    several = put(door, f"Patient?identifier={SYSTEM}|d", numbered("d"))
    assert (several.status_code, outcome_of(several)["code"]) == (412, "multiple-matches")
    put(door, "Patient/e1", {**numbered("e"), "id": "e1"})
    other = put(door, f"Patient?identifier={SYSTEM}|e", {**numbered("e"), "id": "e2"})
    assert (other.status_code, outcome_of(other)["code"]) == (400, "invalid")
    stale = put(door, f"Patient?identifier={SYSTEM}|e", numbered("e"), If_Match="7")
    assert stale.status_code == 412
    undecided = put(door, "Patient?ages=x", numbered("e"))
    assert (undecided.status_code, outcome_of(undecided)["code"]) == (400, "not-supported")
    assert put(door, "Patient", numbered("e")).status_code == 400


def test_an_identifier_that_was_given_up_matches_no_more(door: Door) -> None:
    put(door, "Patient/gives", {**numbered("gives"), "id": "gives"})
    put(door, "Patient/gives", {**numbered("other"), "id": "gives"})
    made = put(door, f"Patient?identifier={SYSTEM}|gives", numbered("gives"))
    assert made.status_code == 201
    assert made.json()["id"] != "gives"


def test_a_resource_may_move_to_another_citizen(door: Door) -> None:
    for id_ in ("from", "to"):
        put(door, f"Patient/{id_}", patient(id_))
    observation = {"resourceType": "Observation", "id": "moves", "status": "final", "code": {"text": "x"}}
    put(door, "Observation/moves", {**observation, "subject": {"reference": "Patient/from"}})
    before = end_of(door)
    moved = put(door, "Observation/moves", {**observation, "subject": {"reference": "Patient/to"}})
    assert moved.headers["etag"] == 'W/"2"'
    retracted, recorded = facts_after(door, before)
    assert (retracted.fact.name, recorded.fact.name) == ("ResourceRetracted", "ResourceRecorded")
    assert (retracted.fact.moved_to, recorded.fact.moved_from) == (recorded.subject, retracted.subject)
    assert _everything(door, "from") == {"Patient/from"}
    assert _everything(door, "to") == {"Patient/to", "Observation/moves"}
    history = entries(door, "Observation/moves/_history")
    assert [one["resource"]["meta"]["versionId"] for one in history] == ["2", "1"]


def _everything(door: Door, id_: str) -> set[str]:
    found = (entry["resource"] for entry in entries(door, f"Patient/{id_}/$everything"))
    return {f"{resource['resourceType']}/{resource['id']}" for resource in found}


def test_of_those_who_know_one_version_one_wins(door: Door) -> None:
    put(door, "Patient/raced", patient("raced"))
    answers = asyncio.run(_race(door, 24))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 23
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    assert door.get("Patient/raced").content == winner.content
    assert winner.headers["etag"] == 'W/"2"'


async def _race(door: Door, count: int) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=f"{door.address}/fhir/", timeout=60) as client:
        return await asyncio.gather(
            *(
                client.put(
                    "Patient/raced",
                    content=orjson.dumps(patient("raced", multipleBirthInteger=n)),
                    headers=FHIR_JSON | {"If-Match": 'W/"1"'},
                )
                for n in range(count)
            )
        )
