"""Reads by id.

https://hl7.org/fhir/R4/http.html#read, #vread, #cread, #versions, #mime-type, #summary
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest

from ehr.values import Key
from projections.fhir_resources.queries import ResourceReader, Version
from tests.fhir_api.bundles import batch, entry, responses, statuses, transaction
from tests.fhir_api.running import FHIR_JSON, Door, Json, in_process, outcome_of, prepare, services_of

NEVER = "Patient/never"


@pytest.fixture(scope="module")
def patient(door: Door) -> str:
    """A Patient that was amended once."""
    for family in ("Nguyễn", "Trần"):
        door.put({"resourceType": "Patient", "id": "amended", "name": [{"family": family}]})
    return "Patient/amended"


@pytest.fixture(scope="module")
def retracted(door: Door) -> str:
    """A Patient that was deleted."""
    door.put({"resourceType": "Patient", "id": "retracted"})
    door.client.delete("Patient/retracted").raise_for_status()
    return "Patient/retracted"


def test_a_read_gives_the_newest_version(door: Door, patient: str) -> None:
    answer = door.get(patient)
    assert answer.json()["name"] == [{"family": "Trần"}]
    assert answer.json()["meta"]["versionId"] == "2"
    assert answer.headers["etag"] == 'W/"2"'
    assert answer.headers["last-modified"].endswith("GMT")
    assert answer.headers["content-type"] == "application/fhir+json"


def test_the_bytes_are_those_received(door: Door) -> None:
    body = b'{"resourceType":"Observation", "id":"exact","status":"final","code":{"text":"x"},'
    body += b'"valueQuantity":{"value":72.50,"unit":"\\u006bg"}}'
    door.client.put(
        "Observation/exact", content=body, headers={"Content-Type": "application/json"}
    ).raise_for_status()
    told = door.get("Observation/exact").content
    start, end = told.index(b',"meta"'), told.index(b"}") + 1
    assert told[:start] + told[end:] == body


@pytest.mark.parametrize(("version", "family"), [(1, "Nguyễn"), (2, "Trần")])
def test_every_version_is_kept(door: Door, patient: str, version: int, family: str) -> None:
    answer = door.get(f"{patient}/_history/{version}")
    assert answer.json()["name"] == [{"family": family}]
    assert answer.headers["etag"] == f'W/"{version}"'


@pytest.mark.parametrize("version", ["0", "3", "999999999", "9999999999", "x", "-1", "1.0", "٣"])
def test_a_version_that_never_was_is_not_found(door: Door, patient: str, version: str) -> None:
    assert outcome_of(door.get(f"{patient}/_history/{version}", 404))["code"] == "not-found"


@pytest.mark.parametrize(
    "address", [NEVER, f"{NEVER}/_history/1", f"{NEVER}/_history", "Observation/amended"]
)
def test_what_was_never_stated_is_not_found(door: Door, patient: str, address: str) -> None:
    assert outcome_of(door.get(address, 404))["code"] == "not-found"


def test_what_was_retracted_is_gone_and_its_versions_are_there(door: Door, retracted: str) -> None:
    assert outcome_of(door.get(retracted, 410))["code"] == "deleted"
    assert outcome_of(door.get(f"{retracted}/_history/2", 410))["code"] == "deleted"
    assert door.json(f"{retracted}/_history/1")["id"] == "retracted"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": 'W/"2"'}, 304),
        ({"If-None-Match": '"2"'}, 304),
        ({"If-None-Match": "2"}, 304),
        ({"If-None-Match": 'W/"1", W/"2"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"1"'}, 200),
        ({"If-None-Match": "rubbish"}, 200),
        ({"If-None-Match": "", "If-Modified-Since": "Fri, 31 Dec 9999 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 31 Dec 9999 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": ""}, 200),
        ({"If-Modified-Since": "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 31 Dec 9999 23:59:58 -2300"}, 304),
        ({"If-Modified-Since": "9999-12-31T23:59:60Z"}, 304),
        ({"If-None-Match": 'W/"1"', "If-Modified-Since": "Fri, 31 Dec 9999 00:00:00 GMT"}, 200),
    ],
)
def test_what_the_client_has_is_not_sent_again(
    door: Door, patient: str, headers: dict[str, str], status: int
) -> None:
    answer = door.get(patient, status, headers)
    assert answer.headers["etag"] == 'W/"2"'
    assert bool(answer.content) == (status == 200)


def test_the_time_of_the_last_change_counts_as_unchanged(door: Door, patient: str) -> None:
    changed = door.get(patient).headers["last-modified"]
    door.get(patient, 304, {"If-Modified-Since": changed})
    before = parsedate_to_datetime(changed) - timedelta(seconds=1)
    door.get(patient, 200, {"If-Modified-Since": format_datetime(before, usegmt=True)})


@pytest.mark.parametrize("kind", [transaction, batch])
def test_a_bundle_says_as_an_instant_what_it_has(door: Door, patient: str, kind: Callable[..., Json]) -> None:
    changed = datetime.fromisoformat(door.json(patient)["meta"]["lastUpdated"])
    moments = [changed, changed - timedelta(milliseconds=1), changed.astimezone(timezone(timedelta(hours=7)))]
    asked = [entry("GET", patient, ifModifiedSince=moment.isoformat()) for moment in moments]
    assert statuses(responses(door, kind(*asked))) == [304, 200, 304]


@pytest.mark.parametrize(
    ("address", "status"), [("Patient/amended", 200), (NEVER, 404), ("metadata", 200), ("Patient", 200)]
)
def test_nothing_is_kept_by_browsers(door: Door, patient: str, address: str, status: int) -> None:
    assert door.get(address, status).headers["cache-control"] == "no-store"


def test_head_is_get_without_a_body(door: Door, patient: str) -> None:
    whole, head = door.get(patient), door.client.head(patient)
    assert head.status_code == 200
    assert head.content == b""
    same = ("etag", "last-modified", "content-type", "content-length")
    assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("POST", "Patient/amended", "DELETE, GET, HEAD, PUT"),
        ("PATCH", "Patient/amended", "DELETE, GET, HEAD, PUT"),
        ("PUT", "Patient/amended/_history/1", "GET, HEAD"),
        ("DELETE", "Patient/amended/_history", "GET, HEAD"),
        ("DELETE", "Patient/_history", "GET, HEAD"),
        ("PUT", "Patient/_history", "GET, HEAD"),
        ("POST", "_history", "GET, HEAD"),
        ("POST", "Patient/amended/$everything", "GET, HEAD"),
        ("POST", "metadata", "GET, HEAD"),
        ("DELETE", "", "GET, HEAD, POST"),
        ("DELETE", "Patient/amended/Observation", "GET, HEAD"),
    ],
)
def test_other_methods_are_refused_with_those_allowed(
    door: Door, method: str, address: str, allowed: str
) -> None:
    answer = door.client.request(method, address)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert outcome_of(answer)["code"] == "not-supported"


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/fhir+json; fhirVersion=4.0",
        "application/*",
        "application/fhir+json, */*; q=0.1",
        "text/html, application/json;q=0.5",
        "APPLICATION/FHIR+JSON",
        "application/fhir+json; fhirVersion=3.0, application/fhir+json; fhirVersion=4.0",
        "application/fhir+json; q=0.001",
    ],
)
def test_json_is_what_is_given(door: Door, patient: str, accept: str) -> None:
    assert door.get(patient, 200, {"Accept": accept}).headers["content-type"] == "application/fhir+json"


@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+xml",
        "text/html",
        "image/png, text/turtle",
        "application/fhir+json; fhirVersion=3.0",
        'application/json; fhirVersion="5.0"',
        "application/fhir+json; q=0, text/html",
        "*/*;q=0.0",
    ],
)
def test_nothing_but_json_is_given(door: Door, patient: str, accept: str) -> None:
    assert outcome_of(door.get(patient, 406, {"Accept": accept}))["code"] == "not-supported"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("_format=json", 200),
        ("_format=application/fhir%2Bjson", 200),
        ("_format=application/fhir+json", 200),
        ("_format=xml", 406),
        ("_format=text/turtle", 406),
        ("_format=", 406),
        ("_format=JSON", 200),
        ("_format=application/json; fhirVersion=4.0", 200),
        ("_format=application/json; fhirVersion=3.0", 406),
    ],
)
def test_the_format_may_stand_in_the_address(door: Door, patient: str, query: str, status: int) -> None:
    # What the address says goes before the header.
    door.get(f"{patient}?{query}", status, {"Accept": "application/fhir+xml" if status == 200 else "*/*"})


def test_an_unknown_parameter_is_named(door: Door, patient: str) -> None:
    issue = outcome_of(door.get(f"{patient}?_sort=name", 400))
    assert "_sort" in issue["details"]["text"]


@pytest.mark.parametrize("address", ["Patient/amended", "Patient", "_history", "metadata"])
@pytest.mark.parametrize("value", ["", "yes", "True"])
def test_what_is_pretty_is_clear(door: Door, patient: str, address: str, value: str) -> None:
    assert "_pretty" in outcome_of(door.get(f"{address}?_pretty={value}", 400))["details"]["text"]


def test_pretty_keeps_the_digits(door: Door) -> None:
    """https://hl7.org/fhir/R4/datatypes.html#decimal"""
    numbers = b'{"valueDecimal":72.50,"url":"urn:a"},{"valueDecimal":1.0E+2,"url":"urn:b"}'
    raw = b'{"resourceType":"Basic","id":"digits","code":{"text":"x"},"extension":[%b]}' % numbers
    door.client.put("Basic/digits", content=raw, headers=FHIR_JSON).raise_for_status()
    for address in ("Basic/digits?", "Basic?_id=digits&", "Basic/_history?", "Basic/digits/_history?"):
        told = door.get(f"{address}_pretty=true")
        assert b'"valueDecimal": 72.50,' in told.content
        assert b'"valueDecimal": 1.0E+2,' in told.content


def test_pretty_is_for_people(door: Door, patient: str) -> None:
    pretty, plain = door.get(f"{patient}?_pretty=true"), door.get(f"{patient}?_pretty=false")
    assert pretty.content.count(b"\n") > 5 > plain.content.count(b"\n")
    assert pretty.json() == plain.json()


@pytest.mark.parametrize("address", ["Nothing/1", "Patient/1/2", "patient/1", "Patient/1/_history/1/2", "x"])
def test_an_address_of_nothing_is_not_found(door: Door, address: str) -> None:
    assert outcome_of(door.get(address, 404))["code"] == "not-found"


def test_a_position_is_waited_for(door: Door) -> None:
    position = door.put({"resourceType": "Patient", "id": "waited"}).headers["x-ehr-position"]
    assert door.get("Patient/waited", 200, {"X-EHR-Position": position}).json()["id"] == "waited"
    outcome_of(door.get("Patient/waited", 400, {"X-EHR-Position": "soon"}))


def test_a_position_that_is_not_shown_in_time_is_not_shown_yet(database: str) -> None:
    answer = asyncio.run(_ask(database, NEVER, {"X-EHR-Position": "1000000"}))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert outcome_of(answer)["code"] == "transient"
    assert "stored" not in outcome_of(answer)["details"]["text"]


@pytest.mark.parametrize(
    "address",
    ["Patient/late", "Patient/late/_history", "Patient/late/_history/1", "Patient/late/$everything"],
)
def test_what_is_stored_and_not_shown_is_never_called_unknown(database: str, address: str) -> None:
    answer = asyncio.run(_ask(database, address, {}, first={"resourceType": "Patient", "id": "late"}))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert outcome_of(answer)["code"] == "transient"


async def _ask(
    url: str, address: str, headers: dict[str, str], first: dict[str, Any] | None = None
) -> httpx.Response:
    """Asks an API without a projector, after having put ``first``."""
    prepare(url)
    async with in_process(services_of(url, visibility_wait=0.0)) as client:
        if first:
            written = await client.put(
                f"Patient/{first['id']}",
                content=orjson.dumps(first),
                headers={"Content-Type": "application/json"},
            )
            assert written.headers["x-ehr-lag"] == "views"
        return await client.get(address, headers=headers)


def test_an_id_that_postgresql_refuses_fails_alone(door: Door, patient: str) -> None:
    async def work() -> list[Version | BaseException | None]:
        reader, known = ResourceReader(door.database), patient.removeprefix("Patient/")
        try:
            asked = (reader.read(Key("Patient", id_)) for id_ in (known, "\0", "never", "\ud800", known))
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await reader.close()

    replies = asyncio.run(work())
    assert [isinstance(reply, Version) for reply in replies] == [True, False, False, False, True]
    assert replies[2] is None
