"""The log kept by the record itself: the embedded default, which needs PostgreSQL only."""

from collections.abc import Sequence

from ehr.event_store.notifications import Notifications
from streams.recorded_fact import Entry, entry_of


class NotificationLog:
    """Keeps the promise of ``EventLog`` by the record's contiguous positions."""

    def __init__(self, conninfo: str) -> None:
        """``conninfo`` of the record's database."""
        self._notifications = Notifications(conninfo)

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """See ``EventLog.read``."""
        return [entry_of(row) for row in self._notifications.read(after, limit)]

    def end(self) -> int:
        """See ``EventLog.end``."""
        return self._notifications.end()

    def wait(self, after: int, timeout: float) -> bool:
        """See ``EventLog.wait``."""
        return self._notifications.wait(after, timeout)

    def close(self) -> None:
        """See ``EventLog.close``."""
        self._notifications.close()
