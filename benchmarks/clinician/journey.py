"""The journey: search, open, look at a result, write a note and put it right. Several go it at once, and
think in between."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from benchmarks.clinician.asking import Browser
from benchmarks.load import header
from benchmarks.lookup.people import Citizen
from simulation.chance import Chance, chance_of

LEAST, SHAPE, MOST = 0.1, 1.16, 3.0
"""How long somebody thinks before each step: seconds at least, Pareto's exponent, and seconds at most."""

NOTE: Final = "note, until the chart shows it"
CORRECTION: Final = "the note put right, until the chart shows it"

_SERIES: Final = re.compile(r'href="(/citizens/[^"/]+/series/\w+)"')
_CORRECTION: Final = re.compile(r'href="(/resources/DocumentReference/[^"/]+/correction)"')
_FIELD: Final = re.compile(r'<textarea[^>]* name="(field\.[^"]+)"')
_VERSION: Final = re.compile(r'name="(version)" value="(\d+)"')


class Bar(NamedTuple):
    """median: milliseconds that it may take; p99: the same of all but one in a hundred."""

    median: float
    p99: float = 0.0


STEPS: Final = {
    "search by identifier": Bar(3),
    "chart": Bar(30, 50),
    "result series": Bar(0, 50),
    NOTE: Bar(60),
    CORRECTION: Bar(60),
    "search by name": Bar(20),
}
Took = dict[str, list[float]]
"""Seconds of each step."""

Pause = Callable[[], Awaitable[None]]


class Journey:
    """Of one of those who ask. notes: how many were written so far."""

    def __init__(self, browser: Browser, user: int, took: Took) -> None:
        self._browser, self._user, self._took = browser, user, took
        self._notes = 0

    async def go(self, one: Citizen, pause: Pause) -> None:
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

    async def _write(self, one: Citizen, pause: Pause) -> None:
        """A note, which then is put right on condition that nobody else has changed it."""
        self._notes += 1
        words = f"Ghi chú {self._user}-{self._notes} về diễn biến"
        shown = await self._stated(NOTE, f"/citizens/{one.id}/notes", {"text": words}, words)
        await pause()
        (form, *_) = _CORRECTION.findall(shown[shown.index(words) :])
        opened = (await self._browser.get(form)).text
        better = f"{words}, sửa lại"
        fields = dict.fromkeys(_FIELD.findall(opened), better) | dict(_VERSION.findall(opened))
        await pause()
        await self._stated(CORRECTION, form, fields | {"reason": "ghi nhầm"}, better)

    async def _stated(self, step: str, path: str, fields: dict[str, str], words: str) -> str:
        """The chart that shows it."""
        token = f"{chance_of(self._user, path, self._notes).getrandbits(128):032x}"
        written = await self._browser.post(path, fields | {"by": "BS. Thử", "token": token})
        back = header(written.head, b"location").decode().partition("#")[0]
        shown = await self._browser.get(back)
        assert words in shown.text, f"{step}: not on the chart"
        self._note(step, written.seconds + shown.seconds)
        return shown.text

    def _note(self, step: str, seconds: float) -> None:
        self._took[step].append(seconds)


async def measure(base: str, seed: int, people: Sequence[Citizen], users: int, journeys: int) -> Took:
    """So many journeys of each user, beside each other; one more of each before those that count."""
    all_ = await asyncio.gather(*(_user(base, seed, people, user, journeys) for user in range(users)))
    return {step: [seconds for took in all_ for seconds in took[step]] for step in STEPS}


async def _user(base: str, seed: int, people: Sequence[Citizen], user: int, journeys: int) -> Took:
    chance = chance_of(seed, "journeys", user)
    took: Took = {step: [] for step in STEPS}

    async def pause() -> None:
        await asyncio.sleep(thought(chance))

    async with Browser(base) as browser:
        journey = Journey(browser, user, took)
        await journey.go(chance.pick(people), pause)
        for seconds in took.values():
            seconds.clear()
        for _ in range(journeys):
            await journey.go(chance.pick(people), pause)
    return took


def thought(chance: Chance) -> float:
    """Seconds that somebody thinks: mostly short, sometimes long."""
    return min(MOST, LEAST * chance.paretovariate(SHAPE))
