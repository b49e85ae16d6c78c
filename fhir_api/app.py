"""The ASGI application: the FHIR API, the pages and the monitoring, around one set of services."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from fhir_api.endpoint import FhirEndpoint
from fhir_api.routes import ROUTES
from fhir_api.services import Services

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def make_app(services: Services, routes: list[BaseRoute], lifespan: Lifespan | None = None) -> Starlette:
    """routes: of pages and monitoring, beside the FHIR API at ``/fhir``."""
    fhir = Mount("/fhir", app=FhirEndpoint(services, ROUTES))
    app = Starlette(routes=[fhir, *routes], lifespan=lifespan)
    app.state.services = services
    app.state.views = services.views
    return app
