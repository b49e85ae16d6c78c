"""How much a facility, or all together, send by day or week, and how late: as a table, drawn by script."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.dates import ZONE
from fhir_api.pages.facilities.lines import duration_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.workplace import name_of
from projections.facilities.queries import organizations
from projections.facilities.sender import LONGEST, UNKNOWN
from projections.facilities.trends import NOTHING, Step, Volume, trend

DAYS = {"day": 90, "week": 7 * 52}
"""Days that are told, by step."""


async def trend_page(request: Request) -> Response:
    """GET /facilities/trend. facility: by any of its names, all where there is none; step: day or week."""
    facility = request.query_params.get("facility", "").replace("\0", " ")[:LONGEST]
    step: Step = "week" if request.query_params.get("step") == "week" else "day"
    today = datetime.now(ZONE).date()
    since = today - timedelta(days=DAYS[step] + (today.weekday() if step == "week" else 0))
    async with request.app.state.views.connection() as connection:
        known = (await organizations(connection, [facility])).get(facility) if facility else None
        names = {facility, *(known.aliases if known else ())} if facility else None
        found = await trend(connection, since, step, names)
    t = Messages(language_of(request))
    shown = {
        "facility": facility,
        "name": None if facility == UNKNOWN else name_of(facility, known),
        "step": step,
        "steps": list(DAYS),
        "rows": [
            (
                int(datetime.combine(day, time(12), ZONE).timestamp()),
                day,
                volume,
                duration_text(volume.lag, t),
            )
            for day, volume in reversed(_without_holes(found, step))
        ],
    }
    return render(request, "trend.html", shown)


def _without_holes(found: Sequence[tuple[date, Volume]], step: Step) -> list[tuple[date, Volume]]:
    """With the days, or weeks, in which nothing came, from the first to the last that is told."""
    known, days = dict(found), 7 if step == "week" else 1
    count = (found[-1][0] - found[0][0]).days // days + 1 if found else 0
    every = (found[0][0] + timedelta(days=days * number) for number in range(count))
    return [(day, known.get(day, NOTHING)) for day in every]


routes = [Route("/facilities/trend", trend_page, methods=["GET"])]
