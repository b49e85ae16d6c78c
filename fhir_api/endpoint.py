"""The FHIR API as an ASGI application: finds the route, runs the handler, tells every error as an outcome."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ehr.definitions import RESOURCE_TYPES
from fhir_api.call import Call
from fhir_api.errors import BadRequest, MethodNotAllowed, NoSuchPlace
from fhir_api.outcomes import note, refusal
from fhir_api.services import Services

Handler = Callable[[Call], Awaitable[Response]]
Check = Callable[[Call], object]


MARKS = ("_", "$")
"""What begins with them is no id, but ``_history`` or an operation."""


def anything(_: Call) -> None:
    """The check of interactions that have none."""


class Route(NamedTuple):
    """One interaction: method, path below the base with ``{variables}``, and who handles it.

    interaction: its code in the capability statement (https://hl7.org/fhir/R4/valueset-restful-interaction.html),
    or the name of an operation that begins with ``$``. check: of one that reads; raises what the handler
    would refuse its address for, and reads nothing. parameters: those that are told by the route; a search's
    follow from the type.
    """

    method: str
    path: str
    handler: Handler
    interaction: str
    check: Check = anything
    parameters: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """The path in pieces."""
        return tuple(self.path.split("/")) if self.path else ()


class FhirEndpoint:
    """Mounted at the base of the API."""

    def __init__(self, services: Services, routes: Sequence[Route]) -> None:
        """routes: the table; the first one that fits wins."""
        self._services = services
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            self._routes.setdefault(len(route.segments), []).append((route.segments, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        started = perf_counter()
        call = Call(scope, receive, self._services, _segments(scope), self)
        response = await self.answer(call)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            await call.drop_body()
        response.headers["Cache-Control"] = "no-store"  # Last-Modified alone lets browsers keep a copy.
        self._services.metrics.note(call.interaction, response.status_code, perf_counter() - started)
        await response(scope, receive, send)

    async def answer(self, call: Call) -> Response:
        """The answer to a call, whatever happens."""
        try:
            response = await self._handle(call)
        except Exception as error:  # noqa: BLE001 - every answer is an outcome
            note(error, call.request_id)
            response = refusal(error, call.request_id)
        return response

    def check(self, call: Call) -> None:
        """Raises what a reading call would be refused for before it reads anything."""
        self._route(call).check(call)

    async def _handle(self, call: Call) -> Response:
        return await self._route(call).handler(call)

    def _route(self, call: Call) -> Route:
        call.check_format()
        if any("\0" in segment for segment in call.path):
            raise BadRequest("Its address contains a NUL character.")
        return self._find(call)

    def _find(self, call: Call) -> Route:
        method = "GET" if call.method == "HEAD" else call.method
        allowed: set[str] = set()
        for segments, route in self._routes.get(len(call.path), ()):
            places = _match(segments, call.path)
            if places is None:
                continue
            if route.method == method:
                call.places, call.interaction = places, route.interaction
                return route
            allowed.add(route.method)
        if "GET" in allowed:
            allowed.add("HEAD")
        if allowed:
            raise MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed))})
        if call.path and call.path[0][:1].isupper() and call.path[0] not in RESOURCE_TYPES:
            raise NoSuchPlace("It names no FHIR R4 resource type.")
        raise NoSuchPlace


def _segments(scope: Scope) -> tuple[str, ...]:
    path = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
    return tuple(path.split("/")) if path else ()


def _match(segments: tuple[str, ...], path: tuple[str, ...]) -> dict[str, str] | None:
    places: dict[str, str] = {}
    for segment, given in zip(segments, path, strict=True):
        if segment == "{id}" and given[:1] in MARKS:
            return None
        if segment[:1] == "{":
            places[segment[1:-1]] = given
        elif segment != given:
            return None
    if "type" in places and places["type"] not in RESOURCE_TYPES:
        return None
    return places
