"""The list of those who send, some at a time, in an order that its columns offer."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.dates import ZONE
from fhir_api.pages.facilities.lines import BAR, DAYS, HEIGHT, STEP, line_of
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.workplace import workplace_of
from projections.facilities.queries import ORDERS, Asked, senders
from projections.facilities.silence import silence

ROWS = 50
"""Facilities of a page."""

LAST_PAGE = 1000
"""Beyond it nobody leafs."""


async def facilities_page(request: Request) -> Response:
    """GET /facilities. sort: one of ORDERS, with a minus before it the other way round; page: from 1 on."""
    now = datetime.now(UTC)
    today = now.astimezone(ZONE).date()
    asked, page = _asked(request)
    async with request.app.state.views.connection() as connection:
        silent = await silence(connection, now)
        found = await senders(connection, today - timedelta(days=DAYS - 1), asked)
    t, own, at = Messages(language_of(request)), workplace_of(request), silent.at if silent else None
    shown = {
        "lines": [line_of(one, own, at, t, today) for one in found[:ROWS]],
        "silence": silent,
        "asked": asked,
        "page": page,
        "more": len(found) > ROWS,
        "orders": ORDERS,
        "days": DAYS,
        "buckets": range(6),
        "bar": BAR,
        "height": HEIGHT,
        "step": STEP,
    }
    return render(request, "facilities.html", shown)


def _asked(request: Request) -> tuple[Asked, int]:
    """What is no order is by name, and what is no page is the first."""
    sort, page = request.query_params.get("sort", ""), request.query_params.get("page", "")
    order = sort.removeprefix("-")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 5 else 1
    number = min(max(number, 1), LAST_PAGE)
    if order not in ORDERS:
        order, sort = ORDERS[0], ""
    return Asked(order, sort.startswith("-"), ROWS + 1, (number - 1) * ROWS), number


routes = [Route("/facilities", facilities_page, methods=["GET"])]
