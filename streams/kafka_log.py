"""The log kept by Kafka: one partition, in which a relay writes every fact once or more, in order.

A record whose position was read before is a duplicate. What follows the largest position so far is the next
one; a larger one is a hole.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from ehr.encoding import content_hash
from ehr.event_store.notifications import NotificationRow
from streams.broker import Access, OffsetGone, Partition, Place, Read
from streams.event_log import LogDamaged
from streams.log_record import Placed, from_record
from streams.recorded_fact import Entry, Quarantined, entry_of

TAIL = 8_000
"""So many facts at the end hold the last position: more than relays that were cut off can bring late."""

READERS = 4
"""So many who read at different places do not disturb each other: the views of one process, after one of them
stood still. Whoever is disturbed reads the tail again each time."""

LATE_BYTES = 12 * 1024 * 1024
"""Of large ones those will do that have so many bytes: more than the one batch, or the one largest fact, that
such a relay brings, so that something before it is among them."""

NOWHERE = -1
_FEW = 16
_RECORDS = 2_000
_PATIENCE_SECONDS = 2.0


class KafkaLog:
    """Keeps the promise of ``EventLog``. Connects at the first call, and again after a loss."""

    def __init__(self, access: Access, place: Place) -> None:
        """For a few readers that take turns: the log remembers where they are."""
        self._readers = [FactReader(access, place) for _ in range(READERS)]  # used last: the last one
        self._tail = Tail(access, place)

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """See ``EventLog.read``."""
        return [_entry(placed) for placed in self._reader(after).read(after, limit)]

    def end(self) -> int:
        """See ``EventLog.end``."""
        return end_of(self._tail.last())

    def wait(self, after: int, timeout: float) -> bool:
        """See ``EventLog.wait``."""
        return self._reader(after).wait(after, timeout)

    def close(self) -> None:
        """See ``EventLog.close``."""
        for reader in self._readers:
            reader.close()
        self._tail.close()

    def _reader(self, after: int) -> "FactReader":
        """The one that is nearest to what follows ``after``, else the one that was used longest ago."""
        near = [reader for reader in self._readers if reader.reaches(after)]
        found = max(near, key=lambda reader: reader.position) if near else self._readers[0]
        self._readers.remove(found)
        self._readers.append(found)
        return found


class FactReader:
    """The facts of a partition, each once, in order of position, whole flushes at a time."""

    def __init__(self, access: Access, place: Place, alive: Callable[[], None] = lambda: None) -> None:
        """Connects at the first call. alive: called after each reading that has come further."""
        self._access, self._place, self._alive = access, place, alive
        self._partition: Partition | None = None
        self._waiting: deque[Placed] = deque()
        self._given: Placed | None = None  # the last one
        self._last = -1  # position of the last one taken up
        self._began = self._offset = 0
        self._back = 1  # by so many records reading begins earlier at the next hole, at least
        self._sought = NOWHERE  # position for which, at a hole, reading began anew with the first record
        self._vain: tuple[int, int] | None = None  # bounds of the log when that was told to be in vain

    def read(self, after: int, limit: int) -> list[Placed]:
        """Those after a position: about ``limit``, at least a whole flush; none when it is the end.

        Raises LogUnreachable, and LogDamaged where there is a hole, when all before it was given.
        """
        partition = self._go_to(after)
        if len(self._waiting) < limit:
            self._take_up(partition, 0)
        while not self._whole(1):
            if self._offset >= partition.end():
                return []
            self._take_up(partition, _PATIENCE_SECONDS)
        found = [self._waiting.popleft() for _ in range(self._whole(limit))]
        self._given = found[-1]
        return found

    def wait(self, after: int, timeout: float) -> bool:
        """Whether there is a whole flush after a position; False after ``timeout`` seconds."""
        partition = self._go_to(after)
        deadline = time.monotonic() + timeout
        while not self._whole(1) and (left := deadline - time.monotonic()) > 0:
            self._take_up(partition, left)
        return bool(self._whole(1))

    @property
    def position(self) -> int:
        """After it comes the next one, without a way to go; -1 before the first reading."""
        return self._waiting[0].row.position - 1 if self._waiting else self._last

    def reaches(self, after: int) -> bool:
        """Whether reading goes on there with what was fetched already, or where that ends."""
        return self.position <= after <= self._last

    def close(self) -> None:
        """Closes the connections."""
        if self._partition:
            self._partition.close()

    def _whole(self, limit: int) -> int:
        """How many of those that wait make up whole flushes, about ``limit`` of them."""
        count = 0
        while count < min(limit, len(self._waiting)):
            row = self._waiting[count].row
            end = count + row.transaction + row.size - row.position
            if end > len(self._waiting):
                break
            count = end
        return count

    def _go_to(self, after: int) -> Partition:
        """Makes ``after + 1`` the first of those that wait, or the next to be taken up."""
        if self._partition is None:
            self._partition = Partition(self._access, self._place, self._alive)
        while self._waiting and self._waiting[0].row.position <= after:
            self._waiting.popleft()
        if self.position != after:
            self._waiting.clear()
            self._last = after
            try:
                self._seek(self._partition)
            except BaseException:
                self._last = NOWHERE  # Whoever asks for the same place again must not be taken to be there.
                raise
        return self._partition

    def _seek(self, partition: Partition) -> None:
        """Goes to an offset before the position that is wanted next.

        Without duplicates the distance in offsets is that of the positions; with them it is larger. A guess
        that goes too far shows by larger positions, but in the tail: that is read whole. When the log is cut
        meanwhile no guess is worth anything, and all of it is read.
        """
        first, end = partition.bounds()
        try:
            offset = self._guess(partition, first, end)
            if offset > end - TAIL:
                offset = min(offset, _tail(partition, first, end))
        except OffsetGone:
            offset = first
        self._began = self._offset = max(first, offset)
        self._back, self._sought, self._vain = 1, NOWHERE, None

    def _guess(self, partition: Partition, first: int, end: int) -> int:
        offset, wanted = first, self._last + 1
        while offset < end:
            placed = _first_fact(partition, offset, end)
            if placed is None:
                return end
            if placed.row.position >= wanted:
                break
            offset += wanted - placed.row.position
        return offset

    def _take_up(self, partition: Partition, timeout: float) -> None:
        """The next ones. A hole is told of when all before it was given."""
        try:
            self._fetch(partition, timeout)
        except LogDamaged:
            if not self._whole(1):
                raise

    def _fetch(self, partition: Partition, timeout: float) -> None:
        try:
            records = partition.read(self._offset, _RECORDS, timeout)
        except OffsetGone:
            self._seek(partition)
            return
        for placed in _placed(records):
            if placed.row.position > self._last + 1:
                self._step_back(partition)
                return
            if placed.row.position == self._last + 1:
                _require_place(placed.row, self._waiting[-1] if self._waiting else self._given)
                self._waiting.append(placed)
                self._last += 1
        self._offset = partition.next

    def _step_back(self, partition: Partition) -> None:
        """What is wanted may lie before where reading began, among what was sent for the first time. Back by
        one record first, as a few may be many bytes; then by more and more, and by no less than was read.

        That reading began with the first record proves nothing: since then the log may have been written
        anew, with fewer records before what is wanted.
        """
        first, end = partition.bounds()
        wanted = self._last + 1
        if self._sought == wanted and not self._is_other(first, end):
            self._vain = first, end
            raise LogDamaged(f"position {wanted} is missing in {'/'.join(map(str, self._place))}")
        back = max(self._back, self._offset - self._began)
        self._began = self._offset = max(first, self._began - back)
        self._back, self._vain = 2 * back, None
        if self._began == first:
            self._sought = wanted

    def _is_other(self, first: int, end: int) -> bool:
        """Whether the log may have been written anew since a position was sought in vain: it lost records, or
        is so short that this may have happened between two looks. A long one that only grows is not read
        whole again at each try."""
        if self._vain is None or self._vain == (first, end):
            return False
        return first != self._vain[0] or end < self._vain[1] or end - first <= TAIL


class Tail:
    """The end of a partition.

    unbroken: the position from which on nothing was missing up to the last one; 0 when there is none. double:
    one at which there are two facts, of two stores. at: the offset of the last one; -1 when there is none.
    """

    def __init__(self, access: Access, place: Place, alive: Callable[[], None] = lambda: None) -> None:
        """Connects at the first call. alive: called after each reading that has come further."""
        self._access, self._place, self._alive = access, place, alive
        self._partition: Partition | None = None
        self._offset = -1
        self._last: Placed | None = None
        self._hashes: dict[int, bytes] = {}  # of what the last look has met
        self.unbroken = 0
        self.at = NOWHERE
        self.double: int | None = None

    @property
    def end(self) -> int:
        """The offset at which looking ended."""
        return self._offset

    def last(self) -> Placed | None:
        """The fact with the largest position, None when there is none. Raises LogUnreachable."""
        if self._partition is None:
            self._partition = Partition(self._access, self._place, self._alive)
        while True:
            try:
                self._look(self._partition)
                return self._last
            except OffsetGone:
                self._offset = -1

    def require_whole(self) -> None:
        """Raises LogDamaged when the log does not begin with the first fact, or lacks one among its last."""
        if self.unbroken > 1:
            with closing(FactReader(self._access, self._place, self._alive)) as facts:
                for position in (1, self.unbroken - 1):
                    facts.read(position - 1, 1)

    def close(self) -> None:
        """Closes the connections."""
        if self._partition:
            self._partition.close()

    def _look(self, partition: Partition) -> None:
        first, end = partition.bounds()
        if not max(first, end - TAIL) <= self._offset <= end:
            self._offset, self._last = _tail(partition, first, end), None
            self.unbroken, self.at = 0, NOWHERE
        self._hashes.clear()
        for records in _between(partition, self._offset, end):
            for record in records:
                if placed := from_record(record):
                    self._note(placed, record.offset)
            self._offset = partition.next

    def _note(self, placed: Placed, offset: int) -> None:
        position, last = placed.row.position, self._last.row.position if self._last else 0
        found = content_hash(placed.row.state)
        if placed.intact and self._hashes.setdefault(position, found) != found:
            self.double = position
        if position <= last:
            return
        if position > last + 1:
            self.unbroken = position
        self._last, self.at = placed, offset


def _tail(partition: Partition, first: int, end: int) -> int:
    """The offset at which the tail begins: it has TAIL facts, or facts of LATE_BYTES, however much others
    have written between and behind them. Raises OffsetGone."""
    begin, few, count, size = end, min(_FEW, TAIL), 0, 0
    while begin > first and count < TAIL and size < LATE_BYTES:
        for length in _lengths(partition, max(first, end - few), begin):
            count, size = count + 1, size + length
            if size >= LATE_BYTES:
                break
        begin, few = max(first, end - few), 2 * few
    return begin


def _lengths(partition: Partition, begin: int, end: int) -> Iterator[int]:
    """Bytes of each fact from one offset on up to another. Raises OffsetGone."""
    for records in _between(partition, begin, end):
        for record in records:
            if record.offset < end and from_record(record):
                yield len(record.value or b"")


def _between(partition: Partition, begin: int, end: int) -> Iterator[list[Read]]:
    """What there is from one offset on up to another, or up to where the log ends by now.
    Raises OffsetGone."""
    while begin < end:
        records = partition.read(begin, min(_RECORDS, end - begin), _PATIENCE_SECONDS)
        if partition.next == begin:
            end = min(end, partition.end())  # raises when the brokers are away
        begin = partition.next
        yield records


def _first_fact(partition: Partition, begin: int, end: int) -> Placed | None:
    """From an offset on; usually it is there. Raises OffsetGone."""
    here = _placed(partition.read(begin, 1, _PATIENCE_SECONDS))
    return here[0] if here else next(facts_between(partition, begin, end), None)


def facts_between(partition: Partition, begin: int, end: int) -> Iterator[Placed]:
    """The facts from one offset on up to another. Raises OffsetGone."""
    for records in _between(partition, begin, end):
        yield from _placed([record for record in records if record.offset < end])


def _placed(records: Sequence[Read]) -> list[Placed]:
    return [placed for placed in map(from_record, records) if placed]


def _require_place(row: NotificationRow, last: Placed | None) -> None:
    """Raises LogDamaged where a fact is not in the flush that it names, or the one before, if that was the
    last one, in another one than it names: whoever believed that would wait for the rest of a flush that
    never comes."""
    if not row.transaction <= row.position < row.transaction + row.size:
        raise LogDamaged(f"position {row.position}: it is not in the flush that it names")
    if last is None or last.row.position != row.position - 1:
        return
    before = last.row
    if (row.transaction, row.size) == (before.transaction, before.size):
        return
    if row.transaction != before.transaction + before.size:
        raise LogDamaged(
            f"position {before.position}: its flush is not whole; position {row.position} is of another one"
        )


def end_of(last: Placed | None) -> int:
    """Where the last whole flush of a log ends whose last fact is this one; 0 when it is empty."""
    if last is None:
        return 0
    row = last.row
    return row.position if row.position == row.transaction + row.size - 1 else row.transaction - 1


def _entry(placed: Placed) -> Entry:
    row = placed.row
    if placed.intact:
        return entry_of(row)
    return Quarantined(row.position, row.transaction, row.size, row.subject, "not the bytes that were sent")
