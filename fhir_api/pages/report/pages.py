"""The report's page, to be printed on one sheet, and its tables as files."""

from datetime import UTC, date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.dates import ZONE
from ehr.formats.written_date import read_date
from fhir_api.pages.formats import moment_text, number_text, percent_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.report.reading import Period, Report, read_report
from fhir_api.pages.report.tables import Cell, as_csv, tables_of


async def report_page(request: Request) -> Response:
    """GET /report. from, to: first and last day; this month so far where there are none, or no such days."""
    report = await _read(request)
    t = Messages(language_of(request))
    shown = {
        "report": report,
        "is_odd": _period(request) is None and not request.query_params.keys().isdisjoint(("from", "to")),
        "tables": tables_of(report, t),
        "cell": lambda value: _text(value, t.language),
        "presets": _presets(report.at.astimezone(ZONE).date()),
    }
    return render(request, "report.html", shown)


async def report_file(request: Request) -> Response:
    """GET /report/{table}.csv, with from and to as the page has them."""
    report = await _read(request)
    tables = tables_of(report, Messages(language_of(request)))
    table = next((one for one in tables if one.name == request.path_params["table"]), None)
    if table is None:
        raise HTTPException(404)
    first, last = report.period
    name = f"{table.name}_{first}_{last}_{report.at.astimezone(ZONE):%Y%m%dT%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(table), headers=headers, media_type="text/csv; charset=utf-8")


async def _read(request: Request) -> Report:
    now = datetime.now(UTC)
    period = _period(request) or _presets(now.astimezone(ZONE).date())["this_month"]
    async with request.app.state.views.connection() as connection:
        return await read_report(connection, period, now)


def _period(request: Request) -> Period | None:
    """As it was asked for; None where that are no two days in order."""
    first, last = (_day(request.query_params.get(name, "")) for name in ("from", "to"))
    return Period(first, last) if first and last and first <= last else None


def _day(text: str) -> date | None:
    """Of ``2026-11-26``, ``26/11/2026`` and whatever else people write."""
    written = read_date(text.strip()) or ""
    return date.fromisoformat(written) if len(written) == len("2026-11-26") else None


def _presets(today: date) -> dict[str, Period]:
    """Key of its name -> period."""
    this_month = today.replace(day=1)
    before = this_month - timedelta(days=1)
    return {
        "this_month": Period(this_month, today),
        "last_month": Period(before.replace(day=1), before),
        "this_year": Period(today.replace(month=1, day=1), today),
    }


def _text(cell: Cell, language: str) -> str:
    if isinstance(cell, datetime):
        return moment_text(cell)
    if isinstance(cell, float):
        return percent_text(cell, language)
    if isinstance(cell, int):
        return number_text(cell, language)
    return "–" if cell is None else cell


routes = [
    Route("/report", report_page, methods=["GET"]),
    Route("/report/{table}.csv", report_file, methods=["GET"]),
]
