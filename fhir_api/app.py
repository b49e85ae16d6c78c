"""The ASGI application: the FHIR API, the pages and the monitoring, around one set of services."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from fhir_api.endpoint import FhirEndpoint
from fhir_api.routes import ROUTES
from fhir_api.services import Services

BASE = "/fhir"
"""Where the FHIR API begins; with and without a slash at the end, since nobody follows a redirected POST."""

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class App:
    """Sends what lies under the base to the FHIR API, and all else to the site of pages and monitoring."""

    def __init__(
        self, services: Services, routes: Sequence[BaseRoute], lifespan: Lifespan | None = None
    ) -> None:
        """routes: of the site. lifespan: opens and closes the services."""
        self._fhir = FhirEndpoint(services, ROUTES)
        self._site = Starlette(routes=routes, lifespan=lifespan)
        self._site.state.services = services
        self._site.state.views = services.views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == BASE or path.startswith(f"{BASE}/")):
            await self._fhir({**scope, "root_path": scope.get("root_path", "") + BASE}, receive, send)
        else:
            await self._site(scope, receive, send)
