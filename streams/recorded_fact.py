"""A fact with its place in the log: what every reader of the log receives."""

from typing import Any
from uuid import UUID

import msgspec
import orjson

from ehr.compression import decompress
from ehr.dates import instant
from ehr.encoding import SchemaTooNew, Undecodable, content_hash, decode_fact
from ehr.event_store.notifications import NotificationRow
from ehr.facts import AnyFact, ResourceVersion


class RecordedResource:
    """One resource version of a recorded fact; body and JSON are unpacked when first asked for."""

    __slots__ = ("_body", "_json", "version")

    def __init__(self, version: ResourceVersion) -> None:
        """Wraps one entry of ``fact.resources``."""
        self.version = version
        self._body: bytes | None = None
        self._json: dict[str, Any] | None = None

    @property
    def body(self) -> bytes:
        """The bytes as received (without versionId and lastUpdated); empty for a delete or a move."""
        if self._body is None:
            self._body = decompress(self.version.body) if self.version.body else b""
        return self._body

    @property
    def json(self) -> dict[str, Any]:
        """The parsed body; an empty dict for a delete or a move. Shared between views: never change it."""
        if self._json is None:
            self._json = orjson.loads(self.body) if self.version.body else {}
        return self._json


class RecordedFact(msgspec.Struct, frozen=True):
    """A fact and where the record put it.

    position: contiguous from 1, the order of everything. transaction: position of the first fact of the
    flush, which becomes visible whole; size: number of facts in it. stream_version, subject_sequence:
    contiguous from 1 within the stream and the subject. last_updated: RFC 3339 UTC with milliseconds, one
    for the whole flush, strictly rising from flush to flush. state: the encoded fact.
    """

    position: int
    transaction: int
    size: int
    subject: UUID
    subject_sequence: int
    stream: UUID
    stream_version: int
    last_updated: str
    state: bytes
    fact: AnyFact
    resources: list[RecordedResource]

    @property
    def index(self) -> int:
        """Place in the flush, from 0."""
        return self.position - self.transaction

    @property
    def content_hash(self) -> bytes:
        """BLAKE2b-256 of the encoded fact."""
        return content_hash(self.state)


class Quarantined(msgspec.Struct, frozen=True):
    """A record of the log that cannot be decoded: kept, counted, never guessed."""

    position: int
    transaction: int
    size: int
    subject: UUID
    reason: str


class TooNew(msgspec.Struct, frozen=True):
    """A fact whose schema version is newer than this code: its citizen waits for newer code."""

    position: int
    transaction: int
    size: int
    subject: UUID
    reason: str


Entry = RecordedFact | Quarantined | TooNew


def entry_of(row: NotificationRow) -> Entry:
    """What a row of the record says, or why it cannot be told."""
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
