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
        uvloop.run(_ask(house.base, looks[:WARM]))
        used = house.cpu()
        took, answers = uvloop.run(_ask(house.base, looks[WARM:]))
        used = house.cpu() - used
        shown = [_shown(answer) for answer in answers]
        outcome = load.Outcome(latencies=took)
        yield Figure(
            name=name,
            p50=outcome.quantile(0.5),
            p99=outcome.quantile(0.99),
            target=search.target,
            people=sorted(map(len, shown))[len(shown) // 2],
            there=sum(look.id in ids for look, ids in zip(looks[WARM:], shown, strict=True)) / len(shown),
            cpu=1000 * used / len(answers),
            cut=sum(orjson.loads(answer)["cut"] for answer in answers) / len(answers),
        )


async def _ask(base: str, looks: Iterable[Asked]) -> tuple[list[float], list[bytes]]:
    parts = urlsplit(base)
    connection = load.Connection(parts.hostname or "", parts.port or 80)
    took, answers = [], []
    for look in looks:
        request = _form(look)
        begun = time.perf_counter()
        status, answer = await connection.send(request)
        took.append(time.perf_counter() - begun)
        assert status == 200
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
