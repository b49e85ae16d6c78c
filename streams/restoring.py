"""Restore: brings the store what it lacks of the log, so that it decides as the one that wrote the log."""

from collections.abc import Callable
from contextlib import closing
from itertools import takewhile

from ehr.event_store.notifications import Notifications
from ehr.event_store.relaying import RelayPost
from ehr.event_store.restoring import Flawed, Restoring
from streams.broker import Administration
from streams.event_log import LogDamaged, LogMisconfigured
from streams.kafka_log import FactReader, end_of
from streams.log_record import Placed
from streams.relay import Way, bytes_differ, cut_at, last_of, same, take_over

BATCH = 1_000
"""Facts in one transaction, about: whole flushes. Each takes far less time than a lease stays silent."""

UNDER_WAY = "The store is being restored from the log."
DONE = "The store was restored from the log; a relay has yet to compare them."


class Parted(Exception):
    """Store and log differ where both have facts."""

    def __init__(self, position: int) -> None:
        """position: the first at which they differ."""
        super().__init__(f"position {position}")
        self.position = position


def restore(way: Way, told: Callable[[int, int], None] = lambda _position, _end: None) -> int:
    """Appends to the store what it lacks of the log; gives the position of the log's last fact, 0 when it is
    empty.

    Until a relay has compared both afterwards, nothing else is appended. After an interruption another call
    goes on. told: hears after each batch how far the store is, and the position that it is to come to.

    Raises RecordTrouble, LogUnreachable; LogMisconfigured, also where the log ends inside a flush, when the
    store has all that comes before; LogDamaged with the position; SchemaTooNew (ehr.encoding) at a fact of
    newer code; Parted; Relayed; HeldByAnotherRole; and Overtaken when something has written to the store all
    the same.
    """
    require_topic(way)
    with (
        closing(RelayPost(way.conninfo)) as post,
        closing(FactReader(way.access, way.place, post.keep)) as log,
    ):
        take_over(post)
        post.disagree(UNDER_WAY)
        return _restore(way, post, log, told)


def require_topic(way: Way) -> None:
    """Raises LogMisconfigured when there is no such topic, and LogUnreachable."""
    with closing(Administration(way.access)) as administration:
        if administration.find(way.topic.name) is None:
            raise LogMisconfigured(
                f"There is no topic {way.topic.name} at {way.access.servers}: name the right one in "
                "EHR_KAFKA_TOPIC."
            )


def _restore(way: Way, post: RelayPost, log: FactReader, told: Callable[[int, int], None]) -> int:
    with closing(Restoring(way.conninfo)) as store:  # opened when nothing else writes
        last = last_of(way, post.keep)
        end = end_of(last)
        _require_common_past(way, log, min(store.position, end))
        if last and store.position > end:
            _require_on_record(way, last)
        while store.position < end:
            _append(store, log, end)
            post.disagree(UNDER_WAY)  # again: whoever thought to be the relay may have agreed late
            told(store.position, end)
        post.forget()  # With the facts, answers came back that need not be kept any more.
        if last and last.row.position > store.position:
            post.disagree(cut_at(last))
            raise LogMisconfigured(f"The store has every fact up to position {end}. {cut_at(last)}")
        post.disagree(DONE)
        return last.row.position if last else 0


def _append(store: Restoring, log: FactReader, end: int) -> None:
    read = log.read(store.position, BATCH)
    rows = [placed.row for placed in takewhile(lambda placed: placed.intact, read)]
    if len(rows) < len(read):
        raise bytes_differ(read[len(rows)].row.position)
    if not rows:
        raise LogDamaged(f"position {store.position + 1} is missing")
    try:
        store.add([row for row in rows if row.position <= end])
    except Flawed as flawed:
        raise LogDamaged(str(flawed)) from None


def _require_common_past(way: Way, log: FactReader, end: int) -> None:
    """Two stores whose facts are the same at one position have the same ones before it: each fact has an id
    of its own, by chance. So the last one tells, and where they part is found by halving."""
    with closing(Notifications(way.conninfo)) as store:

        def agree(position: int) -> bool:
            (mine, *_), read = store.read(position - 1, 1), log.read(position - 1, 1)
            if read and not read[0].intact:
                raise bytes_differ(position)
            return bool(read) and same(mine, read[0].row)

        if end == 0 or agree(end):
            return
        same_at, differs_at = 0, end
        while differs_at - same_at > 1:
            middle = (same_at + differs_at) // 2
            if agree(middle):
                same_at = middle
            else:
                differs_at = middle
    raise Parted(differs_at)


def _require_on_record(way: Way, last: Placed) -> None:
    """Raises Parted when the store goes on where the log does, with other facts than its last, and LogDamaged
    when that one does not tell."""
    if not last.intact:
        raise bytes_differ(last.row.position)
    with closing(Notifications(way.conninfo)) as store:
        mine = store.these([last.row.position]).get(last.row.position)
    if mine is None or not same(mine, last.row):
        raise Parted(last.row.transaction)
