"""Whatever is written to it, the server answers: with no error of its own and nothing of what it was sent.

https://hl7.org/fhir/R4/http.html#Status-Codes, https://hl7.org/fhir/R4/security.html#http,
https://hl7.org/fhir/R4/json.html. Many more trials: ``python -m tests.fhir_api.hostile 1000000``.
"""

import asyncio
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Request as Asked
from tests.fhir_api import hostile
from tests.fhir_api.bundles import creating, send, transaction
from tests.fhir_api.hostile import Reply, Request, complaint
from tests.fhir_api.hostile_bodies import CANARY
from tests.fhir_api.running import FHIR_JSON, Door, prepare, projecting, services_of

GROWTH = 64
"""MiB that memory may grow by over the second half of the trials."""

names = st.sampled_from(["resourceType", "id", "type", "entry", "request", "resource", "meta", "text", "x"])
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text()
words = st.sampled_from(
    ["Patient", "Bundle", "batch", "transaction", "POST", "PUT", "Patient/1", "urn:uuid:1"]
)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "fullUrl": values,
        "resource": values
        | st.fixed_dictionaries({"resourceType": st.just("Patient")}, optional={"id": values}),
        "request": values | st.fixed_dictionaries({"method": values | words, "url": values | words}),
        "extension": values,
    },
)
bundles = st.fixed_dictionaries(
    {"resourceType": st.just("Bundle"), "type": st.sampled_from(["batch", "transaction"])},
    optional={"entry": st.lists(entries, max_size=4) | values, "meta": values},
)
patiently = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def answered(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["resourceType"] == "OperationOutcome"


@given(value=values)
@patiently
def test_any_json_is_answered(door: Door, value: Any) -> None:
    for url in ("Patient", ""):
        answered(door.client.post(url, content=_json(value), headers=FHIR_JSON))


@given(bundle=bundles)
@patiently
def test_any_bundle_is_answered_with_as_many_entries(door: Door, bundle: Any) -> None:
    answer = door.client.post("", content=_json(bundle), headers=FHIR_JSON)
    answered(answer)
    if answer.status_code == 200:
        told = answer.json().get("entry", [])
        assert len(told) == len(bundle.get("entry", []))
        assert all(int(one["response"]["status"][:3]) < 500 for one in told)


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, or an integer beyond 64 bits
        return repr(value).encode("utf-8", "surrogatepass")


def test_hostile_writes_are_answered(database: str) -> None:
    report = hostile.run(database, range(1500))
    assert report.failures == []
    assert report.trials == 1500
    # A harness that is refused all of the time tries nothing.
    assert report.statuses[200] > 50
    assert report.statuses[201] > 25
    assert report.statuses[422] > 100
    assert report.grown < GROWTH


def test_the_same_seed_makes_the_same_request() -> None:
    assert hostile.request(Random(7)) == hostile.request(Random(7))
    assert hostile.request(Random(7)) != hostile.request(Random(8))


class Careless(HealthRecord):
    """A record that fails, and says over what."""

    async def state(self, request: Asked) -> Receipt:
        raise LookupError(CANARY, request)


def test_a_record_that_fails_is_noticed(database: str) -> None:
    prepare(database)
    with projecting(database):
        report = asyncio.run(
            hostile.trials(database, range(150), record=Careless(services_of(database).recorder))
        )
    assert report.failures
    assert all("answered 500" in reason or "met an error" in reason for _, reason in report.failures)
    assert not any(CANARY in reason for _, reason in report.failures)


ASKED = Request("POST", "/Patient", "", {}, b"")
ID = {"x-request-id": "1"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, ID, b"{}"),
        Reply(503, ID, b"{}"),
        Reply(400, {}, b"{}"),
        Reply(400, ID, b""),
        Reply(400, ID, b'{"resourceType":"Patient"}'),
        Reply(422, ID, orjson.dumps({"resourceType": "OperationOutcome", "issue": [{"code": CANARY}]})),
        Reply(
            422, ID, b'{"resourceType":"OperationOutcome","issue":[{"code":"x","diagnostics":"at call.py"}]}'
        ),
    ],
)
def test_what_is_wrong_with_an_answer_is_noticed(reply: Reply) -> None:
    assert complaint(ASKED, reply)


def test_an_entry_that_meets_an_error_is_noticed() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"code": "exception"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"response": {"status": "500", "outcome": failed}}]}
    assert complaint(Request("POST", "", "", {}, b""), Reply(200, ID, orjson.dumps(bundle)))
    assert complaint(Request("POST", "", "", {}, b""), Reply(200, ID, b'{"resourceType":"Bundle"}')) is None


@pytest.mark.parametrize(
    "entries",
    [
        b"{}," * 300_000 + b"{}",
        b"1," * 300_000 + b"1",
        b"[" * 300_000,
        b'{"request":{' * 100_000,
        b'"' + b"x" * 900_000,
    ],
)
def test_millions_of_nothings_are_refused_soon(door: Door, entries: bytes) -> None:
    for kind in (b"batch", b"transaction"):
        text = b'{"resourceType":"Bundle","type":"%b","entry":[%b]}' % (kind, entries)
        answer = door.client.post("", content=text, headers=FHIR_JSON)
        assert answer.status_code in (400, 413), answer.text
        assert len(answer.content) < 20_000


def test_an_answer_is_not_longer_than_anyone_reads(door: Door) -> None:
    """One wrong value in each of many entries, and many in one."""
    wrong = {"resourceType": "Patient", "name": [{"given": [n]} for n in range(2000)]}
    issues = send(door, transaction(*[creating(wrong)] * 200), 422).json()["issue"]
    assert len(issues) == 100
