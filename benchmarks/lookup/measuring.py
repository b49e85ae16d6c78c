"""Asks for look-ups, one after the other, over one connection."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import orjson
import uvloop

from benchmarks import load
from benchmarks.house import House
from benchmarks.lookup.people import Citizen
from benchmarks.lookup.searches import SEARCHES, Asked, asked

WARM = 20
"""Look-ups of a kind before those that count."""


class Figure(NamedTuple):
    """p50, p99: milliseconds. target: of p50, 0 for none. people: that the median answer shows. there: share
    of the answers that show whoever was meant. cut: of those that say that not everybody was looked at. cpu:
    of the whole house, milliseconds a look-up; it tells less of what else the machine does.
    """

    name: str
    p50: float
    p99: float
    target: float
    people: int
    there: float
    cut: float
    cpu: float

    @property
    def kept(self) -> bool:
        """Whether both are within what is promised."""
        return not self.target or (self.p50 <= self.target and self.p99 <= 3 * self.target)


def measure(house: House, seed: int, people: Sequence[Citizen], number: int) -> Iterator[Figure]:
    """A figure for each kind of look-up."""
    for name, search in SEARCHES.items():
        looks = list(asked(seed, name, search, people, number + WARM))
        uvloop.run(ask(house.base, map(_form, looks[:WARM])))
        used = house.cpu()
        took, answers = uvloop.run(ask(house.base, map(_form, looks[WARM:])))
        used = house.cpu() - used
        meant = [look.id for look in looks[WARM:]]
        figure = figure_of(name, search.target, took, list(map(_shown, answers)), meant, used)
        yield figure._replace(cut=sum(orjson.loads(answer)["cut"] for answer in answers) / len(answers))


def figure_of(
    name: str,
    target: float,
    took: list[float],
    shown: Sequence[set[str]],
    meant: Sequence[str],
    cpu: float,
) -> Figure:
    """took: seconds of each. shown, meant: whom each shows, and is to show. cpu: seconds of all of them."""
    outcome = load.Outcome(latencies=took)
    return Figure(
        name=name,
        p50=outcome.quantile(0.5),
        p99=outcome.quantile(0.99),
        target=target,
        people=sorted(map(len, shown))[len(shown) // 2],
        there=sum(id_ in ids for id_, ids in zip(meant, shown, strict=True)) / len(shown),
        cut=0.0,
        cpu=1000 * cpu / len(took),
    )


async def ask(base: str, requests: Iterable[bytes]) -> tuple[list[float], list[bytes]]:
    """Seconds that each took, and the answers."""
    parts = urlsplit(base)
    connection = load.Connection(parts.hostname or "", parts.port or 80)
    took, answers = [], []
    for request in requests:
        begun = time.perf_counter()
        status, answer = await connection.send(request)
        took.append(time.perf_counter() - begun)
        assert status == 200, answer
        answers.append(answer)
    connection.close()
    return took, answers


def _form(look: Asked) -> bytes:
    body = urlencode({"text": look.text}).encode()
    facility = f"X-EHR-Facility: {look.facility}\r\n" if look.facility else ""
    head = (
        "POST /lookup HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
    )
    return f"{head}{facility}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _shown(answer: bytes) -> set[str]:
    found = orjson.loads(answer)
    return {one["id"] for one in (*found["exact"], *found["begun"], *found["similar"])}
