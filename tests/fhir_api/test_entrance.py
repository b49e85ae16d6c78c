"""Who is let in, and who is not: names of the server, browsers that other sites send, what is too long.

https://www.rfc-editor.org/rfc/rfc9110#section-7.2 (Host), https://www.w3.org/TR/fetch-metadata/,
https://www.rfc-editor.org/rfc/rfc9110#section-5.3 (repeated headers)
"""

from collections.abc import Mapping

import httpx
import orjson
import pytest
from playwright.sync_api import Browser
from starlette.datastructures import Headers

from fhir_api.access.hosts import Hosts, host_name, is_loopback
from fhir_api.access.origins import is_foreign
from tests.fhir_api.bundles import batch, end_of, entry
from tests.fhir_api.running import FHIR_JSON, Door, outcome_of

PATIENT = b'{"resourceType":"Patient"}'
EVERYWHERE = ["/fhir/metadata", "/fhir", "/livez", "/readyz", "/metrics", "/nowhere"]
FOREIGN: list[Mapping[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "http://localhost:8119"},
    {"Origin": "null"},
]


def ask(door: Door, path: str, headers: Mapping[str, str]) -> httpx.Response:
    return httpx.get(f"{door.address}{path}", headers=dict(headers))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", ""]
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Localhost:8000", "localhost"),
        ("[::1]:80", "::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("EHR.example.org", "ehr.example.org"),
        ("a b", None),
        ("a@localhost", None),
        ("localhost\n", None),
    ],
)
def test_a_host_header_names_a_host(host: str, name: str | None) -> None:
    assert host_name(host) == name


def test_a_server_has_its_own_names_and_further_ones() -> None:
    hosts = Hosts(["10.0.0.1", "EHR.example.org"])
    assert all(hosts.know(name) for name in ("localhost", "::1", "127.0.0.2", "10.0.0.1", "ehr.example.org"))
    assert not any(hosts.know(name) for name in ("10.0.0.2", "example.org", "x.ehr.example.org"))


@pytest.mark.parametrize("path", EVERYWHERE)
def test_another_name_is_refused_wherever_it_asks(door: Door, path: str) -> None:
    for host in ("rebind.example", "rebind.example:8000", "10.0.0.1"):
        answer = ask(door, path, {"Host": host})
        assert (answer.status_code, outcome_of(answer)["code"]) == (421, "security")


@pytest.mark.parametrize("headers", FOREIGN)
def test_other_sites_do_not_write(door: Door, headers: Mapping[str, str]) -> None:
    before = end_of(door)
    answer = door.client.post("Patient", content=PATIENT, headers=FHIR_JSON | dict(headers))
    assert (answer.status_code, outcome_of(answer)["code"]) == (403, "security")
    assert end_of(door) == before


@pytest.mark.parametrize("path", EVERYWHERE)
def test_other_sites_do_not_read(door: Door, path: str) -> None:
    assert ask(door, path, FOREIGN[0]).status_code == 403
    assert ask(door, path, FOREIGN[1]).status_code == 403


def test_a_page_of_another_site_changes_nothing_from_a_browser(door: Door, browser: Browser) -> None:
    """The same server under its other name is another site; what a page may send without asking first."""
    door.put({"resourceType": "Patient", "id": "kept"})
    before = end_of(door)
    deleting = orjson.dumps(batch(entry("DELETE", "Patient/kept"))).decode()
    page = browser.new_page()
    page.goto(f"{door.address.replace('127.0.0.1', 'localhost')}/livez")
    for path, body in (("Patient", PATIENT.decode()), ("", deleting)):
        page.evaluate(
            "([url, body]) => fetch(url, {method: 'POST', mode: 'no-cors', body: new Blob([body])})",
            [f"{door.address}/fhir/{path}", body],
        )
    page.close()
    assert end_of(door) == before


def test_links_of_other_sites_may_be_followed(door: Door) -> None:
    assert ask(door, "/fhir/metadata", FOREIGN[2]).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": "http://elsewhere"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
        {"Host": "ehr.example.org:81", "Origin": "http://ehr.example.org:81"},
    ],
)
def test_programs_and_own_pages_write(headers: Mapping[str, str]) -> None:
    assert not is_foreign("POST", Headers(headers))


def test_an_address_has_a_largest_size(door: Door) -> None:
    path = "/fhir/Patient?_id="
    assert ask(door, path + "x" * (8193 - len(path)), {}).status_code == 200
    answer = ask(door, path + "x" * (8194 - len(path)), {})
    assert (answer.status_code, outcome_of(answer)["code"]) == (414, "too-long")
    assert ask(door, "/" + "x" * 9000, {}).status_code == 414


def test_headers_have_a_largest_size_in_sum(door: Door) -> None:
    assert ask(door, "/fhir/metadata", {"X-Any": "x" * 30_000}).status_code == 200
    answer = ask(door, "/fhir/metadata", {f"X-Any-{number}": "x" * 1_000 for number in range(33)})
    assert (answer.status_code, outcome_of(answer)["code"]) == (431, "too-long")


REPEATED = [
    ("Content-Type", "application/fhir+json"),
    ("If-Match", 'W/"1"'),
    ("If-None-Exist", "identifier=a|b"),
    ("Idempotency-Key", "a"),
    ("X-EHR-Client", "a"),
    ("X-EHR-User", "a"),
    ("X-EHR-Facility", "a"),
    ("X-EHR-Device", "a"),
    ("X-EHR-Position", "0"),
]


@pytest.mark.parametrize(("name", "value"), REPEATED)
def test_what_may_be_there_once_is_refused_twice(door: Door, name: str, value: str) -> None:
    before = end_of(door)
    answer = door.client.put("Patient/twice", content=PATIENT, headers=[(name, value), (name, value)])
    assert answer.status_code == 400
    assert name.lower() in outcome_of(answer)["details"]["text"]
    assert end_of(door) == before


def test_lists_may_come_in_pieces(door: Door) -> None:
    door.put({"resourceType": "Patient", "id": "pieces"})
    accepts = [("Accept", "text/html"), ("Accept", "application/fhir+json")]
    assert door.client.get("Patient/pieces", headers=accepts).status_code == 200
    tags = [("If-None-Match", '"9"'), ("If-None-Match", 'W/"1"')]
    assert door.client.get("Patient/pieces", headers=tags).status_code == 304
    for wish in ("return=minimal", "RETURN=minimal", 'Return = "minimal"; x'):
        wishes = [*FHIR_JSON.items(), ("Prefer", "handling=lenient"), ("Prefer", wish)]
        answer = door.client.post("Patient", content=PATIENT, headers=wishes)
        assert (answer.status_code, answer.content) == (201, b"")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_has_the_id_of_its_request(door: Door, path: str) -> None:
    assert ask(door, path, {"X-Request-Id": "mine.1"}).headers["x-request-id"] == "mine.1"
    for odd in ("a b", "x" * 65, "a@"):
        assert len(ask(door, path, {"X-Request-Id": odd}).headers.get_list("x-request-id")[0]) == 16
    first, second = (ask(door, path, {}).headers["x-request-id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_request_has_an_actor(door: Door, path: str) -> None:
    """One that cannot be told is refused, whatever is asked for."""
    answer = ask(door, path, {"X-EHR-Facility": "x" * 101})
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "invalid")
