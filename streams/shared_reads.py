"""One reading of the log for several readers that go along it together."""

from collections.abc import Sequence

from streams.event_log import EventLog
from streams.recorded_fact import Entry


class SharedReads:
    """A log whose last reading is kept, so that what one reader has unpacked and parsed the next one finds.

    For readers of one thread that take turns. Keeps the promise of ``EventLog``, as the log behind it does.
    """

    def __init__(self, log: EventLog) -> None:
        """``log`` is closed with this one."""
        self._log = log
        self._after = 0
        self._entries: Sequence[Entry] = ()

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """See ``EventLog.read``; what is left of the last reading counts as one."""
        end = self._after + len(self._entries)
        if not self._after <= after < end:
            self._after, self._entries = after, self._log.read(after, limit)
        return self._entries[after - self._after :]

    def end(self) -> int:
        """See ``EventLog.end``."""
        return self._log.end()

    def wait(self, after: int, timeout: float) -> bool:
        """See ``EventLog.wait``."""
        return self._log.wait(after, timeout)

    def close(self) -> None:
        """See ``EventLog.close``."""
        self._log.close()
