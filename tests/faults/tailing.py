"""A reader that follows writers in several processes meets every fact once and in order, whatever is refused,
rolled back, killed or left unanswered meanwhile (docs/consistency.md)."""

import multiprocessing
import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import psycopg

from ehr.encoding import content_hash
from streams.notification_log import NotificationLog
from streams.recorded_fact import Entry, RecordedFact
from tests.faults.losing import LosingCommit
from tests.faults.writers import Trouble, Written, write
from tests.stating import value

WRITERS = 3
"""Processes."""

DOUBLES = """select count(*) from (
    select value from record.claims where system in ('urn:once', 'urn:test') and id not like 'shared-%'
    group by value having count(*) > 1) d"""


@dataclass
class Tail:
    """What the reader met, in this order."""

    positions: list[int] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    torn: int = 0
    """Readings that ended within a flush."""

    def take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.positions.append(entry.position)
            # What the trouble appends is no fact of ours.
            self.hashes.append(entry.content_hash if isinstance(entry, RecordedFact) else b"")
        last = entries[-1]
        self.torn += last.position != last.transaction + last.size - 1


@dataclass(frozen=True)
class Followed:
    """What was written, and what was wrong with what was read."""

    events: int
    written: Written
    trouble: Trouble
    wrong: list[str]

    def __str__(self) -> str:
        written, trouble = self.written, self.trouble
        told = f"{self.events} events, {written.refused} requests refused, {trouble.rolled_back} rolled back"
        told += f", {trouble.killed} killed, {written.lost} answers lost"
        return f"{told}: {'; '.join(self.wrong) or 'no gap, no reordering, none lost or doubled'}"


def follow(url: str, events: int, commits: type[LosingCommit] = LosingCommit) -> Followed:
    """Reads while about so many events are written into an empty record."""
    tail, trouble = Tail(), Trouble(url)
    with _writing(url, events, commits) as writers, _making(trouble):
        _read(url, tail, writers)
    written = Written(*map(sum, zip(*(writer.result() for writer in writers), strict=True)))
    _read(url, tail, [])
    stored: int = value(url, "select count(*) from record.facts")
    wrong = [*wrong_with(tail, url), *_wrong_with_record(url, stored, written.facts + trouble.facts)]
    return Followed(stored, written, trouble, wrong)


@contextmanager
def _writing(url: str, events: int, commits: type[LosingCommit]) -> Iterator[list[Future[Written]]]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WRITERS, mp_context=spawn) as processes:
        share = -(-events // WRITERS)
        yield [processes.submit(write, url, seed, share, commits) for seed in range(WRITERS)]


@contextmanager
def _making(trouble: Trouble) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=trouble.make, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read(url: str, tail: Tail, writers: Sequence[Future[Written]]) -> None:
    """Reads until the writers are done and there is no more."""
    log, chance = NotificationLog(url), random.Random(1)
    last = max(tail.positions, default=0)
    while any(not writer.done() for writer in writers) or last < log.end():
        if log.wait(last, 0.2):
            tail.take(log.read(last, chance.choice([1, 7, 500])))
            last = max(last, tail.positions[-1])
    log.close()


def wrong_with(tail: Tail, url: str) -> Iterator[str]:
    """How what was met differs from 1, 2, 3 … and from what a reader meets who comes afterwards."""
    steps = [0, *tail.positions]
    gaps = sum(after > before + 1 for before, after in pairwise(steps))
    back = sum(after <= before for before, after in pairwise(steps))
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select notification_id, case when topic = 'planted' then '' else state end from record.facts"
            " order by notification_id"
        )
        stored = {position: content_hash(state) if state else b"" for position, state in rows}
    unseen = len(stored.keys() - set(tail.positions))
    other = sum(stored.get(n) != hash_ for n, hash_ in zip(tail.positions, tail.hashes, strict=True))
    found = {
        "gaps were met": gaps,
        "steps back were met": back,
        "events were never met": unseen,
        "events are not what was met": other,
        "flushes were met in pieces": tail.torn,
    }
    yield from (f"{count} {what}" for what, count in found.items() if count)


def _wrong_with_record(url: str, stored: int, acknowledged: int) -> Iterator[str]:
    if stored != acknowledged:
        yield f"{acknowledged} events were acknowledged and {stored} are stored"
    doubled = value(url, DOUBLES)
    if doubled:
        yield f"{doubled} resources are stored more than once"
