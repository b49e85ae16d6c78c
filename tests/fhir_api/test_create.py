"""Create.

https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/http.html#ccreate,
https://hl7.org/fhir/R4/http.html#ops (Prefer), https://hl7.org/fhir/R4/datatypes.html#decimal
"""

import asyncio
import re
from email.utils import parsedate_to_datetime

import httpx
import orjson
import pytest

from fhir_api.intake import validate
from tests.fhir_api.bundles import end_of, facts_after
from tests.fhir_api.running import FHIR_JSON, Door, Json, outcome_of

WEIGHT = (
    '{"resourceType": "Observation","status":"final",\n "code":{"text":"C\\u00e2n n\\u1eb7ng"},'
    '"valueQuantity":{"value":72.50,"unit":"kg"},"component":[{"code":{"text":"x"},'
    '"valueQuantity":{"value":1.0E-3}}],"note":[{"text":"a\\/b — Nguyễn"}] }'
).encode()


def number(value: str, **more: object) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "http://example.org/create", "value": value}],
        **more,
    }


def post(door: Door, url: str, resource: object, **headers: str) -> httpx.Response:
    body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.post(url, content=body, headers=FHIR_JSON | given)


def test_a_created_resource_is_told_and_found(door: Door) -> None:
    answer = post(door, "Observation", WEIGHT)
    assert answer.status_code == 201
    place = re.fullmatch(
        rf"{door.address}/fhir/Observation/([a-z0-9-]+)/_history/1", answer.headers["location"]
    )
    assert place
    assert answer.headers["etag"] == 'W/"1"'
    read = door.get(f"Observation/{place[1]}")
    assert read.content == answer.content
    meta = read.json()["meta"]
    assert meta["versionId"] == "1"
    assert parsedate_to_datetime(answer.headers["last-modified"]).isoformat()[:19] == meta["lastUpdated"][:19]
    assert read.headers["last-modified"] == answer.headers["last-modified"]


def test_everything_but_id_and_meta_is_read_back_byte_for_byte(door: Door) -> None:
    answer = post(door, "Observation", WEIGHT)
    told = answer.json()
    added = b',"id":"%b","meta":%b' % (told["id"].encode(), orjson.dumps(told["meta"]))
    assert added in answer.content
    assert answer.content.replace(added, b"") == WEIGHT
    assert b'"value":72.50' in answer.content
    assert b'"value":1.0E-3' in answer.content


def test_the_id_of_a_created_resource_is_the_servers(door: Door) -> None:
    told = post(door, "Patient", {"resourceType": "Patient", "id": "mine", "meta": {"versionId": "7"}}).json()
    assert told["id"] != "mine"
    assert told["meta"]["versionId"] == "1"
    door.get("Patient/mine", 404)


@pytest.mark.parametrize("times", [1, 3])
def test_two_plain_creates_make_two(door: Door, times: int) -> None:
    value = f"plain-{times}"
    made = {post(door, "Patient", number(value)).json()["id"] for _ in range(times)}
    found = door.json(f"Patient?identifier=http://example.org/create|{value}")["entry"]
    assert {one["resource"]["id"] for one in found} == made
    assert len(made) == times


def test_what_the_client_prefers_is_given(door: Door) -> None:
    minimal = post(door, "Patient", number("p1"), Prefer="return=minimal")
    assert minimal.status_code == 201
    assert minimal.content == b""
    assert "location" in minimal.headers
    assert "etag" in minimal.headers
    whole = post(
        door, "Patient", number("p2"), Prefer='respond-async, return="representation"; handling=strict'
    )
    assert whole.json()["identifier"][0]["value"] == "p2"
    outcome = post(door, "Patient", number("p3"), Prefer="return=OperationOutcome")
    assert outcome.status_code == 201
    assert outcome_of(outcome)["severity"] == "information"
    assert validate(outcome.json(), "OperationOutcome") == []


BARE = "identifier=http://example.org/create|c1"


@pytest.mark.parametrize(
    "condition",
    [
        BARE,
        f"Patient?{BARE}",
        f"http://127.0.0.1:1/fhir/Patient?{BARE}",
        f"?{BARE}",
        "identifier=http%3A%2F%2Fexample.org%2Fcreate%7Cc1",
        "identifier=c1",
    ],
)
def test_a_conditional_create_makes_one(door: Door, condition: str) -> None:
    first = post(door, "Patient", number("c1"), If_None_Exist=condition)
    again = post(door, "Patient", number("c1", active=True), If_None_Exist=condition)
    assert first.status_code in (200, 201)
    assert again.status_code == 200
    for header in ("location", "etag", "last-modified"):
        assert again.headers[header] == first.headers[header]
    assert again.json() == first.json()
    assert door.json(f"Patient?{BARE}")["total"] == 1


def test_a_reference_by_search_is_resolved(door: Door) -> None:
    """Also outside transactions: as a text it would name nothing."""
    person = post(door, "Patient", number("c-by")).json()
    about: Json = {"resourceType": "Basic", "code": {"text": "x"}}
    search = "Patient?identifier=http://example.org/create|{}"
    made = post(door, "Basic", about | {"subject": {"reference": search.format("c-by")}})
    assert made.json()["subject"] == {"reference": f"Patient/{person['id']}"}
    lost = post(door, "Basic", about | {"subject": {"reference": search.format("c-lost")}})
    assert (lost.status_code, outcome_of(lost)["code"]) == (412, "not-found")


@pytest.mark.parametrize("before", ["Practitioner", "http://127.0.0.1:1/fhir/Practitioner", "patient"])
def test_a_condition_on_another_type_is_refused(door: Door, before: str) -> None:
    end = end_of(door)
    answer = post(door, "Patient", number("c9"), If_None_Exist=f"{before}?{BARE}")
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "invalid")
    assert end_of(door) == end


def test_a_condition_may_stand_in_the_address(door: Door) -> None:
    first = post(door, "Patient?identifier=http://example.org/create|c2&_format=json", number("c2"))
    again = post(door, "Patient?identifier=http://example.org/create|c2", number("c2"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]


def test_a_system_may_hold_a_question_mark(door: Door) -> None:
    resource = {"resourceType": "Patient", "identifier": [{"system": "http://x/?a=1", "value": "q"}]}
    condition = "identifier=http://x/?a%3D1|q"
    made = [post(door, "Patient", resource, If_None_Exist=condition).status_code for _ in range(2)]
    assert made == [201, 200]


def test_an_identifier_may_be_vietnamese(door: Door) -> None:
    resource = {"resourceType": "Patient", "identifier": [{"system": "http://x", "value": "Số 7"}]}
    headers = {b"Content-Type": b"application/json", b"If-None-Exist": "identifier=http://x|Số 7".encode()}
    body = orjson.dumps(resource)
    made = [door.client.post("Patient", content=body, headers=headers).status_code for _ in range(2)]
    assert made == [201, 200]


def test_more_than_one_match_is_refused(door: Door) -> None:
    for _ in range(2):
        post(door, "Patient", number("twice"))
    before = end_of(door)
    answer = post(
        door, "Patient", number("twice"), If_None_Exist="identifier=http://example.org/create|twice"
    )
    assert answer.status_code == 412
    assert outcome_of(answer)["code"] == "multiple-matches"
    assert end_of(door) == before


@pytest.mark.parametrize(
    ("type_", "condition", "named"),
    [
        ("Patient", "ages=x", "ages"),
        ("Patient", "identifier=a|b&ages=9", "ages"),
        ("Patient", "birthdate=x", "birthdate"),
        ("Patient", "birthdate:exact=2000", "birthdate"),
        ("Patient", "_lastUpdated=2000", "_lastUpdated"),
        ("Patient", "birthdate=2000&_sort=birthdate", "_sort"),
        ("Patient", "organization.name=x", "organization.name"),
        ("Patient", "organization:Organization.name=x", "organization:Organization.name"),
        ("Patient", "_has:Observation:subject:code=x", "_has:Observation:subject:code"),
        ("Patient", "identifier=a|%00", "NUL"),
        ("Patient", "", "none"),
        ("Patient", "identifier", "no value"),
        ("Binary", "identifier=a|b", "Binary has no identifiers"),
    ],
)
def test_a_condition_that_cannot_be_decided_is_refused_by_name(
    door: Door, type_: str, condition: str, named: str
) -> None:
    before = end_of(door)
    resource = {"resourceType": type_} | ({"contentType": "a/b"} if type_ == "Binary" else {})
    answer = post(door, type_, resource, If_None_Exist=condition)
    assert answer.status_code == 400
    issue = outcome_of(answer)
    assert issue["code"] == "not-supported"
    assert named in issue["details"]["text"]
    assert end_of(door) == before


def test_one_condition_is_enough(door: Door) -> None:
    answer = post(door, "Patient?identifier=a|b", number("x"), If_None_Exist="identifier=a|b")
    assert answer.status_code == 400
    outcome_of(answer)


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"])
def test_a_condition_that_is_not_kept_is_refused(door: Door, header: str) -> None:
    before = end_of(door)
    answer = door.client.post("Patient", content=orjson.dumps(number("x")), headers=FHIR_JSON | {header: "*"})
    assert answer.status_code == 400
    assert header in outcome_of(answer)["details"]["text"]
    assert end_of(door) == before


def test_a_resource_of_another_type_is_refused(door: Door) -> None:
    answer = post(door, "Patient", {"resourceType": "Basic", "code": {"text": "x"}})
    assert answer.status_code == 400
    assert outcome_of(answer)["expression"] == ["Patient.resourceType"]


@pytest.mark.parametrize(
    ("body", "status", "expression"),
    [
        (b"", 400, None),
        (b"null", 400, ["Patient"]),
        (b"[]", 400, ["Patient"]),
        (b'{"resourceType":"Patient"', 400, None),
        (b'{"resourceType":"Patient","active":true,"active":true}', 400, ["Patient.active"]),
        (b'{"resourceType":"Patient","name":[{},{"text":"\\u0000"}]}', 400, ["Patient.name[1].text"]),
        (b'{"resourceType":"Patient","name":[{"text":"\\ud800"}]}', 400, None),
        (b"{}", 422, ["Patient.resourceType"]),
        (b'{"resourceType":["Patient"]}', 422, ["Patient.resourceType"]),
        (b'{"resourceType":"Patient","birthDate":"2001-02-30"}', 422, ["Patient.birthDate"]),
        (b'{"resourceType":"Patient","name":[{},{"text":1}]}', 422, ["Patient.name[0]"]),
    ],
)
def test_what_is_no_valid_resource_is_refused(
    door: Door, body: bytes, status: int, expression: list[str] | None
) -> None:
    before = end_of(door)
    answer = post(door, "Patient", body)
    assert answer.status_code == status
    assert outcome_of(answer).get("expression") == expression
    assert validate(answer.json(), "OperationOutcome") == []
    assert end_of(door) == before


def test_a_wrong_host_is_refused_before_anything_is_stored(door: Door) -> None:
    before = end_of(door)
    assert post(door, "Patient", number("host"), Host="a b").status_code == 400
    assert end_of(door) == before


def test_who_states_it_is_kept_as_they_write_themselves(door: Door) -> None:
    before = end_of(door)
    headers = {b"Content-Type": b"application/json", b"X-EHR-User": "Bác sĩ Ánh".encode()}
    headers |= {b"X-EHR-Facility": b"45901", b"X-EHR-Device": b"d\xe9vice"}
    door.client.post("Patient", content=b'{"resourceType":"Patient"}', headers=headers)
    (stored,) = facts_after(door, before)
    assert (stored.fact.user, stored.fact.facility, stored.fact.device) == ("Bác sĩ Ánh", "45901", "dévice")


def test_many_at_once_make_one_and_are_answered_equally(door: Door) -> None:
    answers = asyncio.run(_at_once(door, 64))
    assert sorted(answer.status_code for answer in answers) == [200] * 63 + [201]
    for header in ("location", "etag", "last-modified"):
        assert len({answer.headers[header] for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert door.json("Patient?identifier=http://example.org/create|crowd")["total"] == 1


async def _at_once(door: Door, count: int) -> list[httpx.Response]:
    headers = FHIR_JSON | {"If-None-Exist": "identifier=http://example.org/create|crowd"}
    async with httpx.AsyncClient(base_url=f"{door.address}/fhir/", timeout=60) as client:
        body = orjson.dumps(number("crowd"))
        return await asyncio.gather(
            *(client.post("Patient", content=body, headers=headers) for _ in range(count))
        )
