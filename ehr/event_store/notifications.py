"""The record's facts in order of position, for whoever reads them as a log."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.event_store.connections import Connection, connect
from ehr.sql import load_queries

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of facts in one reading, which its reader holds all at once; a single flush may have more."""

_queries = load_queries(Path(__file__).with_name("notifications.sql"))


class NotificationRow(NamedTuple):
    """A row of ``record.facts``."""

    position: int
    transaction: int
    size: int
    subject: UUID
    subject_sequence: int
    stream: UUID
    stream_version: int
    last_updated: datetime
    topic: str
    state: bytes


class Notifications:
    """A reader with a connection of its own; connects again by itself after a loss.

    Every method raises psycopg.OperationalError while the database cannot be reached.
    """

    def __init__(self, conninfo: str) -> None:
        """Connects at the first call."""
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._heard = 0

    def read(self, after: int, limit: int) -> Sequence[NotificationRow]:
        """Rows after a position, about ``limit`` of them or MOST_BYTES, always whole flushes."""
        rows = self._rows("read", after=after, limit=limit, bytes=MOST_BYTES)
        if rows:
            end = rows[-1].transaction + rows[-1].size - 1
            if end > rows[-1].position:
                rows += self._rows("rest", after=rows[-1].position, end=end)
            self._heard = max(self._heard, rows[-1].position)
        return rows

    def these(self, positions: Sequence[int]) -> dict[int, NotificationRow]:
        """position -> row, for those of the positions that there are."""
        return {row.position: row for row in self._rows("these", positions=list(positions))}

    def end(self) -> int:
        """The last position, 0 when there is none."""
        row = self._connected().execute(_queries["end"]).fetchone()
        self._heard = row[0] if row else 0
        return self._heard

    def wait(self, after: int, timeout: float) -> bool:
        """True as soon as there is something beyond ``after``; False after ``timeout`` seconds.

        Notifications that arrive during a query are kept for ``notifies`` (psycopg 3.3, when there is no
        handler); those that arrive later are still to be read. So none is lost between look and wait.
        """
        if self._heard > after or self.end() > after:
            return True
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0 and self._heard <= after:
            for notification in self._connected().notifies(timeout=left, stop_after=1):
                self._heard = max(self._heard, int(notification.payload))
        return self._heard > after

    def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            self._connection.close()

    def _rows(self, query: str, **parameters: Any) -> list[NotificationRow]:
        cursor = self._connected().execute(_queries[query], parameters, prepare=True, binary=True)
        return [NotificationRow(*row) for row in cursor.fetchall()]

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._conninfo)
            self._connection.execute("listen record")
            self._heard = 0  # The record may be another one now: restored, it may end earlier than before.
        return self._connection
