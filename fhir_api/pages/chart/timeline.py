"""The timeline of visits: all, or those at one facility, of one kind, of some time; some at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

from ehr.dates import ZONE, Span, months_before, span
from projections.health_record.chart import Chart
from projections.health_record.kinds import Visit
from projections.health_record.whereabouts import Facility

FEW = 4
"""Facilities that are named at once where there are many: a row or two, four on a telephone."""

PERIODS: Mapping[str, int] = MappingProxyType({"3m": 3, "12m": 12})
"""Months until now, by the token that names them in addresses."""


class Place(NamedTuple):
    """A facility to choose. token: names it in addresses. name: as it is told from others."""

    token: str
    name: str
    visits: int


class Choice(NamedTuple):
    """Which visits are shown; None for all of a sort. facility: a token. since: a year or a token of
    PERIODS; until: a year, inclusive."""

    facility: str | None = None
    kind: str | None = None
    since: int | str | None = None
    until: int | None = None

    def query(self, **changes: object) -> str:
        """As the query of an address, with changes: ``?facility=…``; "" for all visits."""
        wishes = {name: value for name, value in (self._asdict() | changes).items() if value is not None}
        return f"?{urlencode(wishes)}" if wishes else ""


class Timeline(NamedTuple):
    """visits: those to show, newest first. following: number of the next one; rest: how many follow.

    places, kinds, years: what there is to choose from, of all visits; years newest first.
    """

    visits: Sequence[Visit]
    start: int
    following: int
    rest: int
    choice: Choice
    places: Sequence[Place]
    kinds: Sequence[str]
    years: Sequence[int]

    @property
    def near(self) -> Sequence[Place]:
        """Places to choose at a glance: those of the latest visits, and the chosen one."""
        if len(self.places) <= FEW + 1:
            return self.places
        return [one for n, one in enumerate(self.places) if n < FEW or one.token == self.choice.facility]

    @property
    def others(self) -> Sequence[Place]:
        """The places beside those."""
        return [one for one in self.places if one not in self.near]


def timeline_of(chart: Chart, wishes: Mapping[str, str], rows: int, now: datetime) -> Timeline:
    """wishes: ``from``, number of the first visit to show; ``facility``, a token; ``kind``, a code;
    ``since``, a year or a token of PERIODS, which end now; ``until``, a year. Odd wishes are ignored. rows:
    visits at most."""
    places = list(map(chart.facility, chart.visits))
    known = {place: _token(place) for place in places}
    tokens = [known[place] for place in places]
    counted = Counter(tokens)
    names = {token: str(place or "") for place, token in known.items()}
    kinds = sorted({visit.kind for visit in chart.visits if visit.kind})
    facility, kind, since = (wishes.get(name, "") for name in ("facility", "kind", "since"))
    choice = Choice(
        facility if facility in names else None,
        kind if kind in kinds else None,
        since if since in PERIODS else _number(since) or None,
        _number(wishes.get("until", "")) or None,
    )
    begun = {visit.origin.id: span(visit.at) if visit.at else None for visit in chart.visits}
    visits = [
        visit
        for visit, token in zip(chart.visits, tokens, strict=True)
        if choice.facility in (None, token)
        and choice.kind in (None, visit.kind)
        and _within(begun[visit.origin.id], choice, now)
    ]
    start = _number(wishes.get("from", ""))
    end = min(start + rows, len(visits))
    return Timeline(
        visits=visits[start:end],
        start=start,
        following=end,
        rest=len(visits) - end,
        choice=choice,
        places=[Place(token, names[token], count) for token, count in counted.items()],
        kinds=kinds,
        years=sorted({_year(one) for one in begun.values() if one}, reverse=True),
    )


def _year(begun: Span) -> int:
    """In Viet Nam."""
    return begun.start.astimezone(ZONE).year


def _within(begun: Span | None, choice: Choice, now: datetime) -> bool:
    """An undated visit is of no year and no period; a partial date is of each period that it may lie in."""
    if begun is None:
        return choice.since is None and choice.until is None
    year = _year(begun)
    if choice.until is not None and year > choice.until:
        return False
    if isinstance(choice.since, str):
        return begun.end > months_before(now, PERIODS[choice.since])
    return choice.since is None or year >= choice.since


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _token(facility: Facility | None) -> str:
    return blake2b((facility.key if facility else "").encode(), digest_size=6).hexdigest()
