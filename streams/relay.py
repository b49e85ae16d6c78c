"""The relay: carries every fact from the store to the log, in order, once or more.

It begins where the log ends and writes windows; after a failure it looks anew where the log ends. Each time it
compares: a log that has what the store has not means that the store is an older copy of itself, and nothing may
be written to it (a position would be used twice).
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

import structlog

from ehr.encoding import content_hash
from ehr.event_store.connections import DatabaseTrouble
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.relaying import RelayPost
from streams.broker import Access, Administration, Place, Writer
from streams.event_log import LogMisconfigured, LogUnreachable
from streams.kafka_log import Tail
from streams.log_record import Placed, to_record
from streams.topics import Wish, ensure_topic

WINDOW = 1_000
"""Facts that are sent before the first of them must be confirmed; a window ends with a whole flush."""

TELL_SECONDS = 1.0
PAUSE_SECONDS = 0.5

log = structlog.get_logger()


class Relay:
    """One relay at work.

    Raises psycopg.OperationalError when the store is lost, LogUnreachable when the log is.
    """

    def __init__(self, store: Notifications, post: RelayPost, access: Access, place: Place) -> None:
        """``post`` has been taken."""
        self._store, self._post = store, post
        self._access, self._place = access, place
        self._told = 0.0

    def compare(self, tail: Placed | None) -> str | None:
        """What the log has and the store has not, in words; None when there is nothing of the kind."""
        if tail is None:
            return None
        row = tail.row
        if row.position > self._store.end():
            return f"the log ends at position {row.position}, beyond the store"
        if not _same(self._store.read(row.position - 1, 1)[0], row):
            return f"at position {row.position} log and store differ"
        return None

    def carry(self, stopped: Callable[[], bool]) -> None:
        """Relays from the log's end on, until told to stop, or until the log confirms no more."""
        tail = Tail(self._access, self._place)
        try:
            last = tail.last()
        finally:
            tail.close()
        trouble = self.compare(last)
        if trouble:
            self._post.disagree(trouble)
            raise LogMisconfigured(f"{trouble}: `ehr restore --from-log` makes the store anew")
        position = last.row.position if last else 0
        self._post.agree(position)
        self._carry_from(position, stopped)

    def _carry_from(self, position: int, stopped: Callable[[], bool]) -> None:
        writer = Writer(self._access, self._place)
        try:
            while not stopped():
                rows = self._store.read(position, WINDOW)
                confirmed = writer.write([to_record(row) for row in rows])
                position += confirmed
                if confirmed < len(rows):
                    raise LogUnreachable("the log confirms no more")
                self._tell(position)
                if not rows:
                    self._store.wait(position, PAUSE_SECONDS)
        finally:
            writer.close()

    def _tell(self, position: int) -> None:
        if time.monotonic() - self._told > TELL_SECONDS:
            self._post.tell(position)
            self._told = time.monotonic()


def _same(one: NotificationRow, other: NotificationRow) -> bool:
    return content_hash(one.state) == content_hash(other.state) and one._replace(state=b"") == other._replace(
        state=b""
    )


class Way(NamedTuple):
    """From which store to which log. conninfo: of the record's database."""

    conninfo: str
    access: Access
    topic: Wish
    partition: int


def run_relay(way: Way, stopped: Callable[[], bool]) -> None:
    """Relays until told to stop; stands by while another one does, and tries again after every trouble."""
    while not stopped():
        try:
            with closing(RelayPost(way.conninfo)) as post:
                _serve(way, post, stopped)
        except DatabaseTrouble as error:
            log.warning("database trouble, trying again", kind=type(error).__name__)
            time.sleep(PAUSE_SECONDS)


def _serve(way: Way, post: RelayPost, stopped: Callable[[], bool]) -> None:
    while not stopped() and not post.take():
        time.sleep(PAUSE_SECONDS)
    while not stopped():
        try:
            _relay(way, post, stopped)
        except (LogUnreachable, LogMisconfigured) as error:
            log.error("the log is in trouble, trying again", trouble=str(error))
            post.tell(None, str(error))
            time.sleep(PAUSE_SECONDS)


def _relay(way: Way, post: RelayPost, stopped: Callable[[], bool]) -> None:
    with closing(Administration(way.access)) as administration:
        ensure_topic(administration, way.topic)
    with closing(Notifications(way.conninfo)) as store:
        Relay(store, post, way.access, Place(way.topic.name, way.partition)).carry(stopped)
