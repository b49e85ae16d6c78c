"""What is stated about a person while their chart is open, as server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html).

An event tells kinds and numbers, and nothing of what was stated; its id is the position up to which that is
all.
"""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from fhir_api.open_charts import Ended, OpenChart, OpenCharts, Told, TooManyOpen
from fhir_api.pages.languages import Messages, language_of
from fhir_api.services import Services
from projections.health_record.chart import Chart
from projections.health_record.news import TOLD

ALIVE = 15.0
"""Seconds after which something is sent, so that whatever is in between keeps the connection."""

BACK_MILLISECONDS = 2000
"""After which a browser that was cut off comes back."""

AGAIN_SECONDS = 60
"""After which a page that was refused tries again."""

_POSITION = re.compile(r"[0-9]{1,18}", re.ASCII)


def open_charts(request: Request) -> OpenCharts | None:
    """Where pages stand alone, without services, there are none."""
    services: Services | None = getattr(request.app.state, "services", None)
    return services.news if services else None


def news_of(request: Request, chart: Chart, home: str) -> dict[str, Any] | None:
    """What the page of a chart needs to be told of news; None where nobody tells any."""
    if open_charts(request) is None:
        return None
    t = Messages(language_of(request))
    return {
        "address": f"{home}/news",
        "position": chart.standing.position,
        "texts": [[kind, t(f"news.{kind}.one"), t(f"news.{kind}.more")] for kind in TOLD],
    }


def news_response(request: Request, subject: UUID) -> Response:
    """GET /citizens/{patient_id}/news."""
    charts = open_charts(request)
    if charts is None or request.method == "HEAD":
        return PlainTextResponse("", 503 if charts is None else 200)
    return _Stream(charts, subject, _seen(request))


def _seen(request: Request) -> int | None:
    """The position of the last event that a browser has seen, else the one that the page was made at."""
    said = (request.headers.get("last-event-id", ""), request.query_params.get("after", ""))
    return next((int(text) for text in said if _POSITION.fullmatch(text)), None)


class _Stream(Response):
    """A stream of events, which counts as an open chart as long as it is sent."""

    def __init__(self, charts: OpenCharts, subject: UUID, seen: int | None) -> None:
        super().__init__()
        self._charts, self._subject, self._seen = charts, subject, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._charts.open(self._subject, self._seen) as chart:
                await StreamingResponse(_events(chart), media_type="text/event-stream")(scope, receive, send)
        except TooManyOpen:
            refused = PlainTextResponse("", 503, {"Retry-After": str(AGAIN_SECONDS)})
            await refused(scope, receive, send)


async def _events(chart: OpenChart) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % BACK_MILLISECONDS
    told = chart.position
    try:
        while True:
            news = await chart.wait(ALIVE)
            yield _event(news) if news.counts or news.position != told else b":\n\n"
            told = news.position
    except Ended:
        return


def _event(news: Told) -> bytes:
    return b"id: %d\nevent: news\ndata: %b\n\n" % (news.position, orjson.dumps(news.counts))
