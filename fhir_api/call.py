"""One call of the FHIR API: the request, read as far as handlers need it."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl, unquote

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from ehr.values import Actor
from fhir_api.access.entrance import visit_of
from fhir_api.errors import (
    BadRequest,
    BodyTooLarge,
    NotAcceptable,
    NotAForm,
    TooSlow,
    UnknownParameter,
    UnsupportedMediaType,
)
from fhir_api.measurements import NO_INTERACTION
from fhir_api.outcomes import FHIR_JSON
from fhir_api.parameters import unsupported
from fhir_api.room import Growth
from fhir_api.services import Services

JSON_TYPES = {"application/fhir+json", "application/json", "text/json", "application/json+fhir"}
FORMATS = {"json", *JSON_TYPES}
"""Values of ``_format``."""
ANY_JSON = {*JSON_TYPES, "*/*", "application/*", ""}
"""What headers accept JSON by."""
FHIR_VERSION = "4.0"
COMMON_PARAMETERS = {"_format", "_pretty"}
FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 64 * 1024
"""Bytes of a search's body: far more than an address may have, far less than takes time to read."""
MOST_DROPPED = 64 * 1024 * 1024
DROPPING_SECONDS = 5
SILENT_SECONDS = 30
"""Without a piece of a body that is to come: a mobile connection comes back within some seconds."""
BODY_SECONDS = 600
"""For a whole body: the largest Bundle comes at 1 Mbit/s, as from a commune's health station."""
MOST_PARAMETERS = 50
_OF_INNER = (b"accept", b"prefer", b"host")
"""Headers of a Bundle's request that its reads have as well; who asks stands in the scope."""


def _anyhow(_: int) -> None:
    """For bodies that need no room."""


class Endpoint(Protocol):
    """Who answers calls."""

    async def answer(self, call: "Call") -> Response:
        """Whatever happens."""

    def check(self, call: "Call") -> None:
        """Raises what a reading call would be refused for before it reads anything."""


class Call:
    """A request to the FHIR API and what it reaches.

    path: the segments below the base, e.g. ``("Patient", "1")``. places: values of the route's variables.
    interaction: the route's, once it is found. seen: the position that the client has seen in the views.
    """

    def __init__(
        self, scope: Scope, receive: Receive, services: Services, path: tuple[str, ...], endpoint: Endpoint
    ) -> None:
        """Nothing is read before it is asked for. endpoint: answers the reads within a Bundle."""
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._body_begun = self._body_ended = False
        self.services = services
        self.path = path
        self.places: dict[str, str] = {}
        self.interaction = NO_INTERACTION
        self.seen = 0
        self.headers = Headers(scope=scope)
        self.method: str = scope["method"]
        visit = visit_of(scope)
        self.request_id: str = visit.request_id
        self.actor: Actor = visit.actor

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """All parameters of the address, in order; also those of the body, once ``add_form`` has read it."""
        raw: bytes = self._scope["query_string"]
        return _parse_parameters(raw) if raw else []

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters but for ``_format`` and ``_pretty``."""
        return [pair for pair in self.query if pair[0] not in COMMON_PARAMETERS]

    def refuse_parameters(self) -> None:
        """For interactions that take none."""
        if self.parameters:
            raise UnknownParameter(unsupported([name for name, _ in self.parameters], ()))

    def check_format(self) -> None:
        """Raises NotAcceptable when the client wants anything but JSON of this version, BadRequest when it is
        not clear how (https://hl7.org/fhir/R4/http.html#parameters)."""
        wanted = [value for name, value in self.query if name == "_format"]
        if wanted:
            kind, *parameters = wanted[-1].split(";")
            # A + in an address is a space.
            accepted = _is_accepted(";".join([kind.strip().replace(" ", "+"), *parameters]), FORMATS)
        else:
            accept = self.headers.get("accept", "*/*")
            accepted = accept in (FHIR_JSON, "*/*") or any(
                _is_accepted(part, ANY_JSON) for part in accept.split(",")
            )
        if not accepted:
            raise NotAcceptable
        if any(name == "_pretty" and value not in ("true", "false") for name, value in self.query):
            raise BadRequest("_pretty must be true or false.")

    @property
    def pretty(self) -> bool:
        """Whether the client wants indented JSON."""
        return any(name == "_pretty" and value == "true" for name, value in self.query)

    @property
    def base(self) -> str:
        """The address of the FHIR API as the client wrote it, e.g. ``http://localhost:8000/fhir``."""
        host = self.headers.get("host", "localhost")
        return f"{self._scope['scheme']}://{host}{self._scope.get('root_path', '')}"

    def prefers(self, wish: str) -> str | None:
        """The value of ``wish`` in the Prefer header (RFC 7240), e.g. of ``return``."""
        for part in self.headers.get("prefer", "").replace(",", ";").split(";"):
            name, _, value = part.strip().partition("=")
            if name.strip().lower() == wish:
                return value.strip().strip('"')
        return None

    async def body(self, limit: int, grow: Growth = _anyhow) -> bytes:
        """The whole body, decompressed. limit: bytes. grow: is told its size as it grows.

        Raises BodyTooLarge, UnsupportedMediaType, TooSlow.
        """
        # One that is missing would let any page in a browser write, for it may send that without asking first
        # (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
        if not _is_accepted(self.headers.get("content-type", ""), JSON_TYPES):
            raise UnsupportedMediaType
        return await self.raw_body(limit, grow)

    async def add_form(self) -> None:
        """Adds a form's parameters to those of the address. Raises NotAForm, BodyTooLarge, TooSlow."""
        kind = self.headers.get("content-type", FORM).partition(";")[0].strip().lower()
        if kind != FORM:
            raise NotAForm
        self.query = [*self.query, *_parse_parameters(await self.raw_body(LARGEST_FORM))]
        self.check_format()

    async def raw_body(self, limit: int, grow: Growth = _anyhow) -> bytes:
        """The whole body of whatever type, decompressed."""
        pieces, size = [], 0
        async for piece in self._decoded():
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(f"At most {limit} bytes.")
            grow(size)
            pieces.append(piece)
        return b"".join(pieces)

    async def drop_body(self) -> None:
        """Reads what is left of the body and forgets it, as far as ``MOST_DROPPED``.

        Where a connection is closed on bytes that nobody read, TCP resets it, and the client may never see
        why it was refused (RFC 9112, section 9.6). A client that waits to be told to send it is not told.
        """
        if "expect" in self.headers and not self._body_begun:
            return
        left = MOST_DROPPED
        with suppress(BadRequest, TooSlow, TimeoutError):
            async with asyncio.timeout(DROPPING_SECONDS):
                async for piece in self._pieces():
                    left -= len(piece)
                    if left < 0:
                        return

    async def _pieces(self) -> AsyncIterator[bytes]:
        self._body_begun = True
        clock = asyncio.get_running_loop().time
        until = clock() + BODY_SECONDS
        while not self._body_ended:
            message = await self._receive_by(min(until, clock() + SILENT_SECONDS))
            if message["type"] == "http.disconnect":
                raise BadRequest("Its body ends too early.")
            self._body_ended = not message.get("more_body", False)
            yield message.get("body", b"")

    async def _receive_by(self, deadline: float) -> Message:
        """What comes next. deadline: by the loop's clock; whoever stalls must not keep the room of others."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._receive()
        except TimeoutError:
            self._body_ended = True  # Nobody waits for the rest, not even to drop it.
            raise TooSlow(headers={"Connection": "close"}) from None

    async def _decoded(self) -> AsyncIterator[bytes]:
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            async for piece in self._pieces():
                yield piece
        elif encoding in ("gzip", "x-gzip"):
            async for piece in _gunzip(self._pieces()):
                yield piece
        else:
            raise UnsupportedMediaType("It may be compressed with gzip only.")

    async def inner(self, url: str, conditions: Mapping[str, str]) -> Response:
        """The answer to a GET of ``url``, relative to the base, in the name of the same client.

        conditions: headers of its own, names in small letters. It waits for no position.
        """
        return await self._endpoint.answer(self._inner(url, conditions))

    def check_inner(self, url: str) -> None:
        """Raises what such a GET would be refused for before it reads anything."""
        self._endpoint.check(self._inner(url, {}))

    def _inner(self, url: str, conditions: Mapping[str, str]) -> "Call":
        path, _, query = url.strip("/").partition("?")
        scope = {**self._scope, "method": "GET", "query_string": query.encode()}
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] in _OF_INNER]
        scope["headers"] += [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in conditions.items()
        ]
        segments = tuple(unquote(segment) for segment in path.split("/")) if path else ()
        return Call(scope, _nothing, self.services, segments, self._endpoint)

    def answer(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A JSON answer, indented when the client wants that."""
        if self.pretty and body:
            body = msgspec.json.format(body, indent=2)
        return Response(body, status, headers, media_type=FHIR_JSON if body else None)


def _parse_parameters(raw: bytes) -> list[tuple[str, str]]:
    try:
        found = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict"
        )
    except ValueError:
        raise BadRequest("Its parameters are too many or not UTF-8.") from None
    if any("\0" in text for pair in found for text in pair):
        raise BadRequest("Its parameters contain a NUL character.")
    return found


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _is_accepted(kind: str, of: Collection[str]) -> bool:
    """Whether a media type, as a header or a parameter says it, is one of these, and wanted at all.

    https://hl7.org/fhir/R4/http.html#version-parameter; a q of 0 is for what is unwanted (RFC 9110, 12.4.2).
    """
    name, *parameters = kind.split(";")
    told = {
        key.strip().lower(): value.strip(' "') for key, _, value in (p.partition("=") for p in parameters)
    }
    version, q = told.get("fhirversion", FHIR_VERSION), told.get("q", "1")
    return name.strip().lower() in of and version.startswith(FHIR_VERSION) and q.strip("0.") != ""


async def _gunzip(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Unpacks piecewise, so that a small body that unpacks to a huge one is stopped at the limit."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for packed in stream:
            while packed:
                yield unpacker.decompress(packed, 1 << 20)
                packed = unpacker.unconsumed_tail
            if unpacker.unused_data:
                raise BadRequest("Its gzip stream is followed by something else.")
        if not unpacker.eof:
            raise BadRequest("Its gzip stream ends too early.")
    except zlib.error:
        raise BadRequest("Its gzip stream is damaged.") from None
