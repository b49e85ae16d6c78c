"""Create, update and delete, by id or by condition (https://hl7.org/fhir/R4/http.html#create)."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.responses import Response

from ehr.bodies import with_meta
from ehr.compression import decompress
from ehr.conditional import condition_of
from ehr.deciding import Outcome
from ehr.health_record import Receipt
from ehr.requests import Change
from fhir_api.bundles import check_fits, read_resource, version_of
from fhir_api.call import Call
from fhir_api.errors import BadRequest
from fhir_api.headers import etag, http_date, location
from fhir_api.intake import Issue
from fhir_api.outcomes import outcome
from fhir_api.writing import Envelope, hash_of_change, state_change
from projections.fhir_resources.queries import read_version

LONGEST_KEY = 200
"""Characters of an Idempotency-Key."""


async def create(call: Call) -> Response:
    """A new resource; with If-None-Exist (or parameters) only where none matches."""
    query = call.headers.get("if-none-exist", "").rpartition("?")[2] or urlencode(call.parameters)
    condition = condition_of(call.places["type"], query) if query else None
    change = Change(None, "create", call.places["type"], condition=condition)
    return await _carry_out(call, await _with_body(call, change))


async def update(call: Call) -> Response:
    """The next version of a resource, or its first one under this id."""
    call.refuse_parameters()
    change = Change(None, "update", call.places["type"], call.places["id"], if_match=_if_match(call))
    return await _carry_out(call, await _with_body(call, change))


async def conditional_update(call: Call) -> Response:
    """The same for the one resource that matches."""
    condition = condition_of(call.places["type"], urlencode(call.parameters))
    change = Change(None, "update", call.places["type"], condition=condition, if_match=_if_match(call))
    return await _carry_out(call, await _with_body(call, change))


async def delete(call: Call) -> Response:
    """Retracts a resource; its versions stay readable. What is not there stays so."""
    call.refuse_parameters()
    change = Change(None, "delete", call.places["type"], call.places["id"], if_match=_if_match(call))
    return await _carry_out(call, change)


async def conditional_delete(call: Call) -> Response:
    """The same for the one resource that matches."""
    condition = condition_of(call.places["type"], urlencode(call.parameters))
    change = Change(None, "delete", call.places["type"], condition=condition, if_match=_if_match(call))
    return await _carry_out(call, change)


def envelope_of(call: Call) -> Envelope:
    """What the headers of a writing call say."""
    key = call.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise BadRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    return Envelope(call.actor, call.request_id, key, call.prefers("return") == "representation")


async def position_headers(call: Call, position: int, subjects: frozenset[UUID]) -> dict[str, str]:
    """Waits, for a while, until a write is shown, and says whether it is.

    Facts about a parked citizen are stored and not shown: ``X-EHR-Incomplete: parked``.
    """
    if not position:
        return {}
    headers = {"X-EHR-Position": str(position)}
    if not call.services.visibility.parked.isdisjoint(subjects):
        headers["X-EHR-Incomplete"] = "parked"
    if not await call.services.visibility.wait(position, call.services.visibility_wait):
        headers["X-EHR-Lag"] = "views"
    return headers


async def _with_body(call: Call, change: Change) -> Change:
    limits = call.services.limits
    raw = await call.body(limits.resource)
    resource = read_resource(raw, limits, change.type)
    check_fits(change, resource, change.type)
    return replace(change, raw=raw, json=resource)


async def _carry_out(call: Call, change: Change) -> Response:
    receipt = await state_change(call.services.record, change, envelope_of(call), hash_of_change(change))
    headers = await position_headers(call, receipt.position, receipt.subjects)
    done = receipt.outcomes[0]
    if change.action == "delete":
        return call.answer(b"", 204, headers | ({"ETag": etag(done.version)} if done.version else {}))
    headers |= {"ETag": etag(done.version), "Location": location(call.base, done.key, done.version)}
    body, moment = await _representation(call, done, receipt)
    if moment:
        headers["Last-Modified"] = http_date(moment.replace(microsecond=0))
    return call.answer(_preferred(call, body), done.status, headers)


async def _representation(call: Call, done: Outcome, receipt: Receipt) -> tuple[bytes, datetime | None]:
    """The resource as it is now, and since when; nothing while the views do not show a former version."""
    made = receipt.versions.get(done.key)
    if made:
        body = with_meta(decompress(made.body), made.splice, made.version, receipt.last_updated)
        return body, datetime.fromisoformat(receipt.last_updated)
    async with call.services.views.connection() as connection:
        shown = await read_version(connection, done.key, done.version)
    return (shown.served(), shown.last_updated) if shown and not shown.deleted else (b"", None)


def _preferred(call: Call, body: bytes) -> bytes:
    """https://hl7.org/fhir/R4/http.html#ops"""
    wish = call.prefers("return")
    if wish == "minimal":
        return b""
    if wish == "OperationOutcome":
        stored = Issue("informational", "", "Stored.", "information")
        return orjson.dumps(outcome([stored], call.request_id))
    return body


def _if_match(call: Call) -> int | None:
    value = call.headers.get("if-match")
    return version_of(value) if value is not None else None
