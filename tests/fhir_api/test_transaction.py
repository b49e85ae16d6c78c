"""Transactions.

https://hl7.org/fhir/R4/http.html#transaction, https://hl7.org/fhir/R4/http.html#trules,
https://hl7.org/fhir/R4/http.html#transaction-response, https://hl7.org/fhir/R4/bundle.html
"""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fhir_api.intake import validate
from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    entry,
    facts_after,
    id_of,
    putting,
    refused,
    responses,
    send,
    statuses,
    transaction,
)
from tests.fhir_api.running import FHIR_JSON, Door, Json, outcome_of

SYSTEM = "http://example.org/transaction"
PERSON = "urn:uuid:6f5b8a52-2c8e-4b43-9a6b-0e2a40d1f001"
VISIT = "urn:uuid:6f5b8a52-2c8e-4b43-9a6b-0e2a40d1f002"


def patient(value: str = "", **more: Any) -> Json:
    identifiers = {"identifier": [{"system": SYSTEM, "value": value}]} if value else {}
    return {"resourceType": "Patient", **identifiers, **more}


def observation(subject: str, **more: Any) -> Json:
    reference = {"subject": {"reference": subject}}
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **reference, **more}


def encounter(subject: str) -> Json:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": kind,
        "subject": {"reference": subject},
    }


def resource_of(door: Door, response: Json) -> Json:
    found: Json = door.json(response["location"].partition("/_history")[0])
    return found


def test_entries_refer_to_each_other_before_they_have_ids(door: Door) -> None:
    before = end_of(door)
    answered = responses(
        door,
        transaction(
            creating(observation(PERSON, encounter={"reference": VISIT})),
            creating(encounter(PERSON), VISIT),
            creating(patient(), PERSON),
        ),
    )
    assert statuses(answered) == [201, 201, 201]
    weighed, visited, person = answered
    told = resource_of(door, weighed)
    assert told["subject"] == {"reference": f"Patient/{id_of(person)}"}
    assert told["encounter"] == {"reference": f"Encounter/{id_of(visited)}"}
    assert resource_of(door, visited)["subject"] == told["subject"]
    documented, registered = sorted(facts_after(door, before), key=lambda fact: len(fact.resources))[::-1]
    assert [one.version.type for one in documented.resources] == ["Encounter", "Observation"]
    assert (documented.fact.name, registered.fact.name) == ("EncounterDocumented", "CitizenRegistered")


def test_each_entry_is_answered_in_its_place(door: Door) -> None:
    door.put(patient(id="t-read"))
    door.put(patient(id="t-deleted"))
    door.put(patient("t-found", id="t-found"))
    door.put(patient(id="t-same"))
    answered = responses(
        door,
        transaction(
            entry("GET", "Patient/t-read"),
            putting(patient(id="t-new")),
            entry("DELETE", "Patient/t-deleted"),
            creating(patient("t-found"), ifNoneExist=f"identifier={SYSTEM}|t-found"),
            putting(patient(id="t-read", active=True)),
            putting(patient(id="t-same")),
            entry("DELETE", "Patient/t-never"),
            entry("DELETE", f"Patient?identifier={SYSTEM}|none"),
            entry("PUT", f"Patient?identifier={SYSTEM}|t-made", patient("t-made")),
        ),
    )
    assert statuses(answered) == [200, 201, 204, 200, 200, 200, 204, 204, 201]
    assert [response.get("etag") for response in answered] == [
        *('W/"2"', 'W/"1"', 'W/"2"', 'W/"1"', 'W/"2"', 'W/"1"', None, None, 'W/"1"')
    ]
    places = [response.get("location") for response in answered]
    assert places[1] == "Patient/t-new/_history/1"
    assert places[3:6] == [
        "Patient/t-found/_history/1",
        "Patient/t-read/_history/2",
        "Patient/t-same/_history/1",
    ]
    assert [places[n] for n in (0, 2, 6, 7)] == [None] * 4
    for n in (1, 3, 4, 5, 8):
        assert answered[n]["lastModified"] == resource_of(door, answered[n])["meta"]["lastUpdated"]
    assert answered[2]["lastModified"] == answered[1]["lastModified"]
    door.get("Patient/t-deleted", 410)


def test_what_is_made_at_once_has_one_time(door: Door) -> None:
    answered = responses(door, transaction(*(creating(patient()) for _ in range(20))))
    assert len({response["lastModified"] for response in answered}) == 1
    assert len({id_of(response) for response in answered}) == 20


def test_the_answer_is_valid(door: Door) -> None:
    bundle = transaction(creating(patient()), entry("GET", "Patient/absent"), entry("GET", "Patient?_id=x"))
    for prefer in ("minimal", "representation"):
        answer = send(door, bundle, headers={"Prefer": f"return={prefer}"})
        assert validate(answer.json(), "Bundle") == []
        assert ("resource" in answer.json()["entry"][0]) == (prefer == "representation")
    assert send(door, transaction() | {"entry": []}, 422)
    empty = send(door, {"resourceType": "Bundle", "type": "transaction"})
    assert empty.json() == {"resourceType": "Bundle", "type": "transaction-response"}


def test_the_representation_is_what_is_read(door: Door) -> None:
    door.put(patient("t-rep", id="t-rep"))
    bundle = transaction(
        creating(patient(active=True)),
        creating(patient("t-rep"), ifNoneExist=f"identifier={SYSTEM}|t-rep"),
        entry("DELETE", "Patient/t-absent"),
    )
    told = send(door, bundle, headers={"Prefer": "return=representation"}).json()["entry"]
    for one in told[:2]:
        assert one["resource"] == resource_of(door, one["response"])
    assert "resource" not in told[2]


def test_reads_come_last_and_see_what_was_written(door: Door) -> None:
    bundle = transaction(
        entry("GET", f"Patient?identifier={SYSTEM}|t-seen"),
        entry("GET", "Patient/t-seen", ifNoneMatch='W/"1"'),
        entry("GET", "Patient/t-seen", ifNoneMatch='W/"2"'),
        entry("GET", "Patient/t-gone"),
        putting(patient("t-seen", id="t-seen")),
    )
    told = send(door, bundle).json()["entry"]
    assert told[0]["resource"]["total"] == 1
    assert statuses([one["response"] for one in told]) == [200, 304, 200, 404, 201]
    assert told[2]["resource"]["id"] == "t-seen"
    assert told[3]["response"]["outcome"]["issue"][0]["code"] == "not-found"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("Patient?ages=x", "ages"),
        ("Patient?_format=xml", "json"),
        ("Patient/x?name=x", "name"),
        ("Patient/x/_history?_count=many", "_count"),
        ("Patient/x/_history?_page=invented", "_page"),
        ("Patient/x/_history/1?name=x", "name"),
        ("Patient/x/$everything?_type=Nothing", "_type"),
        ("Patient/x/$everything?_count=0", "_count"),
        ("metadata?name=x", "name"),
        ("Nothing/x", "address"),
        ("Patient/x/$nothing", "address"),
    ],
)
def test_a_read_that_cannot_be_carried_out_refuses_the_whole(door: Door, url: str, named: str) -> None:
    bundle = transaction(creating(patient()), entry("GET", url))
    before = end_of(door)
    answer = door.client.post("", json=bundle)
    assert 400 <= answer.status_code < 500
    issue = outcome_of(answer)
    assert issue["expression"] == ["Bundle.entry[1].request.url"]
    assert named in issue["details"]["text"]
    assert end_of(door) == before


def test_a_conditional_reference_is_resolved(door: Door) -> None:
    door.put(patient("t-ref", id="t-ref"))
    links = [f"Patient?identifier={SYSTEM}|t-ref", f"Patient?identifier={SYSTEM.replace(':', '%3A')}%7Ct-ref"]
    for link in links:
        (response,) = responses(door, transaction(creating(observation(link))))
        assert resource_of(door, response)["subject"] == {"reference": "Patient/t-ref"}


@pytest.mark.parametrize("condition", ["", f"identifier={SYSTEM}|t-new-{{}}"])
def test_a_conditional_reference_may_match_what_the_transaction_makes(door: Door, condition: str) -> None:
    value = f"t-new-{len(condition)}"
    conditions = {"ifNoneExist": condition.format(len(condition))} if condition else {}
    bundle = transaction(
        creating(observation(f"Patient?identifier={SYSTEM}|{value}")),
        creating(patient(value), **conditions),
    )
    weighed, person = responses(door, bundle)
    assert resource_of(door, weighed)["subject"] == {"reference": f"Patient/{id_of(person)}"}


def test_a_conditional_reference_wants_one_match(door: Door) -> None:
    for id_ in ("t-two-1", "t-two-2"):
        door.put(patient("t-two", id=id_))
    place = "Bundle.entry[1]"
    lost = transaction(creating(patient()), creating(observation(f"Patient?identifier={SYSTEM}|t-lost")))
    assert refused(door, lost, 412, place)["code"] == "not-found"
    two = transaction(creating(patient()), creating(observation(f"Patient?identifier={SYSTEM}|t-two")))
    assert refused(door, two, 412, place)["code"] == "multiple-matches"
    undecidable = transaction(creating(patient()), creating(observation("Patient?ages=x")))
    assert refused(door, undecidable, 400, place)["code"] == "not-supported"
    nul = transaction(creating(patient()), creating(observation("Patient?identifier=a|%00")))
    assert refused(door, nul, 400, place)["code"] == "not-supported"


def test_two_entries_with_one_condition_make_one(door: Door) -> None:
    condition = {"ifNoneExist": f"identifier={SYSTEM}|t-once"}
    other = PERSON[:-1] + "9"
    bundle = transaction(
        creating(patient("t-once"), PERSON, **condition),
        creating(patient("t-once"), other, **condition),
        creating(observation(PERSON)),
        creating(observation(other)),
    )
    answered = responses(door, bundle)
    assert statuses(answered) == [201, 200, 201, 201]
    assert answered[0]["location"] == answered[1]["location"]
    subjects = [resource_of(door, response)["subject"] for response in answered[2:]]
    assert subjects == [{"reference": f"Patient/{id_of(answered[0])}"}] * 2


def test_what_is_found_and_updated_is_told_as_it_is_then(door: Door) -> None:
    door.put(patient("t-both", id="t-both"))
    finds = creating(patient("t-both"), ifNoneExist=f"identifier={SYSTEM}|t-both")
    bundle = transaction(finds, putting(patient("t-both", id="t-both", active=True)))
    told = send(door, bundle, headers={"Prefer": "return=representation"}).json()["entry"]
    assert [one["response"]["location"] for one in told] == ["Patient/t-both/_history/2"] * 2
    assert [one["resource"]["meta"]["versionId"] for one in told] == ["2", "2"]


def test_links_are_replaced_wherever_they_are_links_and_nowhere_else(door: Door) -> None:
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": PERSON}],
        "subject": {"reference": PERSON},
        "description": PERSON,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{PERSON}">{PERSON}</a></div>',
        },
        "content": [{"attachment": {"url": PERSON, "title": PERSON}}],
    }
    person, made = responses(door, transaction(creating(patient(), PERSON), creating(document)))
    reference = f"Patient/{id_of(person)}"
    told = resource_of(door, made)
    assert told["subject"]["reference"] == told["content"][0]["attachment"]["url"] == reference
    assert told["text"]["div"].endswith(f'<a href="{reference}">{PERSON}</a></div>')
    assert told["identifier"][0]["value"] == told["description"] == told["content"][0]["attachment"]["title"]
    assert told["description"] == PERSON


@pytest.mark.parametrize("link", ["http://far.example.org/fhir/Patient/7", "Patient/7"])
def test_full_urls_may_be_addresses(door: Door, link: str) -> None:
    bundle = transaction(
        creating(patient(id="7"), "http://far.example.org/fhir/Patient/7"),
        creating(observation(link, id="8"), "http://far.example.org/fhir/Observation/8"),
    )
    person, made = responses(door, bundle)
    assert resource_of(door, made)["subject"] == {"reference": f"Patient/{id_of(person)}"}


@pytest.mark.parametrize(
    "link", ["Patient/t-astray/_history/1", "http://far.example.org/fhir/Patient/t-astray/_history/1"]
)
def test_a_version_of_an_entry_is_never_taken_for_one_that_is_here(door: Door, link: str) -> None:
    door.put(patient(id="t-astray"))
    bundle = transaction(
        creating(patient(), "http://far.example.org/fhir/Patient/t-astray"),
        creating(observation(link), "http://far.example.org/fhir/Observation/8"),
    )
    assert refused(door, bundle, 400, "Bundle.entry[1]")["code"] == "not-found"


def test_what_another_server_says_is_never_taken_for_what_is_here(door: Door) -> None:
    door.put(patient(id="t-here"))
    far = transaction(creating(observation("Patient/t-here"), "http://far.example.org/fhir/Observation/8"))
    assert refused(door, far, 400, "Bundle.entry[0]")["code"] == "not-found"
    here = transaction(creating(observation("Patient/t-here"), f"{door.address}/fhir/Observation/8"))
    assert resource_of(door, responses(door, here)[0])["subject"] == {"reference": "Patient/t-here"}


@pytest.mark.parametrize("version", ["", "/_history/1"])
@pytest.mark.parametrize("bundle", [transaction, batch])
def test_this_server_is_not_named_by_its_address(
    door: Door, bundle: Callable[..., Json], version: str
) -> None:
    """It would be missing in the chart of its Patient."""
    door.put(patient(id="t-ours"))
    ours = f"{door.address}/fhir/Patient/t-ours{version}"
    body = orjson.dumps(observation(ours)).replace(b"/", b"\\/")
    refusal = door.client.post("Observation", content=body, headers=FHIR_JSON)
    assert (refusal.status_code, outcome_of(refusal)["code"]) == (400, "not-found")
    if bundle is batch:
        assert statuses(responses(door, batch(creating(observation(ours))))) == [400]
    else:
        refused(door, transaction(creating(observation(ours))), 400, "Bundle.entry[0]")
    theirs = ours.replace(door.address, "http://far.example.org")
    assert door.send("POST", "Observation", observation(theirs)).json()["subject"] == {"reference": theirs}


def test_an_entry_may_be_named_by_the_address_that_it_has_here(door: Door) -> None:
    address = f"{door.address}/fhir/Patient/t-mine"
    bundle = transaction(putting(patient(id="t-mine"), address), creating(observation(address)))
    assert resource_of(door, responses(door, bundle)[1])["subject"] == {"reference": "Patient/t-mine"}


def test_what_is_not_in_the_transaction_stays_as_it_is(door: Door) -> None:
    (made,) = responses(
        door, transaction(creating(observation("urn:uuid:00000000-0000-4000-8000-000000000000")))
    )
    assert resource_of(door, made)["subject"]["reference"].startswith("urn:uuid:0000")


GOOD = creating({"resourceType": "Patient", "active": True})
NOTHING = {"resourceType": "Parameters"}


@pytest.mark.parametrize(
    ("bad", "status", "below", "code"),
    [
        (creating(patient(birthDate="tomorrow")), 422, ".resource.birthDate", "value"),
        (creating({"resourceType": "Patient", "nonsense": 1}), 422, ".resource.nonsense", "structure"),
        (entry("POST", "Basic", patient()), 400, ".resource.resourceType", "invalid"),
        (entry("PUT", "Patient/a", patient(id="b")), 400, ".resource.id", "invalid"),
        (entry("PUT", "Patient/a", patient()), 400, ".resource.id", "invalid"),
        (entry("POST", "Patient"), 400, ".resource", "invalid"),
        (entry("POST", "Patient/1", patient()), 400, ".request.url", "invalid"),
        (entry("PUT", "Patient", patient()), 400, ".request.url", "invalid"),
        (entry("DELETE", "Patient"), 400, ".request.url", "invalid"),
        (entry("DELETE", "Patient/%00"), 400, ".request.url", "invalid"),
        (entry("DELETE", "Nothing/1"), 400, ".request.url", "invalid"),
        (entry("POST", "http://localhost/fhir/Patient", patient()), 400, ".request.url", "invalid"),
        (entry("POST", "ValueSet/$lookup", NOTHING), 400, ".request.url", "not-supported"),
        (entry("PATCH", "Patient/1", NOTHING), 400, ".request.method", "not-supported"),
        (entry("HEAD", "Patient/1"), 400, ".request.method", "not-supported"),
        (entry("FETCH", "Patient/1"), 422, ".request.method", "code-invalid"),
        ({"resource": patient()}, 400, ".request", "invalid"),
        ({"resource": patient(), "request": {"method": "POST"}}, 422, ".request.url", "required"),
        (entry("POST", "Patient", [1]), 422, ".resource", "structure"),
        (creating(patient(), ifMatch='W/"1"'), 400, "", "not-supported"),
        (putting(patient(id="x"), ifNoneMatch="*"), 400, "", "not-supported"),
        (putting(patient(id="x"), ifNoneExist="identifier=a|b"), 400, "", "not-supported"),
        (putting(patient(id="x"), ifMatch="x"), 400, "", "invalid"),
        (putting(patient(id="t-not-there"), ifMatch='W/"1"'), 412, "", "conflict"),
        (creating(patient(), ifNoneExist="ages=x"), 400, "", "not-supported"),
        (entry("DELETE", "Patient?ages=x"), 400, "", "not-supported"),
    ],
)  # fmt: skip
def test_one_bad_entry_refuses_the_whole(door: Door, bad: Json, status: int, below: str, code: str) -> None:
    for bundle, index in ((transaction(GOOD, bad), 1), (transaction(GOOD, GOOD, bad, GOOD), 2)):
        issue = refused(door, bundle, status, f"Bundle.entry[{index}]{below}")
        assert issue["code"] == code


def test_what_is_not_supported_is_named(door: Door) -> None:
    patch = refused(door, transaction(entry("PATCH", "Patient/1")), 400, "Bundle.entry[0].request.method")
    assert "PATCH" in patch["details"]["text"]
    lookup = entry("POST", "ValueSet/$lookup", NOTHING)
    assert (
        "$lookup" in refused(door, transaction(lookup), 400, "Bundle.entry[0].request.url")["details"]["text"]
    )


def test_all_that_is_wrong_is_told_at_once(door: Door) -> None:
    wrong = [
        creating(patient(birthDate="x")),
        GOOD,
        entry("DELETE", "Nothing/1"),
        creating(patient(active=1)),
    ]
    issues = send(door, transaction(*wrong), 422).json()["issue"]
    assert [issue["expression"] for issue in issues] == [
        ["Bundle.entry[0].resource.birthDate"],
        ["Bundle.entry[2].request.url"],
        ["Bundle.entry[3].resource.active"],
    ]
    many = send(door, transaction(*(creating(patient(birthDate="x")) for _ in range(300))), 422).json()[
        "issue"
    ]
    assert len(many) == 100


@pytest.mark.parametrize(
    ("text", "below"),
    [
        (b'{"resourceType":"Patient","active":true,"active":true}', ".active"),
        (b'{"resourceType":"Patient","name":[{"text":"\\u0000"}]}', ".name[0].text"),
    ],
)
def test_text_that_is_refused_has_a_place_too(door: Door, text: bytes, below: str) -> None:
    start = orjson.dumps(transaction(GOOD))[:-2]
    refused(
        door,
        start + b',{"request":{"method":"POST","url":"Patient"},"resource":%b}]}' % text,
        400,
        f"Bundle.entry[1].resource{below}",
    )


@pytest.mark.parametrize(
    "second",
    [
        putting(patient(id="t-dup", active=False)),
        entry("DELETE", "Patient/t-dup"),
        entry("PUT", f"Patient?identifier={SYSTEM}|t-dup", patient("t-dup", active=False)),
        entry("DELETE", f"Patient?identifier={SYSTEM}|t-dup"),
    ],
)
def test_a_resource_is_written_once(door: Door, second: Json) -> None:
    door.put(patient("t-dup", id="t-dup"))
    for first in (putting(patient(id="t-dup", active=True)), entry("DELETE", "Patient/t-dup")):
        assert refused(door, transaction(first, second), 400, "Bundle.entry[1]")["code"] == "invalid"


def test_what_one_entry_finds_another_cannot_delete(door: Door) -> None:
    door.put(patient("t-torn", id="t-torn"))
    finds = creating(patient("t-torn"), ifNoneExist=f"identifier={SYSTEM}|t-torn")
    refused(door, transaction(finds, entry("DELETE", "Patient/t-torn")), 400, "Bundle.entry[0]")
    refused(door, transaction(entry("DELETE", "Patient/t-torn"), finds), 400, "Bundle.entry[1]")


def test_one_condition_cannot_make_two(door: Door) -> None:
    puts = entry("PUT", f"Patient?identifier={SYSTEM}|t-twin", patient("t-twin"))
    refused(door, transaction(puts, puts), 400, "Bundle.entry[1]")


def test_full_urls_are_not_shared(door: Door) -> None:
    bundle = transaction(creating(patient(), PERSON), creating(patient(), PERSON))
    assert refused(door, bundle, 422, "Bundle.entry[1].fullUrl")["code"] == "invariant"


@pytest.mark.parametrize(
    ("bundle", "status", "expression"),
    [
        ({"resourceType": "Patient"}, 400, "Bundle.resourceType"),
        ({"resourceType": "Bundle", "type": "collection"}, 400, "Bundle.type"),
        ({"resourceType": "Bundle"}, 400, "Bundle.type"),
        ({"resourceType": "Bundle", "type": 1}, 400, "Bundle.type"),
        (transaction() | {"entry": 5}, 400, "Bundle.entry"),
        (transaction() | {"entry": [5]}, 400, "Bundle.entry[0]"),
        (transaction(GOOD) | {"nonsense": 1}, 422, "Bundle.nonsense"),
        (transaction(GOOD) | {"total": "many"}, 422, "Bundle.total"),
        ([], 400, "Bundle"),
    ],
)
def test_what_is_no_bundle_to_carry_out(door: Door, bundle: Any, status: int, expression: str) -> None:
    refused(door, bundle, status, expression)


def test_stale_versions_refuse_the_whole(door: Door) -> None:
    door.put(patient(id="t-stale"))
    door.put(patient(id="t-stale", active=True))
    ok = transaction(putting(patient(id="t-stale", active=False), ifMatch='W/"2"'), GOOD)
    assert statuses(responses(door, ok)) == [200, 201]
    refused(door, transaction(GOOD, putting(patient(id="t-stale"), ifMatch='W/"2"')), 412, "Bundle.entry[1]")
    refused(door, transaction(GOOD, entry("DELETE", "Patient/t-stale", ifMatch="2")), 412, "Bundle.entry[1]")


def test_ids_of_responses_are_ids(door: Door) -> None:
    (made,) = responses(door, transaction(GOOD))
    assert re.fullmatch(r"Patient/[A-Za-z0-9.-]{1,64}/_history/1", made["location"])
    door.get(made["location"])


def test_a_transaction_goes_to_the_base_alone(door: Door) -> None:
    for address in ("/fhir", "/fhir/"):
        answer = door.client.post(f"{door.address}{address}", json=transaction(GOOD))
        assert answer.status_code == 200
        assert answer.history == []
    assert door.client.post("?x=y", json=transaction(GOOD)).status_code == 400
