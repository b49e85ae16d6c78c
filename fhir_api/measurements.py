"""What is measured of requests: how many, how they ended and how long they took. Never what was in them."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60)
"""Upper ends of the classes of duration: reads take about 1 ms, the largest transactions some seconds."""

NO_INTERACTION = "none"
"""Of requests that fit no route."""


KEPT = timedelta(hours=1)
"""The slowest request of a kind is remembered for so long, unless there is a slower one."""

PACE_SECONDS = 60.0
"""Over so long, at most, is told how fast positions rise."""


class Slow(NamedTuple):
    """The slowest request of a kind within the last hour. kind: of a FHIR request its interaction, of a page
    its method and route: no id, and nothing of a query, is part of it."""

    kind: str
    status: int
    seconds: float
    at: datetime


class Pace:
    """How fast positions rise, by what was looked at within the last minute."""

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        self._looks: deque[tuple[float, Mapping[str, int]]] = deque()

    def note(self, now: float, positions: Mapping[str, int]) -> dict[str, float]:
        """By name, how much each has risen in a second; without those that are looked at for the first time.
        now: seconds of a clock that only rises."""
        while self._looks and now - self._looks[0][0] > PACE_SECONDS:
            self._looks.popleft()
        told: dict[str, float] = {}
        if self._looks:
            before, former = self._looks[0]
            seconds = max(now - before, 0.001)
            told = {
                name: max(0.0, (position - former[name]) / seconds)
                for name, position in positions.items()
                if name in former
            }
        self._looks.append((now, dict(positions)))
        return told


class _Counted:
    """Requests by name and status, and how long they took by name."""

    def __init__(self, requests: Counter, seconds: Histogram) -> None:
        self._requests = requests
        self._seconds = seconds
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def note(self, name: str, status: int, seconds: float) -> None:
        counters = self._known.get((name, status))
        if counters is None:
            counters = self._requests.labels(name, str(status)), self._seconds.labels(name)
            self._known[name, status] = counters
        counters[0].inc()
        counters[1].observe(seconds)


class RequestMetrics:
    """Counts requests of one application. Noting one takes about 4 µs."""

    def __init__(self) -> None:
        """With a registry of its own, so that several applications may live in one process."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._fhir = self._counted(
            "ehr_fhir", "From the request's first byte until its answer was ready.", "interaction"
        )
        self._pages = self._counted(
            "ehr_page", "From the request's head until the answer's head was ready.", "route"
        )
        self._slow: dict[str, Slow] = {}
        self.answered = 0
        self.pace = Pace()

    def note(self, interaction: str, status: int, seconds: float) -> None:
        """One FHIR request was answered. interaction: of the route, or NO_INTERACTION."""
        self._fhir.note(interaction, status, seconds)
        self._remember(Slow(f"FHIR {interaction}", status, seconds, datetime.now(UTC)))

    def note_page(self, route: str, status: int, seconds: float) -> None:
        """One request for a page, or for what watches over the server, was answered. route: its method and
        address as the table of routes has it, or NO_INTERACTION."""
        self._pages.note(route, status, seconds)
        self._remember(Slow(route, status, seconds, datetime.now(UTC)))

    def slowest(self, most: int) -> list[Slow]:
        """Of each kind of request the slowest one within the last hour; so many, the slowest first."""
        since = datetime.now(UTC) - KEPT
        recent = [one for one in self._slow.values() if one.at >= since]
        return sorted(recent, key=lambda one: one.seconds, reverse=True)[:most]

    def _remember(self, one: Slow) -> None:
        self.answered += 1
        former = self._slow.get(one.kind)
        if former is None or one.seconds >= former.seconds or one.at - former.at > KEPT:
            self._slow[one.kind] = one

    def _counted(self, prefix: str, meaning: str, label: str) -> _Counted:
        requests = Counter(
            f"{prefix}_requests", "Requests answered.", [label, "status"], registry=self.registry
        )
        seconds = Histogram(
            f"{prefix}_request_seconds", meaning, [label], buckets=SECONDS, registry=self.registry
        )
        return _Counted(requests, seconds)
