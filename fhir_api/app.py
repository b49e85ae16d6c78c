"""The ASGI application: the FHIR API, the pages and the monitoring, around one set of services."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import perf_counter

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from ehr.garbage import collect_young
from fhir_api.access.entrance import Entrance
from fhir_api.access.hosts import Hosts
from fhir_api.endpoint import FhirEndpoint
from fhir_api.measurements import NO_INTERACTION
from fhir_api.routes import ROUTES
from fhir_api.services import Services

BASE = "/fhir"
"""Where the FHIR API begins; with and without a slash at the end, since nobody follows a redirected POST."""

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class App:
    """Lets requests in, and sends those below the base to the FHIR API, all others to the site of pages and
    monitoring."""

    def __init__(
        self,
        services: Services,
        routes: Sequence[BaseRoute],
        lifespan: Lifespan | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        """routes: of the site. lifespan: opens and closes the services. hosts: names of the server, usually
        loopback ones alone."""
        self.services = services
        self._entrance = Entrance(self._part, hosts or Hosts())
        self._fhir = FhirEndpoint(services, ROUTES)
        self._metrics = services.metrics
        self._site = Starlette(routes=routes, lifespan=lifespan)
        self._site.state.services = services
        self._site.state.views = services.page_views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._entrance(scope, receive, send)

    async def _part(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == BASE or path.startswith(f"{BASE}/")):
            await self._fhir({**scope, "root_path": scope.get("root_path", "") + BASE}, receive, send)
        else:
            await self._site(scope, receive, self._noting(scope, send))
            collect_young()  # Or one of ten charts waits for it.

    def _noting(self, scope: Scope, send: Send) -> Send:
        """``send`` that notes how long it took until an answer begins: one that tells news never ends."""
        started = perf_counter()

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.note_page(_route_of(scope), message["status"], perf_counter() - started)
            await send(message)

        return send_noted


def _route_of(scope: Scope) -> str:
    """As the table of routes has it: with no id and nothing of what was asked."""
    route, method = scope.get("route"), scope["method"]
    if isinstance(route, Route) and method in (route.methods or ()):
        return f"{method} {route.path}"
    return NO_INTERACTION
