"""How all of it runs, for whoever runs it: live, and without anything personal.

Positions, lags, what is left out and why, sizes, and the slowest requests by their routes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_api.figures import Known, disk_of
from fhir_api.monitoring import known_now
from fhir_api.pages.facilities.lines import duration_text
from fhir_api.pages.formats import bytes_text, number_text, tenths_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import is_fragment, render
from fhir_api.services import Services
from projections.standing import LeftOut, left_out

SLOWEST = 10
"""Kinds of requests that are told."""


class Step(NamedTuple):
    """Somebody on the way of a fact: how far it is. name: key of what it is, or a view's. lag: facts behind
    the record; None for itself. behind: since when, in words. pace: facts in a second, "" where nobody
    has looked before. state: key of how it is. size: of its tables."""

    name: str
    position: int
    lag: int | None
    behind: str
    pace: str
    state: str
    size: str = ""


async def ops_page(request: Request) -> Response:
    """GET /ops: the page; to htmx, what changes in it."""
    services: Services = request.app.state.services
    known = await known_now(services)
    waiting = await _left_out(services) if known else []
    t = Messages(language_of(request))
    shown = {
        "now": datetime.now(UTC),
        "known": known,
        "steps": _steps(services, known, t) if known else [],
        "left_out": waiting,
        "disk": disk_of(services.data),
        "slowest": services.metrics.slowest(SLOWEST),
        "answered": services.metrics.answered,
        "bytes": lambda number: bytes_text(number, t.language),
        "milliseconds": lambda seconds: number_text(round(seconds * 1000), t.language),
    }
    return render(request, "ops_now.html" if is_fragment(request) else "ops.html", shown)


async def _left_out(services: Services) -> Sequence[LeftOut]:
    async with services.views.connection() as connection:
        return await left_out(connection)


def _steps(services: Services, known: Known, t: Messages) -> list[Step]:
    """From the record over the log to the views, and linking, which reads them."""
    end = known.views[0].end if known.views else 0
    positions = {"record": end} | {view.view: view.position for view in known.views}
    if known.relay:
        positions["log"] = known.relay.position
    if known.linking:
        positions["linking"] = known.linking.position
    told = services.metrics.pace.note(monotonic(), positions)
    pace = dict.fromkeys(positions, "")
    pace |= {name: t("ops.pace", facts=tenths_text(one, t.language)) for name, one in told.items()}
    steps = [Step("record", end, None, "", pace["record"], "writes", _size(known, None, t))]
    if known.relay:
        lag, state = end - known.relay.position, "works" if known.relay.works else "stands"
        behind = duration_text(known.relay.behind, t)
        steps.append(Step("log", known.relay.position, lag, behind, pace["log"], state))
    for view in known.views:
        state = "works" if view.projected else "awaits_rebuild" if view.awaits_rebuild else "stands"
        behind, size = duration_text(view.behind, t), _size(known, view.view, t)
        steps.append(Step(view.view, view.position, view.lag, behind, pace[view.view], state, size))
    if known.linking:
        one, state = known.linking, "works" if known.linking.works else "stands"
        steps.append(
            Step("linking", one.position, one.lag, duration_text(one.behind, t), pace["linking"], state)
        )
    return steps


def _size(known: Known, view: str | None, t: Messages) -> str:
    """Of the record, or of the generation of a view that serves."""
    if known.sizes is None:
        return ""
    if view is None:
        return bytes_text(known.sizes.record, t.language)
    serving = (
        one.size for one in known.sizes.generations if one.generation.view == view and one.state == "serving"
    )
    return bytes_text(next(serving, 0), t.language)


routes = [Route("/ops", ops_page, methods=["GET"])]
