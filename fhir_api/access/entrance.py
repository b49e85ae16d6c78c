"""Where every request comes in, be it for the FHIR API, a page or a figure.

Here it is given its id and its one Actor, and is refused for what its head alone says. What is let in finds
both in the ``state`` of its scope (https://asgi.readthedocs.io/en/latest/specs/lifespan.html#lifespan-state).
"""

import re
import secrets
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ehr.values import Actor
from fhir_api.access.actor import actor_of
from fhir_api.access.hosts import Hosts, host_name
from fhir_api.access.origins import is_foreign
from fhir_api.errors import (
    AddressTooLong,
    ApiError,
    BadRequest,
    ForeignSite,
    HeadersTooLarge,
    NotThisServer,
)
from fhir_api.headers import joined
from fhir_api.outcomes import refusal

LONGEST_ADDRESS = 8 * 1024
"""Bytes of path and query; what is longer belongs into a form (``_search`` by POST)."""

MOST_HEADERS = 32 * 1024
"""Bytes of all names and values of headers."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")


class Visit(NamedTuple):
    """A request that was let in."""

    request_id: str
    actor: Actor


def visit_of(scope: Scope) -> Visit:
    """What the entrance found out about a request."""
    visit: Visit = scope["state"]["visit"]
    return visit


class Entrance:
    """ASGI middleware around everything. Every answer has the request's id."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        """hosts: names by which the server may be called."""
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        send = _naming(send, request_id)
        try:
            admitted = self._admit(scope, request_id)
        except ApiError as error:
            response = refusal(error, request_id)
            response.headers["Cache-Control"] = "no-store"
            await response(scope, receive, send)
        else:
            await self._app(admitted, receive, send)

    def _admit(self, scope: Scope, request_id: str) -> Scope:
        """The scope with its visit, its headers joined. Raises ApiError."""
        _check_sizes(scope)
        raw = joined(scope["headers"])
        headers = Headers(raw=raw)
        self._check_host(headers)
        if is_foreign(scope["method"], headers):
            raise ForeignSite
        visit = Visit(request_id, actor_of(headers))
        return {**scope, "headers": raw, "state": {**scope.get("state", {}), "visit": visit}}

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host")
        if host is None:  # HTTP/1.0; every browser sends it.
            return
        name = host_name(host)
        if name is None:
            raise BadRequest("Its Host header names no host.")
        if not self._hosts.know(name):
            raise NotThisServer


def _check_sizes(scope: Scope) -> None:
    path = scope.get("raw_path") or scope["path"].encode()
    if len(path) + len(scope["query_string"]) > LONGEST_ADDRESS:
        raise AddressTooLong(f"At most {LONGEST_ADDRESS} bytes.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
        raise HeadersTooLarge(f"At most {MOST_HEADERS} bytes.")


def _request_id(scope: Scope) -> str:
    """As the client names it, where it does so once and in few plain characters."""
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    text = given[0].decode("latin-1") if len(given) == 1 else ""
    return text if _REQUEST_ID.fullmatch(text) else secrets.token_hex(8)


def _naming(send: Send, request_id: str) -> Send:
    named = (b"x-request-id", request_id.encode())

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), named]}
        await send(message)

    return send_named
