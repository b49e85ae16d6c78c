"""The entries of a Bundle that read. They come last (https://hl7.org/fhir/R4/http.html#trules).

Each is answered as the same request alone would be, but together they may not fill the memory: a thousand
addresses are a short text, and may ask for a thousand pages.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from fhir_api.bundles import Get
from fhir_api.call import Call
from fhir_api.errors import (
    ApiError,
    BadRequest,
    Busy,
    MethodNotAllowed,
    NoRoom,
    NoSuchPlace,
    NotShownYet,
    TooMuchRead,
)
from fhir_api.interactions.read import asked_position, wait_for_position
from fhir_api.outcomes import refusal
from fhir_api.room import SOON, Growth

LARGEST_ANSWERS = 16 * 1024 * 1024
"""Bytes of what the reads of one Bundle bring: some ten of the largest usual pages."""


def check_read(call: Call, index: int, url: str) -> None:
    """Raises what a read within a transaction cannot be carried out for, before anything is stored.

    Nothing is read: what is not there now may be there then.
    """
    at = f"Bundle.entry[{index}].request.url"
    try:
        asked_position(call)
        call.check_inner(url)
    except (NoSuchPlace, MethodNotAllowed):
        raise BadRequest("The address is none of this server's.", expression=at) from None
    except ApiError as error:
        error.expression = at
        raise


class Reads:
    """The reads of one Bundle, one after the other. What refuses one of them for all refuses the rest."""

    def __init__(self, call: Call, grow: Growth) -> None:
        """grow: is told how large the answers are so far."""
        self._call = call
        self._grow = grow
        self._size = 0
        self._refusal: ApiError | None = None
        self._waited = False

    async def answer(self, entry: Get) -> bytes:
        """The response entry."""
        await self._wait()
        await asyncio.sleep(0)  # Others have their turn, also where nothing is read any more.
        if self._refusal is None:
            response = await self._call.inner(entry.url, entry.headers)
            self._add(len(response.body))
        if self._refusal is not None:
            response = refusal(self._refusal, self._call.request_id)
        return _told(response, f"Bundle.entry[{entry.index}].request.url")

    async def _wait(self) -> None:
        """For the position that the Bundle's request names, once."""
        if self._waited:
            return
        self._waited = True
        try:
            await wait_for_position(self._call)
        except (BadRequest, NotShownYet) as error:
            self._refusal = error

    def _add(self, size: int) -> None:
        self._size += size
        try:
            self._grow(self._size)
        except Busy:
            self._refusal = NoRoom(headers=SOON)
        if self._size > LARGEST_ANSWERS:
            self._refusal = TooMuchRead(f"At most {LARGEST_ANSWERS} bytes.")


def _told(response: Response, at: str) -> bytes:
    """at: FHIRPath of the entry's address, which every error is about."""
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    said: dict[str, Any] = {"status": status}
    if "etag" in response.headers:
        said["etag"] = response.headers["etag"]
    body = bytes(response.body)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        outcome = orjson.loads(body)
        outcome["issue"] = [{**issue, "expression": [at]} for issue in outcome["issue"]]
        return b'{"response":%b}' % orjson.dumps({**said, "outcome": outcome})
    resource = b',"resource":%b' % body if body else b""
    return b'{"response":%b%b}' % (orjson.dumps(said), resource)
