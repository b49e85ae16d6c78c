"""The chart's addresses: all of it, one panel, one visit, one series; now, or as it was.

Each is a page of its own; to htmx it answers with the piece alone."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_api.pages.chart.addresses import WHENEVER, subject_asked, then_in, today_of
from fhir_api.pages.chart.banner import banner_of
from fhir_api.pages.chart.elsewhere import uses_by_others
from fhir_api.pages.chart.news import news_of, news_response
from fhir_api.pages.chart.notes import form_of, write_note
from fhir_api.pages.chart.past import CannotTell, Then, then_of
from fhir_api.pages.chart.people import people_of_chart
from fhir_api.pages.chart.timeline import PERIODS, timeline_of
from fhir_api.pages.chart.vaccines import vaccines_of
from fhir_api.pages.chart.words import sayer, told
from fhir_api.pages.formats import bytes_text, date_text, moment_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.recent import remember
from fhir_api.pages.rendering import is_fragment, render
from fhir_api.pages.workplace import workplace_of
from projections.database import Reader
from projections.health_record.chart import Chart
from projections.health_record.elsewhere import elsewhere_of
from projections.health_record.lateness import Lateness
from projections.health_record.past import TooMuchPast, read_past
from projections.health_record.queries import read_chart
from projections.health_record.referrals import referrals_of
from projections.health_record.series import grid_of
from projections.links.queries import pairs_of

PANELS = (
    "visits",
    "problems",
    "medicines",
    "allergies",
    "immunisations",
    "results",
    "documents",
    "orders",
    "acts",
)
"""In the order of the keys 1 to 9."""

NOTES = "notes"
"""A panel without a key."""

FIRST_ROWS = 12
"""Rows of a panel within the whole chart; the panel alone shows all."""

FIRST_VISITS, MORE_VISITS = 8, 20
"""Visits within the whole chart, and at a time thereafter."""

FIRST_DAYS, MORE_DAYS = 6, 12
"""Columns of the grid of results, within the whole chart and alone."""

_DAY = re.compile(r"\d{4}(-\d\d){0,2}")


class Seen(NamedTuple):
    """A chart, as it is or as it was then. facilities: codes of those whose part of it may be asked for."""

    chart: Chart
    then: Then | None
    facilities: frozenset[str]


async def chart_page(request: Request) -> Response:
    """GET /citizens/{patient_id}: everything, the newest of each panel, and which Patients it is of."""
    subject = subject_asked(request)
    async with request.app.state.views.connection() as connection:
        seen = await _read(connection, request)
        chart, then, now = seen.chart, seen.then, _time(seen)
        decisions = await pairs_of(
            connection, chart.sources.subjects or [subject], then and then.moment.position
        )
        # Who else used the card is known of today alone.
        uses = [] if then else await uses_by_others(connection, chart, now, workplace_of(request))
    if not chart.entries:
        return _nobody(request, seen)
    shown = _shown(request, seen, FIRST_ROWS)
    people = people_of_chart(chart, decisions, now, Messages(language_of(request)))
    elsewhere = elsewhere_of(chart, now, uses, workplace_of(request))
    response = render(request, "chart.html", shown | {"people": people, "elsewhere": elsewhere})
    return remember(request, response, request.path_params["patient_id"])


async def panel_page(request: Request) -> Response:
    """GET /citizens/{patient_id}/panels/{panel}: all of one panel."""
    panel = request.path_params["panel"]
    if panel not in (*PANELS, NOTES):
        raise HTTPException(404)
    seen = await _seen(request)
    if not seen.chart.entries:
        return _nobody(request, seen)
    only_rows = is_fragment(request) and "from" in request.query_params
    template = "chart_visit_rows.html" if only_rows else f"chart_{panel}.html"
    return _part(request, template, _shown(request, seen))


async def visit_page(request: Request) -> Response:
    """GET /citizens/{patient_id}/encounters/{encounter_id}: what belongs to one visit."""
    seen = await _seen(request)
    visit = seen.chart.visit(request.path_params["encounter_id"])
    if visit is None:
        return _absent(request, seen, "chart.no_visit")
    shown = _shown(request, seen) | {"visit": visit, "alone": not is_fragment(request)}
    return _part(request, "chart_visit.html", shown)


async def series_page(request: Request) -> Response:
    """GET /citizens/{patient_id}/series/{token}: every value of one measurement in one unit, and its plot."""
    seen = await _seen(request)
    series = seen.chart.series_by(request.path_params["token"])
    if series is None:
        return _absent(request, seen, "chart.no_series")
    return _part(request, "chart_series.html", _shown(request, seen) | {"series": series})


async def news(request: Request) -> Response:
    """GET /citizens/{patient_id}/news: what is stated from now on, as it is."""
    return news_response(request, subject_asked(request))


async def _seen(request: Request) -> Seen:
    async with request.app.state.views.connection() as connection:
        return await _read(connection, request)


async def _read(connection: Reader, request: Request) -> Seen:
    """Raises CannotTell."""
    subject = subject_asked(request)
    then = await then_of(connection, request)
    if then is None:
        chart = await read_chart(connection, subject)
        stated = (entry.origin.facility for entry in chart.entries)
        return Seen(chart, None, frozenset(filter(None, stated)))
    try:
        past = await read_past(connection, subject, then.moment, then.facility)
    except TooMuchPast as too_much:
        size = bytes_text(too_much.size, language_of(request))
        raise CannotTell("past.too_much", 422, facts=str(too_much.facts), size=size) from None
    return Seen(past.chart, then, past.facilities)


def _shown(request: Request, seen: Seen, limit: int | None = None) -> dict[str, Any]:
    """What the templates of a chart know, beside what all templates do. limit: rows of a panel."""
    chart, then = seen.chart, seen.then
    language, now = language_of(request), _time(seen)
    wishes = request.query_params
    before = _day(wishes)
    timeline = timeline_of(chart, wishes, FIRST_VISITS if limit else MORE_VISITS, now)
    return {
        "patient_id": request.path_params["patient_id"],
        "home": _home(request),
        "news": None if then else news_of(request, chart, _home(request)),
        "note_form": None if then else form_of(request, called=chart.facility_called),
        "today": today_of(request),
        "then": then,
        "then_part": then_in(request),
        "facilities": sorted((chart.facility_called(code), code) for code in seen.facilities),
        "whose": chart.whereabouts.of_sender(then.facility) if then and then.facility else None,
        "chart": chart,
        "banner": banner_of(chart, now, Messages(language)),
        "timeline": timeline,
        "periods": PERIODS,
        "any_late": any(chart.lateness(visit) is Lateness.LATE for visit in timeline.visits),
        "grid": grid_of(chart.series[:limit], FIRST_DAYS if limit else MORE_DAYS, before),
        "before": before,
        **vaccines_of(chart, now, Messages(language)),
        "limit": limit,
        "referrals_of": referrals_of,
        "panels": [(panel, _count(chart, panel)) for panel in PANELS],
        "number_of": {panel: number for number, panel in enumerate(PANELS, 1)},
        "now": now,
        "as_of": _as_of(seen),
        "piece": is_fragment(request),
        "said": sayer(language),
        "when": told(moment_text),
        "on": told(date_text),
    }


def _time(seen: Seen) -> datetime:
    """As of when ages are told, and what is in use."""
    return seen.then.time if seen.then else datetime.now(UTC)


def _as_of(seen: Seen) -> datetime | None:
    """Of the last fact that is shown; of the past, the moment that is asked for once all until then is."""
    standing = seen.chart.standing
    return seen.then.time if seen.then and not standing.behind else standing.last_updated


def _day(wishes: Mapping[str, str]) -> str | None:
    before = wishes.get("before", "")
    return before if _DAY.fullmatch(before) else None


def _count(chart: Chart, panel: str) -> int:
    counted: Mapping[str, Any] = {"results": chart.series}
    return len(counted[panel] if panel in counted else getattr(chart, panel))


def _part(request: Request, template: str, shown: Mapping[str, Any]) -> Response:
    whole = "chart_piece.html" if is_fragment(request) else "chart_part.html"
    return render(request, whole, {**shown, "part": template})


def _nobody(request: Request, seen: Seen) -> Response:
    """Nothing is known; 503 where that may only be because the view does not show it."""
    if not seen.chart.standing.complete:
        return render(request, "message.html", {"key": "chart.not_yet"}, status=503)
    if seen.then:
        return render(request, "message.html", {"key": "past.nobody", "back": today_of(request)}, status=404)
    return render(request, "message.html", {"key": "chart.nobody"}, status=404)


def _absent(request: Request, seen: Seen, key: str) -> Response:
    """Of somebody who is known, a part is not: key says which."""
    if not seen.chart.entries or not seen.chart.standing.complete:
        return _nobody(request, seen)
    return render(request, "message.html", {"key": key, "back": _home(request)}, status=404)


def _home(request: Request) -> str:
    """Address of the chart, now or then, below which its panels, visits and series lie."""
    return f"{today_of(request)}{then_in(request)}"


_CHART = "/citizens/{patient_id}"
_PARTS = {
    "": chart_page,
    "/panels/{panel}": panel_page,
    "/encounters/{encounter_id}": visit_page,
    "/series/{token}": series_page,
}

routes = [
    *(
        Route(f"{_CHART}{when}{part}", page, methods=["GET"])
        for when in WHENEVER
        for part, page in _PARTS.items()
    ),
    Route(f"{_CHART}/news", news, methods=["GET"]),
    Route(f"{_CHART}/notes", write_note, methods=["POST"]),
]
