"""A fact as a record of the Kafka log: docs/log.md describes it field by field.

The value is the fact as the record stores it, byte for byte. What the record added when it appended is in the
headers, as ASCII text.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ehr.dates import instant
from ehr.encoding import content_hash
from ehr.event_store.notifications import NotificationRow
from streams.broker import Read, Sent


class Placed(NamedTuple):
    """A fact's row as the log has it. intact: its bytes are those that were hashed when it was sent."""

    row: NotificationRow
    intact: bool


def to_record(row: NotificationRow) -> Sent:
    """The record of a fact."""
    headers = {
        "position": row.position,
        "transaction": row.transaction,
        "size": row.size,
        "subject_sequence": row.subject_sequence,
        "stream": row.stream,
        "stream_version": row.stream_version,
        "last_updated": instant(row.last_updated),
        "type": row.topic,
        "content_hash": content_hash(row.state).hex(),
    }
    encoded = [(name, str(value).encode("ascii")) for name, value in headers.items()]
    return Sent(str(row.subject).encode("ascii"), row.state, encoded)


def from_record(record: Read) -> Placed | None:
    """The row that a record carries; None for what is not a record of this log."""
    try:
        # Others may have added headers, also some without a value.
        text = {name: value.decode("ascii") for name, value in record.headers.items() if value is not None}
        row = NotificationRow(
            position=int(text["position"]),
            transaction=int(text["transaction"]),
            size=int(text["size"]),
            subject=UUID((record.key or b"").decode("ascii")),
            subject_sequence=int(text["subject_sequence"]),
            stream=UUID(text["stream"]),
            stream_version=int(text["stream_version"]),
            last_updated=_moment(text["last_updated"]),
            topic=text["type"],
            state=record.value or b"",
        )
        return Placed(row, content_hash(row.state).hex() == text["content_hash"])
    except (KeyError, ValueError):
        return None


def _moment(text: str) -> datetime:
    """Raises ValueError for what is none: the record of a moment names its zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment
