"""The log kept by the record itself: the embedded default, which needs PostgreSQL only."""

from collections.abc import Sequence

from ehr.dates import instant
from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.event_store.notifications import NotificationRow, Notifications
from streams.recorded_fact import Entry, Quarantined, RecordedFact, RecordedResource, TooNew


class NotificationLog:
    """Keeps the promise of ``EventLog`` by the record's contiguous positions."""

    def __init__(self, conninfo: str) -> None:
        """``conninfo`` of the record's database."""
        self._notifications = Notifications(conninfo)

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """See ``EventLog.read``."""
        return [_entry(row) for row in self._notifications.read(after, limit)]

    def end(self) -> int:
        """See ``EventLog.end``."""
        return self._notifications.end()

    def wait(self, after: int, timeout: float) -> bool:
        """See ``EventLog.wait``."""
        return self._notifications.wait(after, timeout)

    def close(self) -> None:
        """See ``EventLog.close``."""
        self._notifications.close()


def _entry(row: NotificationRow) -> Entry:
    try:
        fact = decode_fact(row.state)
    except SchemaTooNew as error:
        return TooNew(row.position, row.transaction, row.size, row.subject, str(error))
    except Undecodable as error:
        return Quarantined(row.position, row.transaction, row.size, row.subject, str(error))
    return RecordedFact(
        position=row.position,
        transaction=row.transaction,
        size=row.size,
        subject=row.subject,
        subject_sequence=row.subject_sequence,
        stream=row.stream,
        stream_version=row.stream_version,
        last_updated=instant(row.last_updated),
        state=row.state,
        fact=fact,
        resources=[RecordedResource(version) for version in fact.resources],
    )
