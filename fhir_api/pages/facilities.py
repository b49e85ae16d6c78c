"""Who sends: every facility, since when, how late, how much."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.dates import ZONE
from ehr.names import fold
from fhir_api.pages.formats import number_text
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.workplace import name_of, workplace_of
from projections.facilities.lags import DAY, HOUR, MINUTE
from projections.facilities.queries import Lags, Sender, senders
from projections.facilities.sender import UNKNOWN

DAYS = 30
"""Days of which the volumes are drawn, today the last."""

BAR = 120
"""Width of a drawing of lags, in its own units."""

HEIGHT = 20
"""Height of a drawing of volumes, in its own units."""


class Bar(NamedTuple):
    """A bar of a drawing, in its own units. tip: what it stands for."""

    x: float
    y: float
    width: float
    height: float
    kind: int
    tip: str


class Line(NamedTuple):
    """A facility as the table shows it. name: None where facts name none. code: beside a name that differs.

    own: whether the reader works there. recent: Encounters of the days that are drawn.
    """

    sender: Sender
    name: str | None
    code: str | None
    own: bool
    half: str
    longest: str
    lags: Sequence[Bar]
    volumes: Sequence[Bar]
    recent: int


async def facilities_page(request: Request) -> Response:
    """GET /facilities."""
    today = datetime.now(ZONE).date()
    async with request.app.state.views.connection() as connection:
        found = await senders(connection, today - timedelta(days=DAYS - 1))
    t, own = Messages(language_of(request)), workplace_of(request)
    lines = [_line(one, own, t, today) for one in found]
    lines.sort(key=lambda line: (line.name is None, fold(line.name or ""), line.sender.facility))
    newest = max((one.last_recorded for one in found), default=None)
    shown = {
        "lines": lines,
        "newest": newest,
        "days": DAYS,
        "buckets": range(6),
        "bar": BAR,
        "height": HEIGHT,
    }
    return render(request, "facilities.html", shown)


def _line(one: Sender, own: str | None, t: Messages, today: date) -> Line:
    known = one.organization
    name = None if one.facility == UNKNOWN else name_of(one.facility, known)
    codes = known.codes if known else []
    code = next((code for code in (one.facility, *codes) if "/" not in code and code != name), None)
    return Line(
        sender=one,
        name=name,
        code=code if name else None,
        own=own is not None and own in (one.facility, *(known.aliases if known else ())),
        half=t(f"facilities.bucket.{one.lags.median_bucket}") if one.lags.facts else "",
        longest=_duration(one.lags.longest if one.lags.facts else None, t),
        lags=_lag_bars(one.lags, t),
        volumes=_volume_bars(one, t, today),
        recent=sum(day.encounters for day in one.days),
    )


def _lag_bars(lags: Lags, t: Messages) -> list[Bar]:
    bars, x = [], 0.0
    for kind, facts in enumerate(lags.buckets):
        width = BAR * facts / lags.facts if facts else 0
        if facts:
            tip = f"{t(f'facilities.bucket.{kind}')}: {number_text(facts, t.language)}"
            bars.append(Bar(round(x, 2), 0, round(width, 2), HEIGHT, kind, tip))
        x += width
    return bars


def _volume_bars(one: Sender, t: Messages, today: date) -> list[Bar]:
    most = max((day.resources for day in one.days), default=0)
    first = today - timedelta(days=DAYS - 1)
    return [
        Bar(
            x=(day.day - first).days * 4,
            y=round(HEIGHT - HEIGHT * day.resources / most, 2),
            width=3,
            height=round(HEIGHT * day.resources / most, 2),
            kind=0,
            tip=t(
                "facilities.day",
                day=f"{day.day:%d/%m}",
                resources=number_text(day.resources, t.language),
                visits=number_text(day.encounters, t.language),
            ),
        )
        for day in one.days
        if day.day <= today
    ]


def _duration(seconds: float | None, t: Messages) -> str:
    """In the largest unit of which there are at least two."""
    if seconds is None:
        return ""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return t(f"facilities.duration.{name}", number=number_text(round(seconds / unit), t.language))
    return t("facilities.duration.seconds", number=round(seconds))


routes = [Route("/facilities", facilities_page)]
