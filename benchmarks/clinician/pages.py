"""Every page that somebody opens, one after the other, each time another one of its kind."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.clinician.asking import Answer, Browser
from benchmarks.clinician.charts import course_of, told_of
from benchmarks.load import Outcome
from benchmarks.lookup.people import Citizen
from ehr.names import unaccented
from simulation.chance import Chance, chance_of

P99: Final = 50.0
"""Milliseconds within which the server answers 99 of 100."""

PANELS: Final = (
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
WARM: Final = 20
_PAIR: Final = re.compile(r'href="(/review/[^"/]+/[^"/]+)"')
_SERIES: Final = re.compile(r"/series/(\w+)")


class People(NamedTuple):
    """Those who are looked for. full: with full charts."""

    everybody: Sequence[Citizen]
    full: Sequence[Citizen]


class Asked:
    """Asks for a page of each kind, of somebody drawn."""

    def __init__(self, browser: Browser, people: People, chance: Chance) -> None:
        self._browser, self._people, self._chance = browser, people, chance

    @property
    def kinds(self) -> Iterator[tuple[str, Callable[[], Awaitable[Answer]]]]:
        """The name of each kind, and how one of it is asked for."""
        yield "look-up by number", lambda: self._browser.look_up(self._drawn.number)
        yield "look-up by name", lambda: self._browser.look_up(unaccented(self._drawn.name))
        yield (
            "look-up by name and year",
            lambda: self._browser.look_up(f"{self._drawn.name} {self._drawn.birth[:4]}"),
        )
        yield "chart", lambda: self._of("")
        for panel in PANELS:
            yield f"panel: {panel}", self._panel(panel)
        yield "panel: earlier visits", lambda: self._of("/panels/visits?from=20")
        yield "visit", self._visit
        yield "series", self._series
        for path in (
            "/review",
            "/review/postponed",
            "/review/doubted",
            "/review/contradicted",
            "/review/decisions",
        ):
            yield path, self._page(path)
        yield "pair of the review", self._pair
        for path in ("/", "/facilities"):
            yield path, self._page(path)

    @property
    def _drawn(self) -> Citizen:
        return self._chance.pick(self._people.everybody)

    async def _of(self, path: str) -> Answer:
        return await self._browser.get(f"/citizens/{self._chance.pick(self._people.full).id}{path}")

    def _panel(self, panel: str) -> Callable[[], Awaitable[Answer]]:
        return lambda: self._of(f"/panels/{panel}")

    def _page(self, path: str) -> Callable[[], Awaitable[Answer]]:
        return lambda: self._browser.get(path)

    async def _visit(self) -> Answer:
        one = self._chance.pick(self._people.full)
        visit = told_of(one.id, self._chance.pick(course_of(one.index)).encounter)
        return await self._browser.get(f"/citizens/{one.id}/encounters/{visit}")

    async def _series(self) -> Answer:
        chart = f"/citizens/{self._chance.pick(self._people.full).id}"
        results = await self._browser.get(f"{chart}/panels/results")
        return await self._browser.get(f"{chart}/series/{self._chance.pick(_SERIES.findall(results.text))}")

    async def _pair(self) -> Answer:
        waiting = await self._browser.get("/review")
        return await self._browser.get(self._chance.pick(_PAIR.findall(waiting.text)))


class Page(NamedTuple):
    """How long pages of a kind take. size: bytes of the largest, as they come over the line."""

    name: str
    outcome: Outcome
    size: int

    @property
    def kept(self) -> bool:
        """Whether 99 of 100 come within P99."""
        return self.outcome.quantile(0.99) <= P99


async def measure(base: str, seed: int, people: People, number: int) -> list[Page]:
    """So many of each kind, and WARM before them that do not count."""
    measured = []
    async with Browser(base) as browser:
        for name, ask in Asked(browser, people, chance_of(seed, "pages")).kinds:
            answers = [await ask() for _ in range(WARM + number)][WARM:]
            print(f"  {name} measured", flush=True)
            took = Outcome(latencies=[answer.seconds for answer in answers])
            measured.append(Page(name, took, max(len(answer.body) for answer in answers)))
    return measured
