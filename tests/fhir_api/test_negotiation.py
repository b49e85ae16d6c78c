"""What a body may be: media types, encodings, sizes.

https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#Status-Codes,
https://www.rfc-editor.org/rfc/rfc9110#section-8.4 (Content-Encoding)
"""

import gzip
import socket
import zlib
from collections.abc import Iterator

import httpx
import orjson
import pytest

from fhir_api.bundles import BundleLimits
from tests.fhir_api.bundles import batch, creating, end_of, entry, issue_of, send, statuses, transaction
from tests.fhir_api.running import (
    FHIR_JSON,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)

LIMITS = BundleLimits(bytes=40_000, entries=20, resource=10_000)
PATIENT = b'{"resourceType":"Patient"}'


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with narrow limits."""
    prepare(module_database)
    services = services_of(module_database, limits=LIMITS)
    with projecting(module_database), serving(module_database, services) as served:
        yield served


def post(door: Door, body: bytes, url: str = "Patient", **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.post(url, content=body, headers=FHIR_JSON | given)


def of_size(size: int) -> bytes:
    """A Patient of so many bytes."""
    return PATIENT[:-1] + b',"language":"vi"' + b" " * (size - len(PATIENT) - 16) + b"}"


@pytest.mark.parametrize(
    "kind",
    [
        "application/fhir+json",
        "application/json",
        "application/json; charset=utf-8",
        "Application/FHIR+JSON;fhirVersion=4.0",
        "application/json+fhir",
        "text/json",
    ],
)
def test_json_is_taken(door: Door, kind: str) -> None:
    assert post(door, PATIENT, Content_Type=kind).status_code == 201


@pytest.mark.parametrize(
    "kind",
    [
        "application/fhir+json; fhirVersion=3.0",
        "application/fhir+xml",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "json",
        "*/*",
    ],
)
@pytest.mark.parametrize(("method", "url"), [("POST", "Patient"), ("PUT", "Patient/n"), ("POST", "")])
def test_nothing_else_is(door: Door, kind: str, method: str, url: str) -> None:
    before = end_of(door)
    answer = door.client.request(method, url, content=PATIENT, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert outcome_of(answer)["code"] == "not-supported"
    assert end_of(door) == before


@pytest.mark.parametrize(("method", "url"), [("POST", "Patient"), ("PUT", "Patient/n"), ("POST", "")])
def test_nor_is_what_has_no_type(door: Door, method: str, url: str) -> None:
    """A browser sends that for any page, without asking first."""
    request = door.client.build_request(method, url, content=PATIENT)
    request.headers.pop("content-type", None)
    before = end_of(door)
    answer = door.client.send(request)
    assert (answer.status_code, outcome_of(answer)["code"]) == (415, "not-supported")
    assert end_of(door) == before


@pytest.mark.parametrize(
    ("accept", "status"), [("application/fhir+xml", 406), ("*/*", 201), ("text/html, */*;q=0.1", 201)]
)
def test_an_answer_that_nobody_wants_is_not_made(door: Door, accept: str, status: int) -> None:
    before = end_of(door)
    assert post(door, PATIENT, Accept=accept).status_code == status
    assert end_of(door) == before + (status == 201)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_bodies_may_be_compressed(door: Door, encoding: str) -> None:
    answer = post(door, gzip.compress(of_size(9_000), mtime=0), Content_Encoding=encoding)
    assert answer.status_code == 201
    assert (
        post(door, gzip.compress(orjson.dumps(transaction())), "", Content_Encoding="gzip").status_code == 422
    )
    bundle = transaction(creating({"resourceType": "Patient"}))
    packed = gzip.compress(orjson.dumps(bundle), mtime=0)
    assert post(door, packed, "", Content_Encoding=encoding).status_code == 200


def test_compressed_bodies_may_come_in_pieces(door: Door) -> None:
    packed = gzip.compress(of_size(5_000), mtime=0)
    pieces = [packed[n : n + 1] for n in range(len(packed))]
    headers = FHIR_JSON | {"Content-Encoding": "gzip"}
    assert door.client.post("Patient", content=iter(pieces), headers=headers).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        PATIENT,
        b"",
        gzip.compress(PATIENT, mtime=0)[:-4],
        gzip.compress(PATIENT, mtime=0)[:12],
        gzip.compress(PATIENT, mtime=0) + b"more",
        gzip.compress(PATIENT[:9], mtime=0) + gzip.compress(PATIENT[9:], mtime=0),
        zlib.compress(PATIENT),
        b"\x1f\x8b\x08" + b"\xff" * 30,
        gzip.compress(PATIENT, mtime=0)[:-8] + b"\0" * 8,
    ],
)
def test_damaged_gzip_is_refused(door: Door, body: bytes) -> None:
    answer = post(door, body, Content_Encoding="gzip")
    assert answer.status_code == 400
    assert "gzip" in outcome_of(answer)["details"]["text"]


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "chunked"])
def test_other_encodings_are_refused(door: Door, encoding: str) -> None:
    answer = post(door, PATIENT, Content_Encoding=encoding)
    assert answer.status_code == 415
    assert "gzip" in outcome_of(answer)["details"]["text"]


def too_long(answer: httpx.Response) -> Json:
    assert answer.status_code == 413
    issue = outcome_of(answer)
    assert issue["code"] == "too-long"
    return issue


def test_a_resource_has_a_largest_size(door: Door) -> None:
    assert post(door, of_size(10_000)).status_code == 201
    before = end_of(door)
    too_long(post(door, of_size(10_001)))
    too_long(post(door, gzip.compress(of_size(10_001), mtime=0), Content_Encoding="gzip"))
    too_long(door.client.put("Patient/n", content=of_size(10_001), headers=FHIR_JSON))
    assert end_of(door) == before


def test_so_has_one_in_a_bundle(door: Door) -> None:
    good, large = creating({"resourceType": "Patient"}), creating(orjson.loads(of_size(100)))
    large["resource"]["name"] = [{"text": "x" * 10_000}]
    before = end_of(door)
    assert too_long(send(door, transaction(good, large), 413))["expression"] == ["Bundle.entry[1].resource"]
    assert end_of(door) == before
    answered = [one["response"] for one in send(door, batch(good, large, good)).json()["entry"]]
    assert statuses(answered) == [201, 413, 201]
    assert issue_of(answered[1])["expression"] == ["Bundle.entry[1].resource"]


def test_a_bundle_has_a_largest_size(door: Door) -> None:
    bundle = orjson.dumps(transaction(creating({"resourceType": "Patient"})))
    padded = bundle + b" " * (40_000 - len(bundle))
    assert post(door, padded, "").status_code == 200
    before = end_of(door)
    too_long(post(door, padded + b" ", ""))
    too_long(post(door, gzip.compress(padded + b" ", mtime=0), "", Content_Encoding="gzip"))
    too_long(post(door, gzip.compress(b" " * 100_000_000, mtime=0), "", Content_Encoding="gzip"))
    too_long(door.client.post("", content=iter([padded, b" "]), headers=FHIR_JSON))
    assert end_of(door) == before


@pytest.mark.parametrize("kind", [transaction, batch])
def test_a_bundle_has_a_largest_number_of_entries(door: Door, kind: object) -> None:
    assert callable(kind)
    one = creating({"resourceType": "Patient"})
    assert len(send(door, kind(*[one] * 20)).json()["entry"]) == 20
    before = end_of(door)
    assert too_long(send(door, kind(*[one] * 21), 413))["expression"] == ["Bundle.entry"]
    assert too_long(send(door, kind(*[None] * 7_000), 413))["expression"] == ["Bundle.entry"]
    assert too_long(send(door, kind(*[{}] * 9_000), 413))["expression"] == ["Bundle.entry"]
    assert end_of(door) == before


def test_nothing_is_too_deep_or_too_long_for_an_answer(door: Door) -> None:
    deep = b'{"resourceType":"Patient","extension":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    assert outcome_of(post(door, deep[:9_999]))["code"] == "structure"
    whole = orjson.dumps(transaction(entry("POST", "Patient"))).replace(
        b'"method"', b'"extension":' + b"[" * 15_000 + b"]" * 15_000 + b',"method"'
    )
    assert outcome_of(post(door, whole, ""))["code"] == "structure"
    number = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueInteger":'
        + b"9" * 5_000
        + b"}"
    )
    answer = post(door, number, "Observation")
    assert answer.status_code == 400
    outcome_of(answer)


def test_a_body_that_breaks_off_stores_nothing(door: Door) -> None:
    before = end_of(door)
    host, _, port = door.address.removeprefix("http://").partition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
                b"Content-Type: application/json\r\n\r\n" + PATIENT
            )
    assert post(door, PATIENT).status_code == 201
    assert end_of(door) == before + 1
