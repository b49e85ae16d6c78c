"""The first page: one box to look citizens up, and what it finds."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_api.pages.rendering import render


async def search_page(request: Request) -> Response:
    """GET /: the box and how to use it."""
    return render(request, "search.html", {"focus_search": True})


routes = [Route("/", search_page)]
