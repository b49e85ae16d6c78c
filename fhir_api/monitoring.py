"""Whether the server lives and is ready, and its figures: /livez, /readyz, /metrics.

Open to whoever reaches the port, cheap, and without personal data.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ehr.errors import Unavailable
from ehr.values import Key
from fhir_api.services import Services
from projections.database import DatabaseTrouble
from projections.standing import Standing, standings
from projections.visibility import LISTENS

MOST_LAG = 20_000
"""Facts that a view may be behind while the server counts as ready: some seconds of a projector's work, about
as long as a write waits to be shown."""

MOST_BEHIND = 60.0
"""Seconds that a fact may wait to be shown while the server counts as ready; beyond it a projector hangs."""

MOST_SILENCE = 3 * LISTENS
"""Seconds that the server may know nothing of the views' positions."""

PATIENCE = 2.0
"""Seconds that a part has to answer."""

READY = "ready"
Part = Callable[[Services], Awaitable[str]]
"""Says READY, or why it is not."""


async def livez(_: Request) -> Response:
    """The process answers: nothing else is said."""
    return PlainTextResponse("alive\n")


async def readyz(request: Request) -> Response:
    """200 when all parts serve, otherwise 503; says of each part how it is."""
    services: Services = request.app.state.services
    parts: dict[str, Part] = {"record": _record, "views": _views, "visibility": _visibility}
    states = {name: await _state(services, part) for name, part in parts.items()}
    states |= {name: await _state(services, _known(serves)) for name, serves in services.ready.items()}
    ready = all(state == READY for state in states.values())
    return JSONResponse({"ready": ready, "parts": states}, 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Figures in the text format of Prometheus."""
    services: Services = request.app.state.services
    views = CollectorRegistry()
    views.register(_Figures(await _standings(services)))
    text = generate_latest(services.metrics.registry) + generate_latest(views)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


routes: list[Route] = [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _state(services: Services, part: Part) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part(services)
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except (Unavailable, DatabaseTrouble):
        return "the database cannot be reached"


async def _record(services: Services) -> str:
    """Asks the record for a resource that cannot exist."""
    await services.recorder.resolve({Key("", "")}, set(), None)
    return READY


async def _views(services: Services) -> str:
    async with services.views.connection() as connection:
        found = await standings(connection)
    wrong = [reason for view in found if (reason := _wrong(view))]
    return "; ".join(wrong) or (READY if found else "there is none yet")


def _wrong(view: Standing) -> str:
    """What keeps a view from being ready, if anything."""
    if view.awaits_rebuild and not view.projected:
        return f"{view.view} was built by other code: `ehr rebuild {view.view}`"
    if view.lag > MOST_LAG:
        return f"{view.view} is {view.lag} facts behind"
    if view.behind > MOST_BEHIND:
        return f"{view.view} is {view.behind:.0f} s behind"
    return "" if view.projected else f"{view.view} has no projector"


async def _visibility(services: Services) -> str:
    """Without it no write is known to be shown, nor who is parked."""
    silence = services.visibility.silence
    return READY if silence < MOST_SILENCE else f"has not heard of the views for {silence:.0f} s"


def _known(serves: Callable[[], Awaitable[bool]]) -> Part:
    async def part(_: Services) -> str:
        return READY if await serves() else "does not serve"

    return part


async def _standings(services: Services) -> list[Standing] | None:
    """None while the database does not answer."""
    try:
        async with asyncio.timeout(PATIENCE), services.views.connection() as connection:
            return await standings(connection)
    except (TimeoutError, DatabaseTrouble):
        return None


class _Figures(Collector):
    """``figures`` as the library wants them."""

    def __init__(self, found: Sequence[Standing] | None) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See ``prometheus_client``."""
        return figures(self._found)


def figures(found: Sequence[Standing] | None) -> Iterator[GaugeMetricFamily]:
    """What is known of record and views at one moment; None: the database does not answer."""
    yield GaugeMetricFamily("ehr_database_up", "1 when the database answers.", value=float(found is not None))
    views = found or []
    record = GaugeMetricFamily("ehr_record_position", "Position of the record's last fact.")
    if views:
        record.add_metric([], float(views[0].end))
    yield record
    yield _by_view("ehr_view_position", "Position up to which a view shows the record.", views, "position")
    yield _by_view("ehr_view_lag_facts", "Facts that a view does not show yet.", views, "lag")
    yield _by_view(
        "ehr_view_behind_seconds", "Age of the first fact that a view does not show.", views, "behind"
    )
    yield _by_view("ehr_view_projected", "1 when a projector of the view is connected.", views, "projected")
    yield _by_view(
        "ehr_view_awaits_rebuild", "1 when other code has built the view.", views, "awaits_rebuild"
    )
    yield _by_view("ehr_view_parked_citizens", "Citizens whose facts wait.", views, "parked")
    yield _by_view("ehr_view_quarantined_records", "Records passed over.", views, "quarantined")


def _by_view(name: str, meaning: str, found: Sequence[Standing], figure: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["view"])
    for standing in found:
        family.add_metric([standing.view], float(getattr(standing, figure)))
    return family
