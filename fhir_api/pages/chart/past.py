"""The chart as it was: which moment is asked for, and how it is told."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fhir_api.pages.chart.addresses import facility_asked, subject_asked, then_part, today_of
from fhir_api.pages.chart.moments import Asked, asked, typed
from fhir_api.pages.formats import date_text, moment_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from projections.database import Reader
from projections.health_record.past import Moment, moment_at, moment_before


class CannotTell(Exception):
    """Nothing can be shown of the past that is asked for. key: of the message that says why."""

    def __init__(self, key: str, status: int = 404, **values: str) -> None:
        """values: for the hint."""
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


class Then(NamedTuple):
    """A moment of the past. time: the last one that counts, for ages and for what was current then.

    when: in words. typed: as somebody would type it. facility: code of the one whose record is shown.
    """

    moment: Moment
    time: datetime
    when: str
    typed: str
    facility: str | None


async def then_of(connection: Reader, request: Request) -> Then | None:
    """The moment that the address names; None for now. Raises CannotTell."""
    text = request.path_params.get("moment")
    if text is None:
        return None
    meant, now = asked(text), datetime.now(UTC)
    if meant is None:
        raise CannotTell("past.odd")
    if meant.span and meant.span.start > now:
        raise CannotTell("past.future")
    moment = await _moment(connection, meant, now)
    if meant.span is None:
        return Then(
            moment, moment.recorded_at, moment_text(moment.recorded_at), text, facility_asked(request)
        )
    time = meant.last(now)
    if not meant.is_day:
        return Then(moment, time, moment_text(time), moment_text(time), facility_asked(request))
    t, day = Messages(language_of(request)), date_text(text)
    when = t("past.end_of", day=day) if meant.span.end <= now else moment_text(time)
    return Then(moment, time, when, day, facility_asked(request))


async def _moment(connection: Reader, meant: Asked, now: datetime) -> Moment:
    if meant.position:
        moment = await moment_at(connection, meant.position)
        if moment is None:
            raise CannotTell("past.future")
        return moment
    moment = await moment_before(connection, meant.end(now)) if meant.span else None
    if moment is None:
        first = await moment_at(connection, 1)
        raise CannotTell("past.before", first=moment_text(first.recorded_at) if first else "–")
    return moment


async def tell(request: Request, error: Exception) -> Response:
    """Why nothing can be shown, and the way back."""
    assert isinstance(error, CannotTell)
    shown = {"key": error.key, "values": error.values, "back": today_of(request)}
    return render(request, "message.html", shown, status=error.status)


async def choose(request: Request) -> Response:
    """GET /citizens/{patient_id}/at?when=…&facility=…: what a form asks for, at its address."""
    subject_asked(request)
    wishes = request.query_params
    meant = typed(wishes.get("when", ""))
    if meant is None:
        raise CannotTell("past.odd", 400)
    address = f"{today_of(request)}{then_part(meant.text, wishes.get('facility'))}"
    return RedirectResponse(address, status_code=303)


routes = [Route("/citizens/{patient_id}/at", choose, methods=["GET"])]
