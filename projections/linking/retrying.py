"""When those are tried again who could not be judged: later each time."""

from typing import Final
from uuid import UUID

LONGEST_SECONDS: Final = 300.0
"""Between two tries, however often it has failed."""


class Retries:
    """Of each citizen. Kept in memory: a process that takes over tries everybody at once."""

    def __init__(self, first: float) -> None:
        """first: seconds after which somebody is tried a second time; then twice as long, and so on."""
        self._first = first
        self._pauses: dict[UUID, float] = {}
        self._due: dict[UUID, float] = {}

    def is_due(self, subject: UUID, now: float) -> bool:
        """Whether somebody is to be tried; whoever never failed is."""
        return now >= self._due.get(subject, now)

    def failed(self, subject: UUID, now: float) -> None:
        """It could not be judged."""
        pause = self._pauses.get(subject, self._first)
        self._due[subject] = now + pause
        self._pauses[subject] = min(2 * pause, LONGEST_SECONDS)

    def judged(self, subject: UUID) -> None:
        """It was judged: whatever comes next is tried at once."""
        self._pauses.pop(subject, None)
        self._due.pop(subject, None)
