"""The promise of the log, whoever keeps it: the record's own notification log, or Kafka."""

from collections.abc import Sequence
from typing import Protocol

from streams.recorded_fact import Entry


class LogUnreachable(Exception):
    """Whoever keeps the log cannot be reached now; a later try may go well."""


class LogMoved(LogUnreachable):
    """The log does not end where its only writer left it: it has lost its end, or has another writer. Whoever
    goes on must first find out what is there now."""

    def __init__(self, place: tuple[str, int], expected: int, found: int) -> None:
        """place: topic and partition; expected, found: offsets. The message has none, so that the same
        trouble is told in the same words."""
        where, what = ("before", "") if found < expected else ("beyond", ", or another relay writes there")
        super().__init__(
            f"{'/'.join(map(str, place))} ends {where} where this relay left it: it has lost its end{what}"
        )
        self.found = found


class LogMisconfigured(Exception):
    """The log is not as it must be, or must not be reached like this. The message says how to mend it."""


class LogDamaged(Exception):
    """The log does not hold what it promised to keep."""


class EventLog(Protocol):
    """Facts in one total order without gaps.

    Positions are contiguous from 1. An entry is readable only when everything before it is. Once read,
    an entry never changes. A reader that repeats ``read(after=its last position)`` misses nothing.

    Every method may raise LogUnreachable or LogMisconfigured, and LogDamaged where the promise was broken.
    """

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """Entries in order of position, the first one at ``after + 1``: about ``limit`` of them, always
        whole flushes (so possibly more), fewer where they are large; none when ``after`` is the end."""
        ...

    def end(self) -> int:
        """The last readable position; 0 when the log is empty."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Waits until something beyond ``after`` is readable: True; False after ``timeout`` seconds.

        A wake-up is never lost: what was appended before the call counts.
        """
        ...

    def close(self) -> None:
        """Frees connections; the log cannot be used afterwards."""
        ...
