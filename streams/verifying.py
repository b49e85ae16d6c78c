"""Verify: whether the log holds what the store holds, byte by byte.

Every record is looked at, those too that are there twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from ehr.encoding import content_hash
from ehr.event_store.connections import connect
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.relaying import standing
from streams.broker import OffsetGone, Partition, Read
from streams.event_log import LogDamaged, LogUnreachable
from streams.log_record import from_record, to_record
from streams.relay import Way
from streams.restoring import require_topic

RECORDS = 2_000
PATIENCE_SECONDS = 2.0
TRIES = 5


class Finding(NamedTuple):
    """A difference. kind: what differs; what: in one line, without personal data; times: how many of this
    kind there are, of which this is the first."""

    kind: str
    what: str
    times: int = 1


class Compared(NamedTuple):
    """position: up to which the log was found to hold facts. end: where the store ended at the beginning."""

    findings: list[Finding]
    position: int
    end: int

    @property
    def lags(self) -> bool:
        """Whether the log does not have all facts yet, which is no difference."""
        return self.position < self.end


def compare(way: Way, told: Callable[[int, int], None] = lambda _position, _end: None) -> Compared:
    """Compares log and store as they are now. told: hears how far it has come, and how far it is to come.

    Raises RecordTrouble, LogUnreachable, and LogMisconfigured when there is no such topic.
    """
    require_topic(way)
    confirmed = _confirmed(way)  # before the log is looked at, which may have more by then
    with (
        closing(Notifications(way.conninfo)) as store,
        closing(Partition(way.access, way.place)) as partition,
    ):
        comparison = _Comparison(store, partition)
        try:
            for records in comparison.records():
                comparison.look_at(records)
                told(comparison.position, comparison.end)
        except LogDamaged as damage:
            comparison.find("damaged", f"{damage}; what follows was not looked at")
            return Compared(comparison.findings, comparison.position, comparison.position)
        comparison.require(confirmed)
        return Compared(comparison.findings, comparison.position, comparison.end)


def _confirmed(way: Way) -> int:
    """Up to which position the log has confirmed all, by what the relay last told."""
    with connect(way.conninfo) as connection:
        told = standing(connection)
    return told.position if told else 0


class _Comparison:
    """position: the largest so far; end: where the store ended at the beginning."""

    def __init__(self, store: Notifications, partition: Partition) -> None:
        self._store, self._partition = store, partition
        self.position, self.end = 0, store.end()
        self._found: dict[str, Finding] = {}

    @property
    def findings(self) -> list[Finding]:
        """The first of each kind: a log that is quite another one has as many as records."""
        return list(self._found.values())

    def find(self, kind: str, what: str) -> None:
        """Notes a difference."""
        first = self._found.get(kind, Finding(kind, what, 0))
        self._found[kind] = first._replace(times=first.times + 1)

    def records(self) -> Iterator[Sequence[Read]]:
        """All that there are now; and while facts are lacking, those that come within moments."""
        offset, end = self._partition.bounds()
        tries = 0
        while offset < end or self.position < self.end:
            records = self._read(offset)
            if self._partition.next > end:
                end = self._partition.end()
            if self._partition.next > offset:
                _require_order(records, offset, end)
                yield records
                offset, tries = self._partition.next, 0
                continue
            end, tries = self._partition.end(), tries + 1
            if offset >= end:
                return
            if tries == TRIES:
                raise LogDamaged(f"offset {offset}: the brokers have a record there and do not give it")

    def look_at(self, records: Sequence[Read]) -> None:
        """Compares each with the fact that has its position."""
        placed = [(record, _position(record)) for record in records]
        rows = self._store.these([position for _, position in placed if position])
        for record, position in placed:
            if position is None:
                self.find("no fact", f"offset {record.offset}: it is no fact of this log")
            elif position not in rows:
                self.find("too many", f"position {position}: the log has it, the store has not")
            else:
                self._note_missing(position)
                self.position = max(self.position, position)
                for kind, what in _differences(record, rows[position]):
                    self.find(kind, what)

    def require(self, confirmed: int) -> None:
        """The log must have what it had confirmed up to this position."""
        if self.position < confirmed:
            self.find(
                "lost", f"it had confirmed facts up to position {confirmed}, and ends at {self.position}"
            )

    def _note_missing(self, position: int) -> None:
        if position > self.position + 1:
            last = f" to {position - 1}" if position > self.position + 2 else ""
            self.find("missing", f"position {self.position + 1}{last}: missing in the log")

    def _read(self, offset: int) -> Sequence[Read]:
        try:
            return self._partition.read(offset, RECORDS, PATIENCE_SECONDS)
        except OffsetGone:
            raise LogUnreachable("the log was cut while it was read") from None


def _require_order(records: Sequence[Read], offset: int, end: int) -> None:
    """Offsets grow, up to the end. Where one has no record, somebody's transaction has left a mark there; a
    fact that is gone shows by its position."""
    for record in records:
        if not offset <= record.offset < end:
            raise LogDamaged(f"offset {offset}: the brokers give another one, {record.offset}")
        offset = record.offset + 1


def _position(record: Read) -> int | None:
    found = from_record(record)
    return found.row.position if found else None


def _differences(record: Read, row: NotificationRow) -> Iterator[tuple[str, str]]:
    """Kind, and what."""
    sent = to_record(row)
    headers = dict(sent.headers)
    parts = [name for name, text in headers.items() if record.headers.get(name) != text]
    parts += [name for name in record.headers if name not in headers]
    parts += ["key"] if record.key != sent.key else []
    parts += ["value"] if record.value != sent.value else []
    if parts:
        names = ", ".join(sorted(parts))
        whose = _whose(record) if "value" in parts else ""
        yield names, f"position {row.position}, offset {record.offset}: {names} differ{whose}"


def _whose(record: Read) -> str:
    """Which of two values is the one that was sent."""
    intact = content_hash(record.value or b"").hex().encode() == record.headers.get("content_hash")
    return "; the log has what was sent" if intact else "; the log has not what was sent"
