"""The journey: search, open, look at a result, write a note. Several go it at once, and think in between."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from benchmarks.clinician.asking import Browser
from benchmarks.load import header
from benchmarks.lookup.people import Citizen
from simulation.chance import Chance, chance_of

LEAST, SHAPE, MOST = 0.1, 1.16, 3.0
"""How long somebody thinks before each step: seconds at least, Pareto's exponent, and seconds at most."""

_SERIES: Final = re.compile(r'href="(/citizens/[^"/]+/series/\w+)"')
_FHIR: Final = "application/fhir+json"


class Bar(NamedTuple):
    """median: milliseconds that it may take; p99: the same of all but one in a hundred."""

    median: float
    p99: float = 0.0


STEPS: Final = {
    "search by identifier": Bar(3),
    "chart": Bar(30, 50),
    "result series": Bar(0, 50),
    "note, until the chart shows it": Bar(60),
    "search by name": Bar(20),
}
Took = dict[str, list[float]]
"""Seconds of each step."""


class Journey:
    """Of one of those who ask. notes: how many were written so far."""

    def __init__(self, browser: Browser, user: int, took: Took) -> None:
        self._browser, self._user, self._took = browser, user, took
        self._notes = 0

    async def go(self, one: Citizen, pause: Callable[[], Awaitable[None]]) -> None:
        """All steps, for somebody with a full chart."""
        chart = f"/citizens/{one.id}"
        await pause()
        found = await self._browser.look_up(one.number)
        self._note("search by identifier", found.seconds)
        assert chart in found.text or chart.encode() in header(found.head, b"location")
        await pause()
        opened = await self._browser.get(chart)
        self._note("chart", opened.seconds)
        (series, *_) = _SERIES.findall(opened.text)
        await pause()
        self._note("result series", (await self._browser.get(series)).seconds)
        await self._write(one, pause)
        await pause()
        self._note("search by name", (await self._browser.look_up(one.name)).seconds)

    async def _write(self, one: Citizen, pause: Callable[[], Awaitable[None]]) -> None:
        """A note that is there already is written anew, on condition that nobody else has changed it."""
        path = f"/fhir/DocumentReference/note-{self._user}-{self._notes}"
        self._notes += 1
        first = await self._browser.send("PUT", path, _FHIR, _document(path, one, "…"))
        words = f"Ghi chú {self._user}-{self._notes}"
        condition = f"If-Match: {header(first.head, b'etag').decode()}\r\n"
        await pause()
        written = await self._browser.send("PUT", path, _FHIR, _document(path, one, words), condition)
        shown = await self._browser.get(f"/citizens/{one.id}")
        assert words in shown.text
        self._note("note, until the chart shows it", written.seconds + shown.seconds)

    def _note(self, step: str, seconds: float) -> None:
        self._took[step].append(seconds)


async def measure(base: str, seed: int, people: Sequence[Citizen], users: int, journeys: int) -> Took:
    """So many journeys of each user, beside each other; one more of each before those that count."""
    took: Took = {step: [] for step in STEPS}
    await asyncio.gather(*(_user(base, seed, people, user, journeys, took) for user in range(users)))
    return took


async def _user(
    base: str, seed: int, people: Sequence[Citizen], user: int, journeys: int, took: Took
) -> None:
    chance = chance_of(seed, "journeys", user)

    async def pause() -> None:
        await asyncio.sleep(thought(chance))

    async with Browser(base) as browser:
        await Journey(browser, user, {step: [] for step in STEPS}).go(chance.pick(people), pause)
        journey = Journey(browser, user, took)
        for _ in range(journeys):
            await journey.go(chance.pick(people), pause)


def thought(chance: Chance) -> float:
    """Seconds that somebody thinks: mostly short, sometimes long."""
    return min(MOST, LEAST * chance.paretovariate(SHAPE))


def _document(path: str, one: Citizen, words: str) -> bytes:
    said: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": path.rpartition("/")[2],
        "status": "current",
        "subject": {"reference": f"Patient/{one.id}"},
        "date": "2026-11-26T08:00:00+07:00",
        "description": words,
        "content": [
            {"attachment": {"contentType": "text/plain", "data": b64encode(words.encode()).decode()}}
        ],
    }
    return orjson.dumps(said)
