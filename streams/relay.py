"""The relay: carries every fact from the store to the log, in order, once or more.

It begins where the log ends and writes windows, each behind the one before, and passes over what is none of
this log. A log that ends elsewhere has lost its end, or has another relay; after that, as after every
failure, it looks anew where the log ends. Each time it compares: a log that has what the store has not means
that the store is an older copy of itself, or one of two, and nothing may be written to it, for a position
would be used twice.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from typing import NamedTuple

import structlog

from ehr.encoding import content_hash
from ehr.event_store.connections import RecordTrouble
from ehr.event_store.lease import HeldByAnotherRole
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.relaying import NotKept, RelayPost
from streams.broker import Access, Administration, OffsetGone, Partition, Place, Sent, Writer, batches
from streams.event_log import LogDamaged, LogMisconfigured, LogMoved, LogUnreachable
from streams.kafka_log import Tail, end_of, facts_between
from streams.log_record import Placed, to_record
from streams.topics import Wish, ensure_topic

WINDOW = 1_000
"""Facts that are sent before the first of them must be confirmed; a window ends with a whole flush."""

TELL_SECONDS = 1.0
PAUSE_SECONDS = 0.5
TROUBLE_SECONDS = 1.0  # Longer than PAUSE_SECONDS, so that another relay can try its luck meanwhile.
TAKE_SECONDS = 10.0
SAY_SECONDS = 60.0  # Between two log lines about the same trouble.

log = structlog.get_logger()


class Relayed(Exception):
    """A relay is at work, or what takes its place: a refill or a restore."""


class Way(NamedTuple):
    """From which store to which log. conninfo: of the record's database."""

    conninfo: str
    access: Access
    topic: Wish
    partition: int

    @property
    def place(self) -> Place:
        """Where the store's facts are in the log."""
        return Place(self.topic.name, self.partition)


class Relay:
    """One relay at work. Every method raises RecordTrouble when the store is lost, LogUnreachable when the
    log is, and LogMisconfigured or LogDamaged when a person must look after it."""

    def __init__(self, way: Way, post: RelayPost) -> None:
        """``post`` has been taken."""
        self._way, self._post = way, post
        self._store = Notifications(way.conninfo)
        self._told_at = 0.0
        self._end = 0  # The log's, in offsets, as far as this relay has read and written.
        self._last: tuple[int, NotificationRow] | None = None  # The last fact before it, and its offset.

    def begin(self, *, refill: bool = False) -> int:
        """Looks at the topic, compares the tails, and gives the position up to which the log has all.

        refill: an empty log is no trouble, although it had facts before.
        """
        seen = self._post.incarnation()
        with closing(Administration(self._way.access)) as administration:
            ensure_topic(administration, self._way.topic)
        with closing(Tail(self._way.access, self._way.place, self._post.keep)) as tail:
            last = tail.last()
            self._compare(tail, last)
            self._require_sound(tail, last)
        confirmed = self._post.confirmed()
        if last is None and confirmed and not refill:
            raise LogMisconfigured(
                f"Topic {self._way.topic.name} is empty, and had confirmed {confirmed} facts: if it is the "
                "right topic, `ehr relay --refill` writes them again from the store."
            )
        position = last.row.position if last else 0
        self._end, self._last = tail.end, (tail.at, last.row) if last else None
        if not self._post.agree(seen):
            raise another_record()
        self._post.tell(position)
        return position

    def carry(self, position: int) -> Iterator[int]:
        """Relays what follows a position, for ever: after each window, and now and then when there is none,
        gives the position up to which the log has confirmed all. To be called after ``begin``."""
        to = self._way.access, self._way.place
        with closing(Writer(*to)) as writer, closing(Partition(*to, self._post.keep)) as partition:
            while True:
                rows = self._store.read(position, WINDOW)
                # Raises when the log is away, also where there are no rows.
                self._pass_over(partition, partition.end())
                self._write(writer, partition, rows)
                position += len(rows)
                self._tell(position)
                yield position
                if not rows:
                    self._store.wait(position, PAUSE_SECONDS)

    def end(self) -> int:
        """Where the store ends."""
        return self._store.end()

    def close(self) -> None:
        """Closes the connection for reading; the post is its owner's."""
        self._store.close()

    def _compare(self, tail: Tail, last: Placed | None) -> None:
        """Raises LogMisconfigured when the log has what the store has not."""
        trouble = self._difference(last) if last else None
        if tail.double:
            trouble = (
                f"Two stores have written to topic {self._way.topic.name}, which has two facts at position "
                f"{tail.double}: choose one store, name a new topic in EHR_KAFKA_TOPIC, and "
                "`ehr relay --refill` writes to it what that one has."
            )
        if trouble:
            self._post.disagree(trouble)
            raise LogMisconfigured(trouble)

    def _difference(self, last: Placed) -> str | None:
        """What the log has and the store has not, in words. A damaged fact that the store has by its position
        says nothing of this."""
        row, end = last.row, self._store.end()
        if row.position > end == end_of(last):
            return cut_at(last)
        if row.position > end:
            return (
                f"The log has facts up to position {row.position}, and the store only up to {end}: "
                "`ehr restore --from-log` brings the store what it lacks."
            )
        if last.intact and not same(self._store.read(row.position - 1, 1)[0], row):
            return (
                f"The fact at position {row.position} is another one in the log than in the store: "
                "`ehr verify` shows where they part; `ehr restore --from-log` makes a new store of the log."
            )
        return None

    def _require_sound(self, tail: Tail, last: Placed | None) -> None:
        """Raises LogDamaged where the log's end is none that anything can be written behind."""
        try:
            tail.require_whole()
            if last and not last.intact:
                raise bytes_differ(last.row.position)
        except LogDamaged as damage:
            raise LogDamaged(
                f"Topic {self._way.topic.name} is damaged ({damage}): name a new topic in EHR_KAFKA_TOPIC, "
                "and `ehr relay --refill` writes to it what the store has."
            ) from None

    def _pass_over(self, partition: Partition, end: int) -> None:
        """What others have written up to an offset. Raises LogMoved where some of it is of this log, or where
        the last fact is gone: the log may have lost its end before."""
        if end == self._end:
            return
        if end < self._end or not self._is_whole(partition) or not self._is_foreign(partition, end):
            raise LogMoved(self._way.place, self._end, end)
        self._end = end

    def _is_whole(self, partition: Partition) -> bool:
        """Whether the last fact is where it was."""
        if self._last is None:
            return True
        offset, row = self._last
        try:
            return any(same(placed.row, row) for placed in facts_between(partition, offset, offset + 1))
        except OffsetGone:
            return False

    def _is_foreign(self, partition: Partition, end: int) -> bool:
        """Whether what follows up to an offset is none of this log."""
        try:
            return not any(facts_between(partition, self._end, end))
        except OffsetGone:
            return False

    def _write(self, writer: Writer, partition: Partition, rows: Sequence[NotificationRow]) -> None:
        """A window, batch by batch. What follows one that was not confirmed is not sent."""
        done = 0
        for batch in batches([to_record(row) for row in rows]):
            confirmed = self._send(writer, partition, batch)
            if confirmed < len(batch):
                raise LogUnreachable(f"Kafka at {self._way.access.servers} confirms no more")
            done += confirmed
            self._end += confirmed
            self._last = self._end - 1, rows[done - 1]
            self._post.keep()  # Raises when this relay is not the one any more.

    def _send(self, writer: Writer, partition: Partition, batch: Sequence[Sent]) -> int:
        """How many of one batch are confirmed: all or none. Others may have written in the same moment."""
        try:
            return writer.write(batch, self._end)
        except LogMoved as moved:
            self._pass_over(partition, moved.found)
            return len(batch)  # All of it is in the log, only elsewhere.

    def _tell(self, position: int) -> None:
        if time.monotonic() - self._told_at > TELL_SECONDS:
            if not self._post.tell(position):
                raise another_record()
            self._told_at = time.monotonic()


def last_of(way: Way, alive: Callable[[], None]) -> Placed | None:
    """The log's last fact, None when it is empty. alive: called after each reading that has come
    further. Raises LogUnreachable."""
    with closing(Tail(way.access, way.place, alive)) as tail:
        return tail.last()


def cut_at(tail: Placed) -> str:
    """What is to be done when relay and store were lost while a flush was being written. Going on would put
    other facts where those of its beginning are."""
    return (
        f"The log ends at position {tail.row.position}, inside a flush that no store has: name a new topic "
        "in EHR_KAFKA_TOPIC, and `ehr relay --refill` writes to it what the store has."
    )


def another_record() -> LogMisconfigured:
    """The error where the record was put back, or PostgreSQL started, since it was compared."""
    return LogMisconfigured("Another record has come in the place of the one that was compared.")


def bytes_differ(position: int) -> LogDamaged:
    """The error where a fact's bytes in the log are not those that were sent."""
    return LogDamaged(f"position {position}: its bytes are not those that were sent")


def same(one: NotificationRow, other: NotificationRow) -> bool:
    """Whether two rows are the same fact at the same place."""
    if content_hash(one.state) != content_hash(other.state):
        return False
    return one._replace(state=b"") == other._replace(state=b"")


def run_relay(way: Way, stopped: Callable[[], bool]) -> None:
    """Relays until told to stop; stands by while another one does, and tries again after every trouble.

    In trouble it lets go of the post: another one may have another way to the log, and whoever mends
    something needs it. Raises NotKept where Kafka does not keep the log of the record, or ceases to.
    """
    told, tells_at = "", 0.0
    while not stopped():
        try:
            with closing(RelayPost(way.conninfo, adopts=False)) as post:
                _stand_by(post, stopped)
                _serve(way, post, stopped)
            continue
        except (LogUnreachable, LogMisconfigured, LogDamaged, HeldByAnotherRole) as error:
            trouble = str(error)
        except RecordTrouble as error:
            trouble = f"the database is in trouble: {type(error).__name__}"
        if trouble != told or time.monotonic() > tells_at:
            log.error("the relay tries again and again", trouble=trouble)
            told, tells_at = trouble, time.monotonic() + SAY_SECONDS
        time.sleep(TROUBLE_SECONDS)


def _stand_by(post: RelayPost, stopped: Callable[[], bool]) -> None:
    while not stopped() and not post.take():
        time.sleep(PAUSE_SECONDS)


def _serve(way: Way, post: RelayPost, stopped: Callable[[], bool]) -> None:
    if stopped():
        return
    try:
        with closing(Relay(way, post)) as relay:
            position = relay.begin()
            log.info("relaying", position=position)
            for _ in relay.carry(position):
                if stopped():
                    break
    except (LogUnreachable, LogMisconfigured, LogDamaged) as error:
        post.tell(None, str(error))
        raise


def refill(way: Way, told: Callable[[int, int], None] = lambda _position, _end: None) -> int:
    """Writes to the log what it lacks of the store, also when it has become empty; gives the position that
    both have come to.

    told: hears after each window how far the log is, and the position that it is to come to.
    Raises RecordTrouble, LogUnreachable, LogMisconfigured, LogDamaged, Relayed, and HeldByAnotherRole.
    """
    with closing(RelayPost(way.conninfo)) as post, closing(Relay(way, post)) as relay:
        take_over(post)
        begin, end = relay.begin(refill=True), relay.end()
        for position in relay.carry(begin):
            told(position, end)
            if position >= end:
                break
        post.tell(position)
        return position


def leave(conninfo: str) -> None:
    """Lets the record keep its log itself again. Raises RecordTrouble, Relayed, and
    HeldByAnotherRole."""
    with closing(RelayPost(conninfo, adopts=False)) as post, suppress(NotKept):
        take_over(post)
        post.leave()


def take_over(post: RelayPost) -> None:
    """Takes the post, from a relay that waits for somebody to mend something. Raises Relayed, and
    HeldByAnotherRole."""
    deadline = time.monotonic() + TAKE_SECONDS
    while not post.take():
        if time.monotonic() > deadline:
            raise Relayed
        time.sleep(PAUSE_SECONDS / 10)
