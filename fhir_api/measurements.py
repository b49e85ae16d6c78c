"""What is measured of requests: how many, how they ended and how long they took. Never what was in them."""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60)
"""Upper ends of the classes of duration: reads take about 1 ms, the largest transactions some seconds."""

NO_INTERACTION = "none"
"""Of requests that fit no route."""


class RequestMetrics:
    """Counts requests of one application. Noting one takes about 3 µs."""

    def __init__(self) -> None:
        """With a registry of its own, so that several applications may live in one process."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "ehr_fhir_requests", "Requests answered.", ["interaction", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "ehr_fhir_request_seconds",
            "From the request's first byte until its answer was ready.",
            ["interaction"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def note(self, interaction: str, status: int, seconds: float) -> None:
        """One request was answered. interaction: of the route, or NO_INTERACTION."""
        counters = self._known.get((interaction, status))
        if counters is None:
            counters = self._requests.labels(interaction, str(status)), self._seconds.labels(interaction)
            self._known[interaction, status] = counters
        counters[0].inc()
        counters[1].observe(seconds)
