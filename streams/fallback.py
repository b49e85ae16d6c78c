"""Two logs of the same facts in the same order: the second one is read while the first one is away."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from streams.event_log import EventLog, LogMisconfigured, LogUnreachable
from streams.recorded_fact import Entry

Answer = TypeVar("Answer")

AWAY_SECONDS = 10.0
"""So long the first log counts as away at least: whoever is asked whether it is may notice late."""

LOOK_SECONDS = 1.0
"""Between two looks whether the first log is back."""


class Fallback:
    """Keeps the promise of ``EventLog`` as long as one of two logs does."""

    def __init__(self, first: EventLog, second: EventLog, is_away: Callable[[], bool]) -> None:
        """Both are closed with this one. ``is_away``: whether the first one does not have what the second one
        has, which is asked without waiting for it."""
        self._first, self._second, self._is_away = first, second, is_away
        self._away = False
        self._look_at = 0.0

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """See ``EventLog.read``."""
        return self._ask(lambda log: log.read(after, limit))

    def end(self) -> int:
        """See ``EventLog.end``."""
        return self._ask(lambda log: log.end())

    def wait(self, after: int, timeout: float) -> bool:
        """See ``EventLog.wait``."""
        return self._ask(lambda log: log.wait(after, timeout))

    def close(self) -> None:
        """See ``EventLog.close``."""
        self._first.close()
        self._second.close()

    def _ask(self, question: Callable[[EventLog], Answer]) -> Answer:
        if not self._goes_without():
            try:
                return question(self._first)
            except (LogUnreachable, LogMisconfigured):
                self._away, self._look_at = True, time.monotonic() + AWAY_SECONDS
        return question(self._second)

    def _goes_without(self) -> bool:
        if time.monotonic() > self._look_at:
            self._away, self._look_at = self._is_away(), time.monotonic() + LOOK_SECONDS
        return self._away
