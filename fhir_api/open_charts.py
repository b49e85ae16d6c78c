"""Charts that are open in browsers, and what is stated meanwhile about their persons.

However many are open, the database is asked for all of them at once, and only when the views have moved: each
server process listens to their positions over one connection anyway (projections/visibility.py).
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from projections.database import DatabaseTrouble, ViewDatabase
from projections.health_record.news import MORE, news_between
from projections.links.person import people_of

MOST = 1000
"""Charts that are open at a time: each keeps a connection of the server and some kilobytes."""

PAUSE = 0.25
"""Seconds between two looks: what is stated within them is asked for together."""

MOST_FACTS = 20_000
"""Facts that are looked through at once. A chart that has been away for more is told that there is more."""

log = structlog.get_logger()


class TooManyOpen(Exception):
    """So many charts are open that no further one is told of news."""


class Ended(Exception):
    """The server ends, and tells nobody any news."""


class Told(NamedTuple):
    """counts: kind of news -> how many, since it was last told. position: up to which that is all."""

    position: int
    counts: Mapping[str, int]


class Moving(Protocol):
    """How far a view has come (projections/visibility.py)."""

    position: int


class OpenChart:
    """One that is open. own: subject whose chart it is. position: up to which its news are known."""

    def __init__(self, own: UUID, position: int) -> None:
        """position: up to which the page shows everything."""
        self.own, self.position = own, position
        self._counts: Counter[str] = Counter()
        self._stirred = asyncio.Event()
        self._ended = False

    async def wait(self, seconds: float) -> Told:
        """What is new since it was last asked: at once where there is something, else when there is, or after
        so many seconds nothing. Raises Ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        if self._ended:
            raise Ended
        self._stirred.clear()
        told = Told(self.position, dict(self._counts))
        self._counts.clear()
        return told

    def add(self, position: int, counts: Mapping[str, int]) -> None:
        """News up to a position."""
        self.position = position
        self._counts.update(counts)
        if counts:
            self._stirred.set()

    def end(self) -> None:
        """Whoever waits is told that nothing more will come."""
        self._ended = True
        self._stirred.set()


class OpenCharts:
    """All that are open in this process. ``async with`` begins and ends to look for their news."""

    def __init__(
        self, views: ViewDatabase, charts: Moving, links: Moving, most: int = MOST, pause: float = PAUSE
    ) -> None:
        """charts, links: how far the views are that a chart is read from. most: open at a time."""
        self._views = views
        self._moving = (charts, links)
        self._most, self._pause = most, pause
        self._open: set[OpenChart] = set()
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    async def __aenter__(self) -> "OpenCharts":
        self._task = asyncio.create_task(self._follow(), name="open charts")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @contextmanager
    def open(self, own: UUID, position: int | None) -> Iterator[OpenChart]:
        """A chart, while the block runs. position: up to which the page shows everything; None: it is new.

        Raises TooManyOpen.
        """
        if self._ended or len(self._open) >= self._most:
            raise TooManyOpen
        chart = OpenChart(own, self._shown if position is None else position)
        self._open.add(chart)
        try:
            yield chart
        finally:
            self._open.discard(chart)

    def end(self) -> None:
        """Ends all of them, and opens no more: a server that is to stop waits for whoever is being told."""
        self._ended = True
        for chart in self._open:
            chart.end()

    @property
    def _shown(self) -> int:
        """Up to which a chart that is read now shows everything."""
        return min(view.position for view in self._moving)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            end = self._shown
            behind = [chart for chart in self._open if chart.position < end]
            if not behind:
                continue
            try:
                await self._tell(behind, end)
            except DatabaseTrouble as error:
                log.warning("news trouble, trying again", kind=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - whoever waits is told that there may be something
                log.error("news cannot be told", kind=type(error).__name__)
                for chart in behind:
                    chart.add(end, {MORE: 1})

    async def _tell(self, behind: Sequence[OpenChart], end: int) -> None:
        """Brings charts up to a position."""
        begin = max(min(chart.position for chart in behind), end - MOST_FACTS)
        async with self._views.snapshot() as connection:
            people = await people_of(connection, {chart.own for chart in behind}, end)
            subjects = {*people, *(subject for person in people.values() for subject in person)}
            found = await news_between(connection, subjects, begin, end)
        for chart in behind:
            whose = {chart.own, *people[chart.own]}
            counts = Counter({MORE: 1} if chart.position < begin else {})
            for news in found:
                if news.position > chart.position and not whose.isdisjoint(news.whose):
                    counts.update(news.counts)
            chart.add(end, counts)
