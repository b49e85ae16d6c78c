"""Whatever a request looks like, it is answered, and never with an error of the server's own.

https://hl7.org/fhir/R4/http.html#Status-Codes, https://hl7.org/fhir/R4/security.html#http
"""

import gzip
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import NamedTuple

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fhir_api.running import Door, prepare, projecting, services_of, serving

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
PLACES = [
    "Patient",
    "Observation",
    "Nothing",
    "metadata",
    "_history",
    "_search",
    "$everything",
    "p",
    "1",
    "",
    ".",
    "..",
]
LEFT_ALONE = "left-alone"
"""A Patient that no random request names."""

NAMES = [
    "_id",
    "identifier",
    "_lastUpdated",
    "_sort",
    "_count",
    "_page",
    "_format",
    "_pretty",
    "_since",
    "_type",
]
NAMES += ["_at", "start", "end", "name", "_include", "_summary"]
VALUES = [
    "p",
    "1",
    "0",
    "-1",
    "2024",
    "gt2024-05",
    "_lastUpdated",
    "a|b",
    "|",
    "a|",
    ",",
    "\\",
    "json",
    "xml",
    "true",
    "AAAA",
]
HEADERS = [
    "Accept",
    "If-None-Match",
    "If-Modified-Since",
    "If-Match",
    "If-None-Exist",
    "Prefer",
    "X-EHR-Position",
    "Host",
]
HEADERS += [
    "Content-Type",
    "Content-Encoding",
    "Idempotency-Key",
    "X-Request-Id",
    "X-EHR-Facility",
    "Range",
    "Expect",
]
TOLD = [
    "*/*",
    "application/fhir+json",
    "text/html",
    'W/"1"',
    "*",
    "0",
    "999999999999999999",
    "handling=lenient",
    "gzip",
]
TOLD += [
    "return=minimal",
    "identifier=a|b",
    "application/x-www-form-urlencoded",
    "bytes=0-1",
    "[",
    "Fri, 99 Foo",
]
BODIES = [
    b"",
    b"{}",
    b"[]",
    b'{"resourceType":"Patient"}',
    b'{"resourceType":"Patient","id":"p"}',
    b"_id=p&_count=1",
]
BODIES += [
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"%s"}}]}',
    b"\x1f\x8b\x08",
]


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode(errors="surrogatepass"))


class Request(NamedTuple):
    method: str
    target: str
    headers: list[tuple[str, bytes]]
    body: bytes


odd = st.one_of(st.text(max_size=20), st.text(st.characters(categories=["Cc", "Cs", "Co", "Zs"]), max_size=4))
segments = st.one_of(
    st.sampled_from(PLACES),
    odd.map(percent),
    st.binary(max_size=5).map(lambda b: "".join(f"%{x:02x}" for x in b)),
)
pairs = st.tuples(
    st.one_of(st.sampled_from(NAMES), odd.map(percent)),
    st.one_of(st.sampled_from(VALUES).map(percent), odd.map(percent)),
).map("=".join)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.encode)
told = st.one_of(
    st.sampled_from(TOLD).map(str.encode), printable, st.binary(max_size=10).map(bytes.hex).map(str.encode)
)
requests = st.builds(
    Request,
    st.sampled_from(METHODS),
    st.builds(
        lambda path, query: (
            "/fhir" + "".join(f"/{one}" for one in path) + ("?" + "&".join(query) if query else "")
        ),
        st.lists(segments, max_size=5),
        st.lists(pairs, max_size=4),
    ),
    st.lists(st.tuples(st.sampled_from(HEADERS), told), max_size=4),
    st.one_of(st.sampled_from(BODIES), st.binary(max_size=50)),
)


def ask(door: Door, request: Request) -> bytes:
    """Sends the bytes as they are, and gives all that is answered."""
    host, _, port = door.address.removeprefix("http://").partition(":")
    names = [name for name, _ in request.headers]
    lines = [f"{request.method} {request.target} HTTP/1.1".encode()]
    lines += [name.encode() + b": " + value for name, value in request.headers]
    lines += [] if "Host" in names else [b"Host: localhost"]
    lines += [b"Content-Length: %d" % len(request.body), b"Connection: close", b"", b""]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"\r\n".join(lines) + request.body)
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server that waits for nothing."""
    prepare(module_database)
    services = services_of(module_database, visibility_wait=0.0)
    with projecting(module_database), serving(module_database, services) as served:
        for id_ in ("p", LEFT_ALONE):
            person = {"resourceType": "Patient", "id": id_, "identifier": [{"system": "a", "value": id_}]}
            assert served.put(person).status_code == 201
        yield served


@given(request=requests)
@settings(max_examples=800, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_request_breaks_the_server(door: Door, request: Request) -> None:
    answer = ask(door, request)
    status = status_of(answer)
    waited = status == 503 and any(name == "X-EHR-Position" for name, _ in request.headers)
    assert 200 <= status < 500 or waited, answer
    head, _, body = answer.partition(b"\r\n\r\n")
    if status >= 400 and b"x-request-id" in head.lower() and request.method != "HEAD":
        assert orjson.loads(body)["resourceType"] == "OperationOutcome"


def get(target: str, *headers: tuple[str, bytes]) -> Request:
    return Request("GET", target, list(headers), b"")


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"[",
        b"[::1",
        b"a b",
        b'"><script>',
        b"a/b",
        b"a@b",
        b"a:port",
        b"a:123456",
        b"\xff",
        b"x" * 300,
        b"a,b",
        b"?",
    ],
)
@pytest.mark.parametrize("target", ["/fhir/Patient", "/fhir/Patient/p/_history", "/fhir/metadata"])
def test_a_host_that_is_none_is_refused(door: Door, host: bytes, target: str) -> None:
    answer = ask(door, get(target, ("Host", host)))
    assert status_of(answer) == 400
    assert b"script" not in answer


@pytest.mark.parametrize("id_", [".", ".."])
@pytest.mark.parametrize("address", ["/fhir/Patient/%s", "/fhir/Patient?identifier=dots|%s"])
def test_no_id_is_taken_that_addresses_cannot_name(door: Door, id_: str, address: str) -> None:
    body = b'{"resourceType":"Patient","id":"%b"}' % id_.encode()
    kind = [("Content-Type", b"application/fhir+json")]
    answer = ask(door, Request("PUT", address % id_.replace(".", "%2e"), kind, body))
    assert status_of(answer) == 400
    assert b"Patient.id" in answer


def test_two_hosts_are_refused(door: Door) -> None:
    answer = ask(door, get("/fhir/metadata", ("Host", b"localhost"), ("Host", b"localhost")))
    assert status_of(answer) == 400


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/fhir/Patient?" + "&".join(["_id=p"] * 51), 400),
        ("/fhir/Patient?_id=" + "x" * 8000, 200),
        ("/fhir/Patient?_id=" + ",".join(["x"] * 101), 400),
        ("/fhir/Patient?_id=%00", 400),
        ("/fhir/Patient?_id=%ff", 400),
        ("/fhir/Patient?_id=%ed%a0%80", 400),
        ("/fhir/Patient?identifier=%00|x", 400),
        ("/fhir/Patient/%00", 400),
        ("/fhir/Patient/%ff", 404),
        ("/fhir/Patient/p/_history/%00", 400),
        ("/fhir/Patient/" + "x" * 8000, 404),
        ("/fhir/Patient/..%2f..%2fetc", 404),
        ("/fhir//Patient", 200),
        ("/fhir/Patient//p", 404),
        (f"/fhir/Patient/{LEFT_ALONE}/", 200),
        ("/fhir/Patient/?_id=p", 200),
        ("/fhir/Patient?", 200),
        ("/fhir/Patient?&&", 200),
        ("/fhir/Patient?=", 400),
        ("/fhir/Patient?_id", 400),
        ("/fhir/Patient?%5Fid=p", 200),
        ("/fhirPatient", 404),
        ("/FHIR/Patient", 404),
    ],
)
def test_odd_addresses_have_plain_answers(door: Door, target: str, status: int) -> None:
    answer = ask(door, get(target))
    assert status_of(answer) == status, answer


@pytest.mark.parametrize(
    ("target", "kind", "status"),
    [
        ("/fhir/Patient/p", "text/plain", 415),
        ("/fhir/Nobody/p", "application/fhir+json", 404),
        ("/fhir/Patient/p", "application/fhir+json", 413),
    ],
)
def test_who_sends_a_long_body_reads_why_it_is_refused(
    door: Door, target: str, kind: str, status: int
) -> None:
    answer = ask(door, Request("PUT", target, [("Content-Type", kind.encode())], b" " * (40 << 20)))
    assert status_of(answer) == status


def test_a_body_that_unpacks_to_too_much_is_stopped(door: Door) -> None:
    bomb = gzip.compress(b" " * (100 << 20))
    headers = [("Content-Type", b"application/fhir+json"), ("Content-Encoding", b"gzip")]
    assert status_of(ask(door, Request("PUT", "/fhir/Patient/p", headers, bomb))) == 413
    form = [("Content-Type", b"application/x-www-form-urlencoded"), ("Content-Encoding", b"gzip")]
    assert status_of(ask(door, Request("POST", "/fhir/Patient/_search", form, bomb))) == 413


@pytest.mark.parametrize("encoding", [b"deflate", b"br", b"gzip, gzip", b"x"])
def test_other_encodings_are_refused(door: Door, encoding: bytes) -> None:
    headers = [("Content-Type", b"application/fhir+json"), ("Content-Encoding", encoding)]
    assert status_of(ask(door, Request("PUT", "/fhir/Patient/p", headers, b"{}"))) == 415


@given(
    token=st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda b: urlsafe_b64encode(b).decode()))
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.parametrize("place", ["Patient", "Patient/p/_history", "Patient/p/$everything"])
def test_no_token_can_be_made_up(door: Door, place: str, token: str) -> None:
    answer = ask(door, get(f"/fhir/{place}?_page={percent(token)}"))
    assert status_of(answer) == 400


@given(identifier=st.text(max_size=40), count=st.integers(1, 1000))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_identifier_may_be_looked_for(door: Door, identifier: str, count: int) -> None:
    escaped = "".join(f"\\{c}" if c in "\\,$|" else c for c in identifier)
    # Of a system that nobody has: what other random requests have stated may be found by anything else.
    answer = ask(door, get(f"/fhir/Patient?identifier=urn:nobody%7C{percent(escaped)}&_count={count}"))
    fits = "\0" not in identifier and not any("\ud800" <= c <= "\udfff" for c in identifier)
    assert status_of(answer) == (200 if fits else 400)
    assert not fits or orjson.loads(answer.partition(b"\r\n\r\n")[2])["total"] == 0
