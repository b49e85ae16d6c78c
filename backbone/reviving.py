"""The broker of `ehr run`, which is started again when it has ended."""

import time
from collections.abc import Callable

from backbone.broker.broker import StartFailed
from backbone.embedded_kafka import START_SECONDS, EmbeddedKafka
from backbone.errors import Refused

AGAIN_SECONDS = 10.0
"""Between a start in vain and the next one."""


class RevivedBroker:
    """Looks after a broker that has served once. Never waits for it: everything else goes on without it, and
    is to be looked after meanwhile."""

    def __init__(self, kafka: EmbeddedKafka, log: Callable[[str], None]) -> None:
        """log: is told when the broker has ended, serves again or does not start."""
        self._kafka, self._log = kafka, log
        self._again_at = 0.0
        self._starts_until: float | None = None

    def look_after(self) -> None:
        """To be called again and again."""
        try:
            if self._starts_until is not None:
                self._see_whether_it_serves(self._starts_until)
            elif not self._kafka.is_running() and time.monotonic() > self._again_at:
                self._log("Kafka ended; starting it again")
                self._kafka.begin()
                self._starts_until = time.monotonic() + START_SECONDS
        except (Refused, OSError) as reason:
            self._log(f"Kafka does not start: {reason}; trying again in {AGAIN_SECONDS:g} s")
            self._starts_until, self._again_at = None, time.monotonic() + AGAIN_SECONDS

    def _see_whether_it_serves(self, starts_until: float) -> None:
        if self._kafka.is_ready():
            self._log("Kafka serves again")
            self._starts_until = None
        elif time.monotonic() > starts_until:
            self._kafka.kill()
            raise StartFailed(f"it did not serve within {START_SECONDS:g} s")
