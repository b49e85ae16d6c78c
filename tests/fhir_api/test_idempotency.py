"""Idempotency-Key: a request that is sent again is answered as before, and done once.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header, docs/consistency.md
"""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    entry,
    issue_of,
    putting,
    send,
    statuses,
    transaction,
)
from tests.fhir_api.running import FHIR_JSON, Door, Json, outcome_of, prepare, projecting, serving

SYSTEM = "http://example.org/idempotency"
TOLD = ("location", "etag", "last-modified", "x-ehr-position")


def patient(**more: Any) -> Json:
    return {"resourceType": "Patient", **more}


def numbered(value: str, **more: Any) -> Json:
    return patient(identifier=[{"system": SYSTEM, "value": value}], **more)


def ask(
    door: Door, method: str, url: str, key: str, resource: Json | None = None, **headers: str
) -> httpx.Response:
    body = orjson.dumps(resource) if resource else b""
    given = {name.replace("_", "-"): value for name, value in headers.items()} | {"Idempotency-Key": key}
    return door.client.request(method, url, content=body, headers=FHIR_JSON | given)


def same(one: httpx.Response, other: httpx.Response) -> bool:
    def told(answer: httpx.Response) -> list[Any]:
        return [answer.status_code, answer.content, *(answer.headers.get(name) for name in TOLD)]

    return told(one) == told(other)


@pytest.mark.parametrize(
    ("method", "url", "resource", "headers", "status"),
    [
        ("POST", "Patient", patient(active=True), {}, 201),
        ("POST", "Patient", numbered("new"), {"If_None_Exist": f"identifier={SYSTEM}|new"}, 201),
        ("POST", "Patient", numbered("old"), {"If_None_Exist": f"identifier={SYSTEM}|old"}, 200),
        ("PUT", "Patient/i-new", patient(id="i-new"), {}, 201),
        ("PUT", "Patient/i-old", patient(id="i-old", active=True), {"If_Match": "1"}, 200),
        ("PUT", "Patient/i-same", patient(id="i-same"), {}, 200),
        ("PUT", f"Patient?identifier={SYSTEM}|put", numbered("put"), {}, 201),
        ("DELETE", "Patient/i-gone", None, {}, 204),
        ("DELETE", "Patient/i-never", None, {}, 204),
    ],
)
def test_a_repeat_is_answered_equally_and_done_once(
    door: Door, method: str, url: str, resource: Json | None, headers: dict[str, str], status: int
) -> None:
    for id_ in ("i-old", "i-same", "i-gone"):
        if door.client.get(f"Patient/{id_}").status_code == 404:
            door.put(patient(id=id_))
    if door.json(f"Patient?identifier={SYSTEM}|old")["total"] == 0:
        door.send("POST", "Patient", numbered("old"))
    key = f"{method} {url} {status} {len(headers)}"
    first = ask(door, method, url, key, resource, **headers)
    assert first.status_code == status
    before = end_of(door)
    assert same(ask(door, method, url, key, resource, **headers), first)
    assert end_of(door) == before


def test_the_answer_stays_what_others_do_later(door: Door) -> None:
    first = ask(door, "PUT", "Patient/i-later", "later", patient(id="i-later"))
    door.put(patient(id="i-later", active=True))
    assert same(ask(door, "PUT", "Patient/i-later", "later", patient(id="i-later")), first)
    door.client.delete("Patient/i-later")
    assert same(ask(door, "PUT", "Patient/i-later", "later", patient(id="i-later")), first)
    door.get("Patient/i-later", 410)


def test_other_content_under_the_same_key_is_refused(door: Door) -> None:
    ask(door, "PUT", "Patient/i-other", "other", patient(id="i-other"))
    before = end_of(door)
    changes = [
        ("PUT", "Patient/i-other", patient(id="i-other", active=True), {}),
        ("PUT", "Patient/i-other", patient(id="i-other"), {"If_Match": "1"}),
        ("POST", "Patient", patient(id="i-other"), {}),
        ("DELETE", "Patient/i-other", None, {}),
    ]
    for method, url, resource, headers in changes:
        answer = ask(door, method, url, "other", resource, **headers)
        assert answer.status_code == 422
        assert outcome_of(answer)["code"] == "duplicate"
    assert send(door, transaction(creating(patient())), 422, {"Idempotency-Key": "other"})
    assert end_of(door) == before


def test_keys_are_each_clients_own(door: Door) -> None:
    made = [
        ask(door, "POST", "Patient", "own", patient(), X_EHR_Client=client).headers["location"]
        for client in ("one", "two", "one")
    ]
    assert made[0] == made[2] != made[1]


@pytest.mark.parametrize(("name", "status"), [("c" * 100, 201), ("ệ" * 100, 201), ("c" * 101, 400)])
def test_clients_with_long_names_do_not_become_one(door: Door, name: str, status: int) -> None:
    headers = [*FHIR_JSON.items(), ("Idempotency-Key", "long")]
    client = [("X-EHR-Client", name.encode().decode("latin-1"))]
    answer = door.client.post("Patient", content=orjson.dumps(patient()), headers=_raw([*headers, *client]))
    assert answer.status_code == status


def _raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


def _by(door: Door, kind: str, key: str, status: int) -> httpx.Response:
    """The answer to a request of one kind that brings a new Patient."""
    if kind == "create":
        answer = ask(door, "POST", "Patient", key, patient())
        assert answer.status_code == (201 if status == 200 else status)
        return answer
    bundle = {"batch": batch, "transaction": transaction}[kind](creating(patient()))
    return send(door, bundle, status, {"Idempotency-Key": key})


@pytest.mark.parametrize("second", ["create", "transaction", "batch"])
@pytest.mark.parametrize("first", ["create", "transaction", "batch"])
def test_a_key_is_of_one_kind_of_request(door: Door, first: str, second: str) -> None:
    key = f"{first}, then {second}"
    _by(door, first, key, 200)
    before = end_of(door)
    answer = _by(door, second, key, 200 if first == second else 422)
    if first != second:
        assert outcome_of(answer)["code"] == "duplicate"
    assert end_of(door) == before


def test_a_refusal_is_not_remembered(door: Door) -> None:
    refused = ask(door, "PUT", "Patient/i-wait", "wait", patient(id="i-wait", active=True), If_Match="1")
    assert refused.status_code == 412
    door.put(patient(id="i-wait"))
    taken = ask(door, "PUT", "Patient/i-wait", "wait", patient(id="i-wait", active=True), If_Match="1")
    assert (taken.status_code, taken.headers["etag"]) == (200, 'W/"2"')


@pytest.mark.parametrize(("key", "status"), [("", 400), ("k" * 200, 201), ("k" * 201, 400)])
def test_a_key_has_a_length(door: Door, key: str, status: int) -> None:
    assert ask(door, "POST", "Patient", key, patient()).status_code == status


def test_a_key_has_no_control_characters(door: Door) -> None:
    assert outcome_of(ask(door, "POST", "Patient", "a\tb", patient()))["code"] == "invalid"


def test_the_key_of_a_batch_may_be_as_long_as_any(door: Door) -> None:
    bundle = batch(*(creating(patient()) for _ in range(12)))
    headers = {"Idempotency-Key": "b" * 200}
    first = send(door, bundle, headers=headers)
    assert statuses([one["response"] for one in first.json()["entry"]]) == [201] * 12
    assert same(send(door, bundle, headers=headers), first)


@pytest.mark.parametrize("key", ["apart#0", "apart:0", "apart/0", "apart 0", "apart0"])
def test_no_key_is_that_of_an_entry_of_a_batch(door: Door, key: str) -> None:
    (of_entry,) = send(door, batch(creating(patient())), headers={"Idempotency-Key": "apart"}).json()["entry"]
    alone = ask(door, "POST", "Patient", key, patient())
    assert alone.status_code == 201
    assert not alone.headers["location"].endswith(of_entry["response"]["location"])


def mixed(door: Door, mark: str) -> list[Json]:
    """Entries of every kind, and what they take for granted."""
    for id_ in ("same", "amended", "gone"):
        door.put(patient(id=f"{mark}-{id_}"))
    door.send("POST", "Patient", numbered(f"{mark}-old"))
    return [
        creating(patient()),
        creating(numbered(f"{mark}-old"), ifNoneExist=f"identifier={SYSTEM}|{mark}-old"),
        creating(numbered(f"{mark}-new"), ifNoneExist=f"identifier={SYSTEM}|{mark}-new"),
        putting(patient(id=f"{mark}-same")),
        putting(patient(id=f"{mark}-amended", active=True)),
        entry("DELETE", f"Patient/{mark}-gone"),
        entry("DELETE", f"Patient/{mark}-never"),
    ]


@pytest.mark.parametrize("prefer", ["minimal", "representation"])
def test_a_transaction_is_repeated_equally(door: Door, prefer: str) -> None:
    bundle = transaction(*mixed(door, f"t-{prefer}"))
    headers = {"Idempotency-Key": f"transaction {prefer}", "Prefer": f"return={prefer}"}
    first = send(door, bundle, headers=headers)
    assert statuses([one["response"] for one in first.json()["entry"]]) == [201, 200, 201, 200, 200, 204, 204]
    before = end_of(door)
    assert same(send(door, bundle, headers=headers), first)
    assert end_of(door) == before
    bundle["entry"].pop()
    assert outcome_of(send(door, bundle, 422, headers))["code"] == "duplicate"


def test_a_transaction_of_reads_alone_is_repeated(door: Door) -> None:
    bundle = transaction(entry("GET", "Patient/absent"))
    headers = {"Idempotency-Key": "reads", "X-Request-Id": "one"}
    assert same(send(door, bundle, headers=headers), send(door, bundle, headers=headers))


def test_each_entry_of_a_batch_is_repeated_equally(door: Door) -> None:
    entries = [*mixed(door, "b"), creating(patient(active="wrong"))]
    headers = {"Idempotency-Key": "batch", "X-Request-Id": "one"}
    first = send(door, batch(*entries), headers=headers)
    before = end_of(door)
    assert same(send(door, batch(*entries), headers=headers), first)
    assert end_of(door) == before
    # The entry that was refused may come corrected under the same key, another one may not change.
    entries[7], entries[4] = creating(patient(active=True)), putting(patient(id="b-amended", active=False))
    again = send(door, batch(*entries), headers=headers).json()["entry"]
    assert again[:4] + again[5:7] == first.json()["entry"][:4] + first.json()["entry"][5:7]
    assert statuses([again[4]["response"], again[7]["response"]]) == [422, 201]
    assert issue_of(again[4]["response"])["code"] == "duplicate"
    assert end_of(door) == before + 1


@pytest.mark.parametrize("kind", ["create", "transaction", "batch"])
def test_many_repeats_at_once_are_one(door: Door, kind: str) -> None:
    before = end_of(door)
    bundle = {"transaction": transaction, "batch": batch}.get(kind, batch)
    body = orjson.dumps(patient() if kind == "create" else bundle(creating(patient()), creating(patient())))
    url = "Patient" if kind == "create" else ""
    answers = asyncio.run(_at_once(door, url, body, f"crowd {kind}"))
    assert {answer.status_code for answer in answers} == {201 if kind == "create" else 200}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers.get("location") for answer in answers}) == 1
    assert end_of(door) == before + (1 if kind == "create" else 2)


async def _at_once(door: Door, url: str, body: bytes, key: str) -> list[httpx.Response]:
    headers = FHIR_JSON | {"Idempotency-Key": key}
    async with httpx.AsyncClient(base_url=f"{door.address}/fhir/", timeout=60) as client:
        return await asyncio.gather(*(client.post(url, content=body, headers=headers) for _ in range(64)))


def test_keys_outlive_the_server(database: str) -> None:
    prepare(database)
    bundle = transaction(creating(patient(), "urn:uuid:6f5b8a52-2c8e-4b43-9a6b-0e2a40d1f001"))
    headers = {"Idempotency-Key": "t"}
    with projecting(database):
        with serving(database) as door:
            first = ask(door, "POST", "Patient", "k", patient()), send(door, bundle, headers=headers)
        with serving(database) as door:
            again = ask(door, "POST", "Patient", "k", patient()), send(door, bundle, headers=headers)
            assert end_of(door) == 2
    assert (
        first[0].headers["location"].rpartition("/fhir/")[2]
        == again[0].headers["location"].rpartition("/fhir/")[2]
    )
    assert first[0].content == again[0].content
    assert same(first[1], again[1])
