"""The timeline of visits: of all facilities or one, some at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from projections.health_record.chart import Chart
from projections.health_record.kinds import Visit

FEW = 4
"""Facilities that are named at once where there are many: a row or two, four on a telephone."""


class Place(NamedTuple):
    """A facility to choose. token: names it in addresses."""

    token: str
    name: str
    visits: int


class Timeline(NamedTuple):
    """visits: those to show, newest first. following: number of the next one; rest: how many follow.

    chosen: token of the only facility whose visits are shown.
    """

    visits: Sequence[Visit]
    start: int
    following: int
    rest: int
    places: Sequence[Place]
    chosen: str | None

    @property
    def near(self) -> Sequence[Place]:
        """Places to choose at a glance: those of the latest visits, and the chosen one."""
        if len(self.places) <= FEW + 1:
            return self.places
        return [one for n, one in enumerate(self.places) if n < FEW or one.token == self.chosen]

    @property
    def others(self) -> Sequence[Place]:
        """The places beside those."""
        return [one for one in self.places if one not in self.near]


def timeline_of(chart: Chart, wishes: Mapping[str, str], rows: int) -> Timeline:
    """wishes: ``from``, number of the first visit to show; ``facility``, a token. Odd wishes are
    ignored. rows: visits at most."""
    names = [chart.facility(visit) or "" for visit in chart.visits]
    places = [Place(_token(name), name, visits) for name, visits in Counter(names).items()]
    chosen = next((place for place in places if place.token == wishes.get("facility")), None)
    visits = [
        visit for visit, name in zip(chart.visits, names, strict=True) if not chosen or name == chosen.name
    ]
    start = _number(wishes.get("from", ""))
    end = min(start + rows, len(visits))
    return Timeline(
        visits[start:end], start, end, len(visits) - end, places, chosen.token if chosen else None
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _token(name: str) -> str:
    return blake2b(name.encode(), digest_size=6).hexdigest()
