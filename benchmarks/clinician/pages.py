"""Every page that somebody opens, one after the other, each time another one of its kind."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.clinician.asking import Answer, Browser
from benchmarks.clinician.charts import MONTHS, course_of, told_of
from benchmarks.load import Outcome
from benchmarks.lookup.people import Citizen
from ehr.names import unaccented
from simulation.apart.ledger import Ledger
from simulation.chance import Chance, chance_of
from simulation.feed import feed
from simulation.province import Province

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
    "notes",
)
REVIEW: Final = ("", "/postponed", "/doubted", "/contradicted", "/decisions")
OTHERS: Final = ("/", "/facilities", "/facilities/coverage", "/facilities/trend", "/report", "/ops")
WARM: Final = 20

_PAIR: Final = re.compile(r'href="(/review/[^"/]+/[^"/]+)"')
_SERIES: Final = re.compile(r"/series/(\w+)")
_RESOURCE: Final = re.compile(r'href="(/resources/Condition/[^"/]+)"')


class Recorded(NamedTuple):
    """Somebody of whom the record itself has facts, and a facility that has stated some of them."""

    patient: str
    facility: str


class People(NamedTuple):
    """Those who are looked for. full: with full charts, in the views alone; recorded: in the record, too.
    moments: positions of the record at which there was something of all of these."""

    everybody: Sequence[Citizen]
    full: Sequence[Citizen]
    recorded: Sequence[Recorded]
    moments: range


class Page(NamedTuple):
    """How long pages of a kind take. size: bytes of the largest, as they come over the line."""

    name: str
    outcome: Outcome
    size: int


Ask = Callable[[], Awaitable[Answer]]


class Asked:
    """Asks for a page of each kind, of somebody drawn."""

    def __init__(self, browser: Browser, people: People, chance: Chance) -> None:
        self._browser, self._people, self._chance = browser, people, chance

    @property
    def kinds(self) -> Iterator[tuple[str, Ask]]:
        """The name of each kind, and how one of it is asked for."""
        yield "look-up by number", lambda: self._browser.look_up(self._drawn.number)
        yield "look-up by name", lambda: self._browser.look_up(unaccented(self._drawn.name))
        yield "look-up by name and year", lambda: self._browser.look_up(_with_year(self._drawn))
        yield "chart", self._of("")
        yield from ((f"panel: {panel}", self._of(f"/panels/{panel}")) for panel in PANELS)
        yield "earlier visits", self._of("/panels/visits?from=20")
        yield "visit", self._visit
        yield "series", self._series
        yield "summary", self._of("/summary")
        yield "summary as PDF", self._of("/summary.pdf")
        yield "chart as it was", lambda: self._past("")
        yield "results as they were", lambda: self._past("/panels/results")
        yield "what a facility had recorded", lambda: self._past("", own=True)
        yield "resource with its facts", lambda: self._resource("")
        yield "correction", lambda: self._resource("/correction")
        yield from ((f"/review{path}", self._page(f"/review{path}")) for path in REVIEW)
        yield "pair of the review", self._pair
        yield from ((path, self._page(path)) for path in OTHERS)

    @property
    def _drawn(self) -> Citizen:
        return self._chance.pick(self._people.everybody)

    def _of(self, path: str) -> Ask:
        return lambda: self._browser.get(f"/citizens/{self._chance.pick(self._people.full).id}{path}")

    def _page(self, path: str) -> Ask:
        return lambda: self._browser.get(path)

    async def _visit(self) -> Answer:
        one = self._chance.pick(self._people.full)
        visit = told_of(one.id, self._chance.pick(course_of(one.index)).encounter)
        return await self._browser.get(f"/citizens/{one.id}/encounters/{visit}")

    async def _series(self) -> Answer:
        chart = f"/citizens/{self._chance.pick(self._people.full).id}"
        results = await self._browser.get(f"{chart}/panels/results")
        return await self._browser.get(f"{chart}/series/{self._chance.pick(_SERIES.findall(results.text))}")

    async def _past(self, path: str, own: bool = False) -> Answer:
        one, moment = self._chance.pick(self._people.recorded), self._chance.pick(self._people.moments)
        by = f"/by/{one.facility}" if own else ""
        return await self._browser.get(f"/citizens/{one.patient}/at/{moment}{by}{path}")

    async def _resource(self, path: str) -> Answer:
        one = self._chance.pick(self._people.recorded)
        problems = await self._browser.get(f"/citizens/{one.patient}/panels/problems")
        return await self._browser.get(self._chance.pick(_RESOURCE.findall(problems.text)) + path)

    async def _pair(self) -> Answer:
        waiting = await self._browser.get("/review")
        return await self._browser.get(self._chance.pick(_PAIR.findall(waiting.text)))


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


async def record(base: str, seed: int, citizens: int) -> list[Recorded]:
    """States through the API what a province of so many tells; gives those of whom it tells most."""
    ledger = Ledger()
    done = await feed(base, Province(seed, citizens, months=MONTHS), answered=ledger.note)
    assert not done.refused, done.refused[0]
    known = sorted(ledger.registered.values(), key=lambda own: -len(ledger.stated[next(iter(own.values()))]))
    return [
        Recorded(*next((id_, code) for code, id_ in own.items())) for own in known[: max(1, citizens // 3)]
    ]


def _with_year(one: Citizen) -> str:
    return f"{one.name} {one.birth[:4]}"
