"""Batches.

https://hl7.org/fhir/R4/http.html#transaction, https://hl7.org/fhir/R4/http.html#brules
"""

from typing import Any

import orjson
import pytest

from ehr.health_record import MOST_TRIES
from fhir_api.intake import validate
from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    entry,
    id_of,
    issue_of,
    putting,
    responses,
    send,
    statuses,
    transaction,
)
from tests.fhir_api.running import Door, Json, outcome_of

SYSTEM = "http://example.org/batch"
PERSON = "urn:uuid:6f5b8a52-2c8e-4b43-9a6b-0e2a40d1f001"
NOTHING = {"resourceType": "Parameters"}


def patient(value: str = "", **more: Any) -> Json:
    identifiers = {"identifier": [{"system": SYSTEM, "value": value}]} if value else {}
    return {"resourceType": "Patient", **identifiers, **more}


def about(subject: str) -> Json:
    return {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": subject}}


GOOD = creating({"resourceType": "Patient", "active": True})


def test_each_entry_is_answered_in_its_place(door: Door) -> None:
    door.put(patient("b-found", id="b-found"))
    door.put(patient(id="b-gone"))
    door.client.delete("Patient/b-gone")
    answered = responses(
        door,
        batch(
            GOOD,
            entry("GET", "Patient/b-found"),
            creating(patient("b-found"), ifNoneExist=f"identifier={SYSTEM}|b-found"),
            entry("GET", "Patient/b-gone"),
            putting(patient(id="b-new")),
            entry("DELETE", "Patient/b-never"),
            putting(patient(id="b-new", active=True), ifMatch='W/"9"'),
            entry("GET", "Patient?identifier=a|b"),
            entry("GET", "Patient/b-found", ifNoneMatch='W/"1"'),
            entry("GET", "metadata"),
        ),
    )
    assert statuses(answered) == [201, 200, 200, 410, 201, 204, 412, 200, 304, 200]
    assert answered[2]["location"] == "Patient/b-found/_history/1"
    assert answered[4]["lastModified"] == door.json("Patient/b-new")["meta"]["lastUpdated"]
    assert answered[2]["lastModified"] == door.json("Patient/b-found")["meta"]["lastUpdated"]


@pytest.mark.parametrize(
    ("bad", "status", "below", "code"),
    [
        (creating(patient(birthDate="tomorrow")), 422, ".resource.birthDate", "value"),
        (entry("POST", "Basic", patient()), 400, ".resource.resourceType", "invalid"),
        (entry("POST", "Patient"), 400, ".resource", "invalid"),
        (entry("POST", "Patient", [1]), 422, ".resource", "structure"),
        (entry("POST", "Patient", "{}"), 422, ".resource", "structure"),
        (entry("DELETE", "Nothing/1"), 400, ".request.url", "invalid"),
        (entry("PATCH", "Patient/1", NOTHING), 400, ".request.method", "not-supported"),
        (entry("FETCH", "Patient/1"), 422, ".request.method", "code-invalid"),
        ({"resource": patient()}, 400, ".request", "invalid"),
        ({"resource": patient(), "request": {"method": "POST"}}, 422, ".request.url", "required"),
        ({"request": {"method": 1, "url": "Patient"}}, 400, ".request.method", "structure"),
        ({"request": [], "resource": patient()}, 400, ".request", "structure"),
        ({"fullUrl": 7, **GOOD}, 400, ".fullUrl", "structure"),
        ({"nonsense": 7, **GOOD}, 422, ".nonsense", "structure"),
        (creating(patient(), ifNoneExist="ages=x"), 400, "", "not-supported"),
        (creating(about("Patient?ages=x")), 400, "", "not-supported"),
        (creating(about("Patient?identifier=a|absent")), 412, "", "not-found"),
        (putting(patient(id="b-absent"), ifMatch="1"), 412, "", "conflict"),
        (putting(patient(id="..")), 400, ".resource.id", "invalid"),
        (None, 400, "", "structure"),
        (creating(patient(), ifMatch="1"), 400, "", "not-supported"),
    ],
)  # fmt: skip
def test_a_wrong_entry_fails_alone(door: Door, bad: Any, status: int, below: str, code: str) -> None:
    before = end_of(door)
    answer = send(door, batch(GOOD, bad, GOOD))
    answered = [one["response"] for one in answer.json()["entry"]]
    assert statuses(answered) == [201, status, 201]
    issue = issue_of(answered[1])
    assert (issue["expression"], issue["code"]) == ([f"Bundle.entry[1]{below}"], code)
    assert answer.headers["x-request-id"] in issue["diagnostics"]
    assert validate(answer.json(), "Bundle") == []
    assert end_of(door) == before + 2


@pytest.mark.parametrize(
    ("text", "below"),
    [
        (b'{"resourceType":"Patient","active":true,"active":true}', ".active"),
        (b'{"resourceType":"Patient","id":"\\u0000"}', ".id"),
    ],
)
def test_text_that_is_refused_fails_alone_too(door: Door, text: bytes, below: str) -> None:
    start = orjson.dumps(batch(GOOD))[:-2]
    whole = start + b',{"request":{"method":"POST","url":"Patient"},"resource":%b}]}' % text
    answered = [one["response"] for one in send(door, whole).json()["entry"]]
    assert statuses(answered) == [201, 400]
    assert issue_of(answered[1])["expression"] == [f"Bundle.entry[1].resource{below}"]


def test_reads_are_handled_as_the_whole_prefers(door: Door) -> None:
    asked = batch(entry("GET", "Patient?_id=b-nobody&unknown=1"))
    assert statuses(responses(door, asked)) == [400]
    assert statuses(responses(door, asked, {"Prefer": "handling=lenient"})) == [200]


def test_equal_keys_of_an_entry_fail_alone(door: Door) -> None:
    twice = b'{"fullUrl":"urn:a:1","fullUrl":"urn:a:2","request":{"method":"DELETE","url":"Patient/b-x"}}'
    whole = orjson.dumps(batch(GOOD))[:-2] + b",%b]}" % twice
    answered = [one["response"] for one in send(door, whole).json()["entry"]]
    assert statuses(answered) == [201, 400]


def test_what_is_wrong_with_the_bundle_itself_fails_the_whole(door: Door) -> None:
    before = end_of(door)
    issue = outcome_of(send(door, batch(GOOD) | {"timestamp": "yesterday"}, 422))
    assert issue["expression"] == ["Bundle.timestamp"]
    assert end_of(door) == before


def test_entries_do_not_depend_on_each_other(door: Door) -> None:
    answered = responses(door, batch(creating(patient(), PERSON), creating(about(PERSON)), GOOD))
    assert statuses(answered) == [201, 400, 201]
    issue = issue_of(answered[1])
    assert (issue["expression"], issue["code"]) == (["Bundle.entry[1]"], "not-found")


def test_not_even_on_those_that_failed(door: Door) -> None:
    answered = responses(door, batch(creating(patient(active=1), PERSON), creating(about(PERSON))))
    assert statuses(answered) == [422, 400]


def narrated(tag: str) -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{tag}</div>'
    return about("Patient/b-any") | {"text": {"status": "additional", "div": div}}


def stated(**value: str) -> Json:
    return about("Patient/b-any") | {"extension": [{"url": "http://example.org/x", **value}]}


LINKS = [
    pytest.param(about(PERSON), id="reference"),
    pytest.param(narrated(f'<a href="{PERSON}">x</a>'), id="href"),
    pytest.param(narrated(f"<img alt='x' src='{PERSON}'/>"), id="src"),
    pytest.param(stated(valueUri=PERSON), id="uri"),
    pytest.param(stated(valueUuid=PERSON), id="uuid"),
]
STRINGS = [
    pytest.param(narrated(f"<p>{PERSON}</p>"), id="text"),
    pytest.param(stated(valueString=PERSON), id="string"),
    pytest.param(stated(valueCanonical=PERSON), id="canonical"),
]


@pytest.mark.parametrize("resource", LINKS)
def test_what_a_transaction_rewrites_is_refused(door: Door, resource: Json) -> None:
    answered = responses(door, batch(creating(patient(), PERSON), creating(resource)))
    assert statuses(answered) == [201, 400]
    assert issue_of(answered[1])["code"] == "not-found"
    (_, rewritten) = responses(door, transaction(creating(patient(), PERSON), creating(resource)))
    assert PERSON not in orjson.dumps(door.json(f"Basic/{id_of(rewritten)}")).decode()


@pytest.mark.parametrize("resource", STRINGS)
def test_what_a_transaction_leaves_alone_is_stored(door: Door, resource: Json) -> None:
    answered = responses(door, batch(creating(patient(), PERSON), creating(resource)))
    assert statuses(answered) == [201, 201]
    assert PERSON in orjson.dumps(door.json(f"Basic/{id_of(answered[1])}")).decode()


@pytest.mark.parametrize("resource", LINKS[1:])
def test_links_to_none_of_the_entries_are_stored(door: Door, resource: Json) -> None:
    assert statuses(responses(door, batch(GOOD, creating(resource)))) == [201, 201]


@pytest.mark.parametrize("target", [f"{SYSTEM}/Patient/b-put", "Patient/b-put"])
def test_addresses_of_what_the_server_names_anew_are_refused(door: Door, target: str) -> None:
    person = creating(patient(), f"{SYSTEM}/Patient/b-put")
    link = creating(about(target), f"{SYSTEM}/Basic/b-link")
    assert statuses(responses(door, batch(person, link))) == [201, 400]


def test_a_reference_that_is_right_already_is_stored(door: Door) -> None:
    person = putting(patient(id="b-right"), f"{SYSTEM}/Patient/b-right")
    failed = putting(patient(id="b-wrong", active=1), f"{SYSTEM}/Patient/b-wrong")
    links = [creating(about(f"Patient/{i}"), f"{SYSTEM}/Basic/{i}") for i in ("b-right", "b-wrong")]
    assert statuses(responses(door, batch(person, failed, *links))) == [201, 422, 201, 201]


@pytest.mark.parametrize("target", ["Patient/b-put/_history/2", "Patient/b-put", "Patient/b-other"])
def test_references_of_another_server_are_refused(door: Door, target: str) -> None:
    person = creating(patient(), f"{SYSTEM}/Patient/b-put")
    answered = responses(door, batch(person, creating(about(target), f"{SYSTEM}/Basic/b-link")))
    assert statuses(answered) == [201, 400]
    assert issue_of(answered[1])["expression"] == ["Bundle.entry[1]"]


def test_references_of_this_server_are_stored(door: Door) -> None:
    base = f"{door.address}/fhir"
    person = putting(patient(id="b-ours"), f"{base}/Patient/b-ours")
    links = [creating(about(f"Patient/{i}"), f"{base}/Basic/{i}") for i in ("b-ours", "b-ours-elsewhere")]
    assert statuses(responses(door, batch(person, *links))) == [201, 201, 201]


def test_a_reference_by_search_is_resolved(door: Door) -> None:
    door.put(patient("b-by", id="b-by"))
    (answered,) = responses(door, batch(creating(about(f"Patient?identifier={SYSTEM}|b-by"))))
    assert door.json(f"Basic/{id_of(answered)}")["subject"] == {"reference": "Patient/b-by"}


def test_an_entry_may_refer_to_itself(door: Door) -> None:
    (answered,) = responses(door, batch(creating(about(PERSON), PERSON)))
    told = door.json(f"Basic/{id_of(answered)}")
    assert told["subject"] == {"reference": f"Basic/{told['id']}"}


def test_a_full_url_is_told_once(door: Door) -> None:
    answered = responses(door, batch(creating(patient(), PERSON), creating(patient(), PERSON)))
    assert statuses(answered) == [201, 422]
    assert issue_of(answered[1])["expression"] == ["Bundle.entry[1].fullUrl"]


def test_entries_about_one_resource_follow_one_another(door: Door) -> None:
    puts = [putting(patient(id="b-one", multipleBirthInteger=n)) for n in range(12)]
    answered = responses(door, batch(*puts))
    assert statuses(answered) == [201] + [200] * 11
    assert [response["etag"] for response in answered] == [f'W/"{n}"' for n in range(1, 13)]
    assert door.json("Patient/b-one")["multipleBirthInteger"] == 11


def test_however_many_entries_are_about_one_resource(door: Door) -> None:
    """More than a request is resolved anew while others change what it depends on."""
    conditions = [f"{SYSTEM}%7Cb-many", "b-many"]
    puts = [
        entry("PUT", f"Patient?identifier={conditions[n % 2]}", patient("b-many", multipleBirthInteger=n))
        for n in range(MOST_TRIES + 20)
    ]
    answered = responses(door, batch(*puts))
    assert statuses(answered) == [201] + [200] * (len(puts) - 1)
    assert [response["etag"] for response in answered] == [f'W/"{n + 1}"' for n in range(len(puts))]


def test_entries_with_one_condition_make_one(door: Door) -> None:
    one = creating(patient("b-once"), ifNoneExist=f"identifier={SYSTEM}|b-once")
    answered = responses(door, batch(*[one] * 30))
    assert sorted(statuses(answered)) == [200] * 29 + [201]
    assert len({(response["location"], response["lastModified"]) for response in answered}) == 1


def test_a_whole_batch_may_be_refused_entry_by_entry(door: Door) -> None:
    before = end_of(door)
    answered = responses(door, batch(*(creating(patient(active=n)) for n in range(250))))
    assert statuses(answered) == [422] * 250
    assert [issue_of(one)["expression"] for one in answered] == [
        [f"Bundle.entry[{n}].resource.active"] for n in range(250)
    ]
    assert end_of(door) == before


def test_no_entries_are_answered_with_none(door: Door) -> None:
    answer = send(door, {"resourceType": "Bundle", "type": "batch"})
    assert answer.json() == {"resourceType": "Bundle", "type": "batch-response"}


@pytest.mark.parametrize("entries", [1, 2])
def test_a_bundle_without_its_resources_has_a_largest_size(door: Door, entries: int) -> None:
    bundle = orjson.dumps(batch(*[entry("DELETE", "Basic/never")] * entries))
    room = 1024 * 1024 + entries * 1024 - len(bundle)
    send(door, bundle[:-1] + b" " * room + b"}")
    issue = outcome_of(send(door, bundle[:-1] + b" " * (room + 1) + b"}", 413))
    assert issue["code"] == "too-long"


def test_reads_are_made_as_the_client_prefers_and_under_its_id(door: Door) -> None:
    whole, said = batch(entry("GET", "Patient?unknown=1")), {"X-Request-Id": "of-the-client"}
    (refused,) = responses(door, whole, said)
    assert issue_of(refused)["diagnostics"] == "request of-the-client"
    assert issue_of(refused)["expression"] == ["Bundle.entry[0].request.url"]
    lenient = responses(door, whole, said | {"Prefer": "handling=lenient"})
    assert statuses([refused, *lenient]) == [400, 200]
