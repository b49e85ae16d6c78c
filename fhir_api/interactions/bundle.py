"""Transaction and batch (https://hl7.org/fhir/R4/http.html#transaction)."""

from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from fhir_api.bundles import Get
from fhir_api.call import Call
from fhir_api.interactions.write import envelope_of, position_headers
from fhir_api.writing import join_bundle, state_bundle

HEAVY = 96 * 1024
"""Bytes from which a Bundle goes to a worker process, so that small requests beside it do not wait."""


async def bundle(call: Call) -> Response:
    """Carries out a Bundle: its writes first, then its reads."""
    call.refuse_parameters()
    services = call.services
    raw = await call.body(services.limits.bytes)
    envelope = envelope_of(call)
    if len(raw) >= HEAVY and services.heavy:
        answer = await services.heavy.state_bundle(raw, envelope)
    else:
        answer = await state_bundle(services.record, raw, services.limits, envelope)
    headers = await position_headers(call, answer.position, answer.subjects)
    entries = [await _read(call, e) if isinstance(e, Get) else e for e in answer.entries]
    return call.answer(join_bundle(answer.type, entries), headers=headers)


async def _read(call: Call, entry: Get) -> bytes:
    """A reading entry, answered as the same request alone would be."""
    response = await call.inner(entry.url)
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    said: dict[str, Any] = {"status": status}
    if "etag" in response.headers:
        said["etag"] = response.headers["etag"]
    body = bytes(response.body)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        return b'{"response":%b}' % orjson.dumps({**said, "outcome": orjson.loads(body)})
    resource = b',"resource":%b' % body if body else b""
    return b'{"response":%b%b}' % (orjson.dumps(said), resource)
