"""Create, update and delete, by id or by condition (https://hl7.org/fhir/R4/http.html#create)."""

import asyncio
import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.responses import Response

from ehr.bodies import with_meta
from ehr.compression import decompress
from ehr.deciding import Outcome
from ehr.health_record import Receipt
from ehr.requests import Change
from ehr.values import Key
from fhir_api.bundles import conditional, create_condition, version_of
from fhir_api.call import Call
from fhir_api.completeness import INCOMPLETE
from fhir_api.errors import BadRequest, NotSupported
from fhir_api.headers import etag, location, text_of, version_headers
from fhir_api.heavy import HEAVY
from fhir_api.intake import Issue
from fhir_api.outcomes import outcome
from fhir_api.single import state_resource
from fhir_api.writing import Envelope, hash_of_change, state_change
from projections.fhir_resources.queries import Version, read_version

LONGEST_KEY = 200
"""Characters of an Idempotency-Key."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
OF_READS = ("If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
_LAG = {"X-EHR-Lag": "views"}


class Shown(NamedTuple):
    """A version, or the headers that say why there is none."""

    version: Version | None
    headers: dict[str, str]


async def create(call: Call) -> Response:
    """A new resource; with If-None-Exist (or parameters) only where none matches."""
    refuse_headers(call, "If-Match", *OF_READS)
    type_ = call.places["type"]
    given = call.headers.get("if-none-exist")
    wanted = text_of(given) if given is not None else None
    condition = create_condition(type_, wanted, urlencode(call.parameters))
    change = Change(None, "create", type_, condition=condition)
    return await _answer(call, change, await _state(call, change))


async def update(call: Call) -> Response:
    """The next version of a resource, or its first one under this id."""
    call.refuse_parameters()
    change = Change(None, "update", call.places["type"], call.places["id"], if_match=_if_match(call))
    return await _answer(call, change, await _state(call, change))


async def conditional_update(call: Call) -> Response:
    """The same for the one resource that matches."""
    change = conditional(None, "update", call.places["type"], urlencode(call.parameters), _if_match(call))
    return await _answer(call, change, await _state(call, change))


async def delete(call: Call) -> Response:
    """Retracts a resource; its versions stay readable. What is not there stays so."""
    call.refuse_parameters()
    change = Change(None, "delete", call.places["type"], call.places["id"], if_match=_if_match(call))
    return await _answer(call, change, await _retract(call, change))


async def conditional_delete(call: Call) -> Response:
    """The same for the one resource that matches, or with ``_multiple=true`` for all that do."""
    change = conditional(None, "delete", call.places["type"], urlencode(call.parameters), _if_match(call))
    return await _answer(call, change, await _retract(call, change))


def envelope_of(call: Call) -> Envelope:
    """What the headers of a writing call say."""
    key = call.headers.get("idempotency-key")
    # The keys of a batch's entries have a control character, NUMBERED, so that they are no client's.
    if key is not None and (not 0 < len(key) <= LONGEST_KEY or _CONTROL.search(key)):
        raise BadRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters, none a control character.")
    return Envelope(call.actor, call.request_id, key, call.prefers("return") == "representation", call.base)


async def position_headers(call: Call, position: int, subjects: frozenset[UUID]) -> dict[str, str]:
    """Waits, for a while, until a write is shown, and says whether it is.

    Facts about a parked citizen are stored and not shown: ``X-EHR-Incomplete: parked``.
    """
    visibility = call.services.visibility
    shown = not position or await visibility.wait(position, call.services.visibility_wait)
    # Asked afterwards: this very write may have parked its citizen.
    incomplete = not visibility.parked.isdisjoint(subjects)
    place = {"X-EHR-Position": str(position)} if position else {}
    return place | (INCOMPLETE if incomplete else {}) | ({} if shown else _LAG)


def patience(call: Call) -> float:
    """Until when, by the loop's clock, an answer waits for the views."""
    return asyncio.get_running_loop().time() + call.services.visibility_wait


async def shown_version(call: Call, key: Key, number: int, until: float) -> Shown:
    """A version that was made earlier, as soon as it is shown; that may be a moment later.

    Gives up at once where the citizen is parked, and at the time ``until``.
    """
    visibility, clock = call.services.visibility, asyncio.get_running_loop().time
    while True:
        position = visibility.position
        version = await _look(call, key, number)
        if version:
            return Shown(version, {})
        if await _is_parked(call, key):
            return Shown(None, INCOMPLETE)
        if not await visibility.wait(position + 1, until - clock()):
            return Shown(None, _LAG)


async def _look(call: Call, key: Key, number: int) -> Version | None:
    current = await call.services.reader.read(key)
    if current is None or current.version == number:
        return current
    async with call.services.views.connection() as connection:
        return await read_version(connection, key, number)


async def _is_parked(call: Call, key: Key) -> bool:
    parked = call.services.visibility.parked
    heads = (await call.services.recorder.resolve({key}, set(), None)).heads if parked else {}
    return key in heads and heads[key].subject in parked


async def _state(call: Call, change: Change) -> Receipt:
    """Carries out a create or update, with the body, in a worker where that is large."""
    services, envelope = call.services, envelope_of(call)
    with services.room.share() as grow:
        raw = await call.body(services.limits.resource, grow)
        if len(raw) >= HEAVY and services.heavy:
            return await services.heavy.state_resource(raw, envelope, change)
        return await state_resource(services.record, raw, services.limits, envelope, change)


async def _retract(call: Call, change: Change) -> Receipt:
    return await state_change(call.services.record, change, envelope_of(call), hash_of_change(change))


async def _answer(call: Call, change: Change, receipt: Receipt) -> Response:
    headers = await position_headers(call, receipt.position, receipt.subjects)
    done = receipt.outcomes[0]
    if change.action == "delete":
        return call.answer(b"", 204, headers | ({"ETag": etag(done.version)} if done.version else {}))
    headers |= {"ETag": etag(done.version), "Location": location(call.base, done.key, done.version)}
    body, more = await _representation(call, done, receipt)
    return call.answer(_preferred(call, body), done.status, headers | more)


async def _representation(call: Call, done: Outcome, receipt: Receipt) -> tuple[bytes, dict[str, str]]:
    """The version that was made or found, and the headers it brings; nothing while the views lack it."""
    made = receipt.versions.get(done.key)
    if made:
        body = with_meta(decompress(made.body), made.splice, made.version, receipt.last_updated)
        return body, version_headers(made.version, datetime.fromisoformat(receipt.last_updated))
    version, headers = await shown_version(call, done.key, done.version, patience(call))
    if version is None:
        return b"", headers
    return version.served(), version_headers(version.version, version.last_updated)


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
    refuse_headers(call, "If-None-Exist", *OF_READS)
    value = call.headers.get("if-match")
    return version_of(value) if value is not None else None


def refuse_headers(call: Call, *names: str) -> None:
    """A condition that is not kept would be worse than one that is refused."""
    present = [name for name in names if name in call.headers]
    if present:
        raise NotSupported(f"With {call.method}: {', '.join(present)}.")
