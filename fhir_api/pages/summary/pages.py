"""The summary's addresses: as a page that prints well, and as a PDF."""

import asyncio
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_api.access.entrance import visit_of
from fhir_api.pages.chart.addresses import subject_asked
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.stating import writer_of
from fhir_api.pages.summary.paper import pdf_of
from fhir_api.pages.summary.sheet import Sheet, sheet_of
from fhir_api.pages.workplace import here
from projections.health_record.chart import Chart
from projections.health_record.queries import read_chart


async def summary_page(request: Request) -> Response:
    """GET /citizens/{patient_id}/summary."""
    chart, facility = await _read(request)
    if not chart.entries:
        return _nobody(request, chart)
    shown = {
        "patient_id": request.path_params["patient_id"],
        "sheet": _sheet(request, chart, facility),
        "several": len(chart.sources.subjects),
    }
    return render(request, "summary.html", shown)


async def summary_pdf(request: Request) -> Response:
    """GET /citizens/{patient_id}/summary.pdf: the same as a file, made beside the event loop."""
    chart, facility = await _read(request)
    if not chart.entries:
        return _nobody(request, chart)
    sheet = _sheet(request, chart, facility)
    content = await asyncio.to_thread(pdf_of, sheet, Messages(language_of(request)))
    headers = {"Content-Disposition": 'inline; filename="summary.pdf"'}
    return Response(content, headers=headers, media_type="application/pdf")


async def _read(request: Request) -> tuple[Chart, str | None]:
    """The chart, and what the facility is called where it is printed."""
    subject = subject_asked(request)
    async with request.app.state.views.connection() as connection:
        _, facility = await here(connection, request)
        return await read_chart(connection, subject), facility


def _sheet(request: Request, chart: Chart, facility: str | None) -> Sheet:
    t = Messages(language_of(request))
    return sheet_of(chart, datetime.now(UTC), t, [_printer(request, t), facility])


def _printer(request: Request, t: Messages) -> str:
    """Who is signed in; else the name that was given on this browser, said as that."""
    user, given = visit_of(request.scope).actor.user, writer_of(request)
    return user or (t("summary.given", name=given) if given else t("summary.nobody"))


def _nobody(request: Request, chart: Chart) -> Response:
    """As for the chart."""
    key, status = ("chart.nobody", 404) if chart.standing.complete else ("chart.not_yet", 503)
    return render(request, "message.html", {"key": key}, status=status)


routes = [
    Route("/citizens/{patient_id}/summary", summary_page, methods=["GET"]),
    Route("/citizens/{patient_id}/summary.pdf", summary_pdf, methods=["GET"]),
]
