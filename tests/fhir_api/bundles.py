"""Bundles for tests, and how they are answered."""

from contextlib import closing
from typing import Any

import httpx
import orjson

from ehr.event_store.connections import connect
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.fhir_api.running import FHIR_JSON, NO_HEADERS, Door, Headers, Json, outcome_of


def transaction(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def batch(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "batch", "entry": list(entries)}


def entry(method: str, url: str, resource: Any = None, full_url: str = "", **conditions: str) -> Json:
    """One entry. conditions: further members of its request."""
    made: Json = {"request": {"method": method, "url": url, **conditions}}
    if full_url:
        made["fullUrl"] = full_url
    if resource is not None:
        made["resource"] = resource
    return made


def creating(resource: Json, full_url: str = "", **conditions: str) -> Json:
    """An entry that creates."""
    return entry("POST", resource["resourceType"], resource, full_url, **conditions)


def putting(resource: Json, full_url: str = "", **conditions: str) -> Json:
    """An entry that stores a resource under its own id."""
    return entry("PUT", f"{resource['resourceType']}/{resource['id']}", resource, full_url, **conditions)


def send(door: Door, bundle: Any, status: int = 200, headers: Headers = NO_HEADERS) -> httpx.Response:
    """The answer to a Bundle, which must have this status."""
    body = bundle if isinstance(bundle, bytes) else orjson.dumps(bundle)
    answer = door.client.post("", content=body, headers=FHIR_JSON | dict(headers))
    assert answer.status_code == status, answer.text
    return answer


def responses(door: Door, bundle: Any, headers: Headers = NO_HEADERS) -> list[Json]:
    """``response`` of each entry, of a Bundle that is answered with one."""
    answered = orjson.loads(send(door, bundle, headers=headers).content)
    assert answered["type"] == f"{orjson.loads(orjson.dumps(bundle))['type']}-response"
    return [one["response"] for one in answered.get("entry", [])]


def statuses(answered: list[Json]) -> list[int]:
    """The status codes of responses."""
    return [int(response["status"].split(" ")[0]) for response in answered]


def id_of(response: Json) -> str:
    """The id in a response's location."""
    return str(response["location"].split("/")[1])


def issue_of(response: Json) -> Json:
    """The first issue of the outcome that a batch's entry was answered with."""
    issue: Json = response["outcome"]["issue"][0]
    return issue


def refused(door: Door, bundle: Any, status: int, expression: str) -> Json:
    """The first issue, at that place, of a Bundle that is refused; nothing of it may be stored."""
    before = end_of(door)
    issue = outcome_of(send(door, bundle, status))
    assert issue.get("expression") == [expression], issue
    assert end_of(door) == before
    return issue


def end_of(door: Door) -> int:
    """The position of the record's last fact."""
    with connect(door.database) as connection:
        row = connection.execute("select coalesce(max(notification_id), 0) from record.facts").fetchone()
    assert row is not None
    return int(row[0])


def facts_after(door: Door, position: int) -> list[RecordedFact]:
    """What the record has stored since."""
    with closing(NotificationLog(door.database)) as log:
        return [fact for fact in log.read(position, 10_000) if isinstance(fact, RecordedFact)]
