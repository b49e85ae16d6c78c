"""All pages as one ASGI application, to be mounted at the root after everything else."""

import structlog
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router

from fhir_api.access.entrance import visit_of
from fhir_api.outcomes import place_of, told
from fhir_api.pages import (
    chart,
    corrections,
    facilities,
    lookup,
    ops,
    recent,
    report,
    review,
    static_files,
    summary,
    workplace,
)
from fhir_api.pages.rendering import render
from fhir_api.pages.security import SecurityHeaders

log = structlog.get_logger()
ROUTES: tuple[BaseRoute, ...] = (
    *lookup.routes,
    *recent.routes,
    *chart.routes,
    *corrections.routes,
    *summary.routes,
    *facilities.routes,
    *report.routes,
    *ops.routes,
    *review.routes,
    *workplace.routes,
    *static_files.routes,
)


def pages(routes: tuple[BaseRoute, ...] = ROUTES) -> Mount:
    """The pages with their headers; they read ``request.app.state.views``, a ViewDatabase; decisions of the
    review go to ``request.app.state.services``."""
    guarded = ExceptionMiddleware(
        Router(routes), {404: _not_found, chart.CannotTell: chart.tell, Exception: _failed}
    )
    return Mount("", app=SecurityHeaders(guarded))


async def _not_found(request: Request, _: Exception) -> Response:
    return render(request, "message.html", {"key": "site.not_found"}, status=404)


async def _failed(request: Request, error: Exception) -> Response:
    # The error's text may hold what somebody typed: only its kind and place are told.
    where = {"request": visit_of(request.scope).request_id, "at": place_of(error)}
    log.error("page failed", kind=type(error).__name__, **where)
    status, _, _ = told(error)
    return render(request, "message.html", {"key": "site.failed"}, status=status)
