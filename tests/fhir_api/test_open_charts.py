"""Charts that are open: what each is told, however many there are, and what becomes of them at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import psycopg
import pytest

from ehr.linking import Act
from ehr.values import subject_of
from fhir_api import open_charts
from fhir_api.open_charts import Ended, OpenChart, OpenCharts, Told, TooManyOpen
from projections.database import ViewDatabase
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import glucose, patient
from tests.fhir_api.pages.review_serving import judge, state
from tests.projections.citizens.stating import follow

AN, BINH = subject_of("Patient/an"), subject_of("Patient/binh")


class View:
    """How far a view has come, as the test says."""

    def __init__(self, position: int) -> None:
        self.position = position


class Counting(ViewDatabase):
    """Counts how often it is asked, and fails as often as it is told to."""

    asked = 0
    failing: type[Exception] | None = None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Any]:
        """See ``ViewDatabase``."""
        self.asked += 1
        if self.failing:
            failing, self.failing = self.failing, None
            raise failing
        async with super().snapshot() as connection:
            yield connection


Work = Callable[[OpenCharts, Counting, View], Awaitable[None]]


def looking(url: str, work: Work, **limits: Any) -> None:
    """Does the work while news is looked for; both views stand where the record ends, at 4."""

    async def run() -> None:
        views, view = Counting(url, size=1), View(4)
        await views.open()
        try:
            async with OpenCharts(views, view, view, pause=0.01, **limits) as charts:
                await work(charts, views, view)
        finally:
            await views.close()

    asyncio.run(run())


@pytest.fixture
def url(database: str) -> str:
    """Positions 1 and 2: two Patients. 3: a result of the first. 4: a result of the second."""
    state(database, patient("an"), patient("binh"))
    state(database, glucose("g1", "an", "e", "2026-10-01", 7.1))
    state(database, glucose("g2", "binh", "e", "2026-10-01", 7.1))
    follow(database, HealthRecord(), Links())
    return database


async def next_news(chart: OpenChart) -> Told:
    """Waits until there is some."""
    while not (told := await chart.wait(30)).counts:
        pass
    return told


def test_a_chart_is_told_what_its_page_does_not_show(url: str) -> None:
    async def work(charts: OpenCharts, _: Counting, __: View) -> None:
        with charts.open(AN, 2) as chart:
            assert await next_news(chart) == Told(4, {"results": 1})
            assert await chart.wait(0) == Told(4, {})

    looking(url, work)


def test_many_charts_are_looked_for_at_once(url: str) -> None:
    async def work(charts: OpenCharts, views: Counting, _: View) -> None:
        with ExitStack() as stack:
            opened = [stack.enter_context(charts.open(AN, 2)) for _ in range(200)]
            told = await asyncio.gather(*map(next_news, opened))
            assert told == [Told(4, {"results": 1})] * 200
            assert views.asked == 1

    looking(url, work)


def test_nobody_asks_while_nothing_is_stated(url: str) -> None:
    async def work(charts: OpenCharts, views: Counting, view: View) -> None:
        with charts.open(AN, 4) as chart, charts.open(BINH, None) as other:
            await chart.wait(0.1)
            assert (views.asked, other.position) == (0, 4)
            view.position = 5
            while chart.position < 5:
                await asyncio.sleep(0.01)
            assert views.asked == 1

    looking(url, work)


def test_what_is_stated_later_comes_when_the_views_show_it(url: str) -> None:
    async def work(charts: OpenCharts, _: Counting, view: View) -> None:
        with charts.open(AN, 4) as chart:
            await asyncio.to_thread(state, url, glucose("g3", "an", "e", "2026-10-02", 7.2))
            assert await chart.wait(0.1) == Told(4, {})
            view.position = 5
            assert await next_news(chart) == Told(5, {"results": 1})

    looking(url, work)


def test_a_link_is_told_to_both_and_then_what_the_other_states(url: str) -> None:
    async def work(charts: OpenCharts, _: Counting, view: View) -> None:
        with charts.open(AN, 4) as one, charts.open(BINH, 4) as other:
            await asyncio.to_thread(judge, url, Act.LINK, "an", "binh")
            await asyncio.to_thread(follow, url, Links(), HealthRecord())
            view.position = 5
            assert [await next_news(one), await next_news(other)] == [Told(5, {"linked": 1})] * 2
            await asyncio.to_thread(state, url, glucose("g4", "binh", "e", "2026-10-02", 7.2))
            view.position = 6
            assert [await next_news(one), await next_news(other)] == [Told(6, {"results": 1})] * 2

    looking(url, work)


def test_a_chart_that_was_long_away_is_told_that_there_is_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_charts, "MOST_FACTS", 2)

    async def work(charts: OpenCharts, _: Counting, __: View) -> None:
        with charts.open(AN, 1) as chart:
            assert await next_news(chart) == Told(4, {"results": 1, "more": 1})

    looking(url, work)


@pytest.mark.parametrize(
    ("failing", "told"), [(psycopg.OperationalError, {"results": 1}), (KeyError, {"more": 1})]
)
def test_trouble_stops_nobody(url: str, failing: type[Exception], told: dict[str, int]) -> None:
    async def work(charts: OpenCharts, views: Counting, _: View) -> None:
        views.failing = failing
        with charts.open(AN, 2) as chart:
            assert await next_news(chart) == Told(4, told)

    looking(url, work)


def test_only_so_many_are_open(url: str) -> None:
    async def work(charts: OpenCharts, _: Counting, __: View) -> None:
        with charts.open(AN, 4), charts.open(AN, 4):
            with pytest.raises(TooManyOpen), charts.open(AN, 4):
                pass
            assert len(charts) == 2
        with charts.open(AN, 4):
            assert len(charts) == 1

    looking(url, work, most=2)


def test_the_end_is_told_at_once_and_nothing_is_opened_after_it(url: str) -> None:
    async def work(charts: OpenCharts, _: Counting, __: View) -> None:
        with charts.open(AN, 4) as chart:
            waiting = asyncio.create_task(chart.wait(3600))
            await asyncio.sleep(0)
            charts.end()
            with pytest.raises(Ended):
                await waiting
            with pytest.raises(TooManyOpen), charts.open(AN, 4):
                pass

    looking(url, work)
