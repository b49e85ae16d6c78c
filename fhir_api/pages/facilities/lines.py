"""A facility as the list of those who send shows it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from fhir_api.pages.formats import number_text
from fhir_api.pages.languages import Messages
from fhir_api.pages.workplace import name_of
from projections.facilities.lags import DAY, HOUR, MINUTE
from projections.facilities.queries import Lags, Sender
from projections.facilities.sender import UNKNOWN
from projections.facilities.silence import is_silent

DAYS = 30
"""Days of which the volumes are drawn, today the last."""

BAR = 120
"""Width of a drawing of lags, in its own units."""

HEIGHT = 20
"""Height of a drawing of volumes, in its own units."""

STEP = 4
"""Width of a day in it."""

_STATES = {True: "silent", False: "regular", None: "unjudged"}


class Bar(NamedTuple):
    """A bar of a drawing, in its own units. tip: what it stands for."""

    x: float
    width: float
    kind: int
    tip: str


class Line(NamedTuple):
    """name: None where facts name none. code: beside a name that differs. own: whether the reader works
    there. state: key of how it stands with its silence. volumes: an SVG path. recent: Encounters of the days
    that are drawn."""

    sender: Sender
    name: str | None
    code: str | None
    own: bool
    state: str
    half: str
    longest: str
    lags: Sequence[Bar]
    volumes: str
    recent: int


def line_of(one: Sender, own: str | None, at: datetime | None, t: Messages, today: date) -> Line:
    """at: as of when silences are judged."""
    known = one.organization
    name = None if one.facility == UNKNOWN else name_of(one.facility, known)
    codes = known.codes if known else []
    code = next((code for code in (one.facility, *codes) if "/" not in code and code != name), None)
    return Line(
        sender=one,
        name=name,
        code=code if name else None,
        own=own is not None and own in (*one.names, *(known.aliases if known else ())),
        state=_STATES[is_silent(one.silent_from, at)],
        half=t(f"facilities.bucket.{one.lags.median_bucket}") if one.lags.facts else "",
        longest=duration_text(one.lags.longest if one.lags.facts else None, t),
        lags=_lag_bars(one.lags, t),
        volumes=_volume_path(one, today),
        recent=sum(day.encounters for day in one.days),
    )


def _lag_bars(lags: Lags, t: Messages) -> list[Bar]:
    bars, x = [], 0.0
    for kind, facts in enumerate(lags.buckets):
        width = BAR * facts / lags.facts if facts else 0
        if facts:
            tip = f"{t(f'facilities.bucket.{kind}')}: {number_text(facts, t.language)}"
            bars.append(Bar(round(x, 2), round(width, 2), kind, tip))
        x += width
    return bars


def _volume_path(one: Sender, today: date) -> str:
    """A bar for each day: one path, for a page of facilities has more than a thousand."""
    most = max((day.resources for day in one.days), default=0)
    first = today - timedelta(days=DAYS - 1)
    bars = (
        (STEP * (day.day - first).days, round(HEIGHT * day.resources / most, 1))
        for day in one.days
        if most and day.day <= today
    )
    return "".join(f"M{x} {HEIGHT}v-{height}h{STEP - 1}v{height}z" for x, height in bars)


def duration_text(seconds: float | None, t: Messages) -> str:
    """In the largest unit of which there are at least two; "" for None."""
    if seconds is None:
        return ""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return t(f"facilities.duration.{name}", number=number_text(round(seconds / unit), t.language))
    return t("facilities.duration.seconds", number=round(seconds))
