"""eventsourcing's application recorder on the record's tables, with positions that have no gaps.

The library gives positions from a sequence, which burns numbers on every refusal, and guards their order by
locking the table. ``record.append`` counts them under an advisory lock instead; generic events of the
library go through it like facts, so there is one way into the record.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.rows import DictRow

from ehr.appending import Append, EncodedFact, Verdict
from ehr.errors import Uncompared
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.migrations import migrate
from ehr.values import new_id

MOST_CONNECTIONS = 16
"""Of one datastore, opened as they are needed; each subscription holds one for as long as it lasts."""


class FactRecorder(PostgresApplicationRecorder):
    """The record's tables as an eventsourcing recorder: library code reads (and may write) them."""

    def __init__(self, datastore: PostgresDatastore, *, kept_by_kafka: bool = False) -> None:
        """``datastore`` has the schema ``record`` and UUID originator ids. kept_by_kafka: see
        ``PostgresRecorder``; here nothing is appended where the record does not know of that."""
        super().__init__(datastore, events_table_name="facts")
        self._kept_by_kafka = kept_by_kafka
        self.channel_name = "record"

    def create_table(self) -> None:
        """Applies the record's migrations."""
        with self.datastore.get_connection() as connection:
            migrate(connection, "record")
        self.datastore.register_type_adapters()

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Appends generic events as one request; gives their positions.

        Raises IntegrityError when one of them is not the next of its stream, and Uncompared where the record
        does not know that Kafka keeps its log.
        """
        if not stored_events:
            return []
        facts = [
            EncodedFact(stream := UUID(str(e.originator_id)), e.topic, e.state, stream, e.originator_version)
            for e in stored_events
        ]
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            values = parameters(UUID(new_id()), [Append(facts)], kept_by_kafka=self._kept_by_kafka)
            cursor.execute(APPEND, values)
            row = cursor.fetchone()
        return self._positions(row, len(facts))

    @staticmethod
    def _positions(row: DictRow | None, count: int) -> Sequence[int]:
        if row is None:
            raise Uncompared
        if row["verdicts"][0] != Verdict.STORED:
            raise IntegrityError("an event is not the next of its stream")
        return list(range(row["ends"][0] - count + 1, row["ends"][0] + 1))


def make_datastore(conninfo: str) -> PostgresDatastore:
    """A datastore of the library for a libpq connection string or URL."""
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return PostgresDatastore(
        dbname=str(parts.get("dbname", "")),
        host=str(parts.get("host", "")),
        port=str(parts.get("port", "5432")),
        user=str(parts.get("user", "")),
        password=str(parts.get("password", "")),
        schema="record",
        originator_id_type="uuid",
        max_overflow=MOST_CONNECTIONS - 1,
    )
