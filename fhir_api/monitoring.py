"""Whether the server lives and is ready, and its figures: /livez, /readyz, /metrics.

Open to whoever reaches the port, cheap, and without personal data.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ehr.errors import Unavailable
from ehr.event_store.connections import RecordTrouble
from ehr.values import Key
from fhir_api.figures import Figures, Known, disk_of
from fhir_api.services import Services
from projections.facilities.silence import silence
from projections.linking.standing import linking_standing
from projections.standing import Standing, relay_standing, sizes, standings
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
"""Says READY, with what is amiss all the same, or why it is not."""


async def livez(_: Request) -> Response:
    """The process answers: nothing else is said."""
    return PlainTextResponse("alive\n")


async def readyz(request: Request) -> Response:
    """200 when all parts serve, otherwise 503; says of each part how it is."""
    services: Services = request.app.state.services
    parts: dict[str, Part] = {
        "record": _record,
        "log": _log,
        "views": _views,
        "linking": _linking,
        "visibility": _visibility,
    }
    states = {name: await _state(services, part) for name, part in parts.items()}
    states |= {name: await _state(services, _known(serves)) for name, serves in services.ready.items()}
    ready = all(state.startswith(READY) for state in states.values())
    return JSONResponse({"ready": ready, "parts": states}, 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Figures in the text format of Prometheus."""
    services: Services = request.app.state.services
    moment = CollectorRegistry()
    moment.register(Figures(await known_now(services), disk_of(services.data)))
    text = generate_latest(services.metrics.registry) + generate_latest(moment)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


routes: list[Route] = [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _state(services: Services, part: Part) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part(services)
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except (Unavailable, *RecordTrouble):
        return "the database cannot be reached, or has no record"


async def _record(services: Services) -> str:
    """Asks the record for a resource that cannot exist."""
    await services.recorder.resolve({Key("", "")}, set(), None)
    return READY


async def _log(services: Services) -> str:
    """While facts do not get to the log the server serves all the same; the views wait, or do without."""
    async with services.views.connection() as connection:
        relay = await relay_standing(connection)
    if relay is None or (relay.compared and relay.keeps_up):
        return READY
    if relay.compared and relay.works:
        return f"{READY}, but facts wait to get to the log, the first one for {relay.behind:.0f} s"
    trouble = relay.trouble or _silence(relay.silent)
    if not relay.compared:
        return f"writing waits until the log is known to have no more than the store: {trouble}"
    return f"{READY}, but facts wait to get to the log: {trouble}"


def _silence(seconds: float) -> str:
    """Right after a start of the database the relay that was at work before has yet to come back."""
    since = f"for {seconds:.0f} s" if seconds >= 1 else "yet"
    return f"no relay has been at work {since}: `ehr relay`"


async def _views(services: Services) -> str:
    async with services.views.connection() as connection:
        found, relay = await standings(connection), await relay_standing(connection)
    logged = relay.position if relay else None
    wrong = [reason for view in found if (reason := _wrong(view, logged))]
    return "; ".join(wrong) or (READY if found else "there is none yet")


def _wrong(view: Standing, logged: int | None) -> str:
    """What keeps a view from being ready, if anything.

    logged: how far the log is, when it is another one than the record's own: a view is not to blame for what
    has not come to its log.
    """
    end = view.end if logged is None else min(view.end, logged)
    if view.awaits_rebuild and not view.projected:
        return f"{view.view} was built by other code: `ehr rebuild {view.view}`"
    if end - view.position > MOST_LAG:
        return f"{view.view} is {end - view.position} facts behind"
    if end > view.position and view.behind > MOST_BEHIND:
        return f"{view.view} is {view.behind:.0f} s behind"
    return "" if view.projected else f"{view.view} has no projector"


async def _linking(services: Services) -> str:
    """Without it the server serves all the same; who is one person is found out later."""
    async with services.views.connection() as connection:
        linking = await linking_standing(connection)
    if linking is None:
        return f"{READY}, but no linking process was ever at work: `ehr link`"
    if not linking.works:
        return f"{READY}, but no linking process is at work: `ehr link`"
    if linking.behind > MOST_BEHIND:
        return f"{READY}, but linking is {linking.lag} facts behind, the first one for {linking.behind:.0f} s"
    waiting = linking.waiting
    return f"{READY}, but {waiting} citizens wait to be judged: `ehr parked`" if waiting else READY


async def _visibility(services: Services) -> str:
    """Without it no write is known to be shown, nor who is parked, nor who is one person."""
    silence = max(services.visibility.silence, services.links.silence)
    return READY if silence < MOST_SILENCE else f"has not heard of the views for {silence:.0f} s"


def _known(serves: Callable[[], Awaitable[bool]]) -> Part:
    async def part(_: Services) -> str:
        return READY if await serves() else "does not serve"

    return part


async def known_now(services: Services) -> Known | None:
    """How everything stands; None while the database does not answer."""
    try:
        async with asyncio.timeout(PATIENCE), services.views.connection() as connection:
            return Known(
                await standings(connection),
                await relay_standing(connection),
                await linking_standing(connection),
                await silence(connection, datetime.now(UTC)),
                await sizes(connection),
            )
    except (TimeoutError, *RecordTrouble):
        return None
