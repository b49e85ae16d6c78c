"""Rebuild: a second generation of a view beside the first, from the log, while the first one serves.

It catches up, is compared with the serving one at one position, and takes its place in one transaction; the
former generation stays, so that one can go back, and those before it are dropped. Reads never wait for more
than that transaction. One rebuild or switch of a view goes on at a time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

import psycopg

from ehr.event_store.connections import connect, is_lost
from projections.digests import Difference, differences
from projections.generations import (
    Generation,
    NoSuchGeneration,
    Serves,
    add_generation,
    add_replay,
    drop_former,
    drop_generation,
    drop_replays,
    drop_unfinished,
    ensure_generation,
    generation_of,
    hold_alone,
    keep_readers_out,
    queries,
    require_own_code,
    serve,
    serving,
)
from projections.projector import Projector
from projections.view import Connection, View
from streams.event_log import EventLog, LogUnreachable

NEAR = 512
"""Facts that a generation may be behind when the serving one is held for it to catch up."""

MOMENT_SECONDS = 5.0
"""So long a log may take to have what a view shows: that view was made from it, or from the record."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
"""Seconds between two tries to switch, each twice as long as the one before: a backup may read for hours."""


class Progress(NamedTuple):
    """How far a rebuild has come: positions in the log. waits: for transactions that have read the view."""

    position: int
    end: int
    waits: bool = False


class Result(NamedTuple):
    """switched: whether the new generation serves now. If not, ``differences`` say why.

    dropped: numbers of the generations that are gone: unfinished ones, and those before the former.
    """

    generation: Generation
    switched: bool
    differences: list[Difference]
    dropped: list[int]


class Verified(NamedTuple):
    """position: at which both were compared. end: of the log at the beginning, which the view need not show
    yet."""

    position: int
    end: int
    differences: list[Difference]


def rebuild(
    view: View, log: EventLog, conninfo: str, progress: Callable[[Progress], None] = lambda _: None
) -> Result:
    """Builds a new generation and switches to it. Raises Held, LogUnreachable, and NoSuchGeneration when
    somebody who holds the view now, for this process has lost its connection, has dropped the new one.

    Where it differs from the serving one although the view's code version is the same, something is wrong
    with one of them: nothing is switched, and ``switch`` decides. What an earlier rebuild has left behind
    without switching to it is dropped, and so is what this one has built when it ends by an error.
    """
    with connect(conninfo) as connection:
        hold_alone(connection, view.name)
        current = ensure_generation(connection, view)
        generation = add_generation(connection, view)
        with _dropped_where_it_fails(connection, generation):
            dropped = drop_unfinished(connection, view.name, generation.number)
            with closing(Projector(view, log, conninfo, generation)) as projector:
                _catch_up(view, conninfo, projector, progress)
                found = _compare(connection, conninfo, view, current, generation, projector)
                if found and current.code_version == view.code_version:
                    return Result(generation, False, found, dropped)
                dropped += _take_over(connection, view, generation, projector, progress)
            return Result(generation, True, found, dropped)


@contextmanager
def _dropped_where_it_fails(connection: Connection, generation: Generation) -> Iterator[None]:
    """An error leaves nothing of the generation, unless it serves already, or the database does not let go of
    it: after a lost connection somebody else may hold the view. The error is told all the same."""
    try:
        yield
    except Exception:
        with suppress(psycopg.Error, Serves, NoSuchGeneration):
            drop_generation(connection, generation)
        raise


def verify(
    view: View, log: EventLog, conninfo: str, progress: Callable[[Progress], None] = lambda _: None
) -> Verified:
    """How the serving generation differs from a fresh replay of the log, which is dropped again, after a kill
    by the next call. It serves and is projected meanwhile. Raises Held, OtherCode, and LogUnreachable, also
    where it is ahead of the log.
    """
    with connect(conninfo) as connection:
        hold_alone(connection, view.name)
        current = ensure_generation(connection, view)
        require_own_code(view, current)
        drop_replays(connection, view.name)
        end = _require_reached(log, current)
        generation = add_replay(connection, view)
        try:
            with closing(Projector(view, log, conninfo, generation)) as projector:
                _catch_up(view, conninfo, projector, progress)
                found = _compare(connection, conninfo, view, current, generation, projector)
                return Verified(projector.position, end, found)
        finally:
            drop_generation(connection, generation)


def _require_reached(log: EventLog, generation: Generation) -> int:
    """Where the log ends. Raises LogUnreachable when it does not come to have what the generation shows: that
    was made from the record, or the log has lost something."""
    shows = generation.position
    end = log.end()
    if end < shows and log.wait(shows - 1, MOMENT_SECONDS):
        end = log.end()
    if end < shows:
        raise LogUnreachable(
            f"{generation.view} is not compared: it shows facts up to position {shows},"
            f" and the log ends at {end}"
        )
    return end


def switch(
    view: View,
    number: int,
    log: EventLog,
    conninfo: str,
    progress: Callable[[Progress], None] = lambda _: None,
) -> list[int]:
    """Makes generation ``number`` serve, after it has caught up. Raises NoSuchGeneration, Held,
    LogUnreachable, and OtherCode when code of another version has built it.

    Gives the numbers of the generations that were dropped: all but this and the former one. Until it serves,
    the generation stays what it was: an interruption costs nothing but the time.
    """
    with connect(conninfo) as connection:
        hold_alone(connection, view.name)
        generation, state, *_ = generation_of(connection, view.name, number)
        if state == "serving":
            return []
        require_own_code(view, generation)
        with closing(Projector(view, log, conninfo, generation)) as projector:
            _catch_up(view, conninfo, projector, progress)
            return _take_over(connection, view, generation, projector, progress)


def drop(view: View, number: int, conninfo: str) -> None:
    """Removes a generation that does not serve. Raises NoSuchGeneration, Serves, and Held."""
    with connect(conninfo) as connection:
        hold_alone(connection, view.name)
        drop_generation(connection, generation_of(connection, view.name, number).generation)


def _catch_up(view: View, conninfo: str, projector: Projector, progress: Callable[[Progress], None]) -> None:
    """Brings the projector's generation near the serving one and not beyond it. Raises
    psycopg.OperationalError for other trouble than a lost connection: a disk that is full stays so."""
    with connect(conninfo) as connection:
        end = _served(connection, view)
        while projector.position < end:
            try:
                _go_on(projector, end)
            except psycopg.OperationalError as error:
                if not is_lost(error):
                    raise
                projector.close()
                time.sleep(0.2)
            progress(Progress(projector.position, end))
            if projector.position + NEAR >= end:
                end = _served(connection, view)


def _served(connection: Connection, view: View) -> int:
    """The position of the serving generation."""
    found = serving(connection, view.name)
    return found.position if found else 0


def _compare(
    connection: Connection,
    conninfo: str,
    view: View,
    current: Generation,
    new: Generation,
    projector: Projector,
) -> list[Difference]:
    """Holds the serving generation just long enough to take one snapshot of both at one position."""
    with connect(conninfo) as looking:
        with connection.transaction():
            _meet(connection, current, projector)
            looking.execute("begin transaction isolation level repeatable read, read only")
            looking.execute("select 1")  # the snapshot is taken by the first statement
        found = differences(looking, view, current, new)
        looking.execute("commit")
        return found


def _take_over(
    connection: Connection,
    view: View,
    new: Generation,
    projector: Projector,
    progress: Callable[[Progress], None],
) -> list[int]:
    """Lets the new generation serve; keeps the former one, and gives which others are dropped."""
    pause = FIRST_PAUSE
    while True:
        try:
            return drop_former(connection, view.name, _try_to_take_over(connection, view, new, projector))
        except psycopg.errors.LockNotAvailable:
            progress(Progress(projector.position, projector.position, waits=True))
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _try_to_take_over(connection: Connection, view: View, new: Generation, projector: Projector) -> int:
    """Gives the number of the former generation. LockNotAvailable: a reader's transaction is open."""
    while projector.position + NEAR < (end := _served(connection, view)):
        _go_on(projector, end)
    projector.step(end)  # What is left to do while everybody waits should be little.
    with connection.transaction():
        # Readers that come while this waits for one under way wait too, and the projector for neither.
        connection.execute("set local lock_timeout = '20ms'")
        keep_readers_out(connection, view)
        old = serving(connection, view.name)
        assert old is not None
        _meet(connection, old, projector)
        serve(connection, view, new.number)
    return old.number


def _meet(connection: Connection, current: Generation, projector: Projector) -> None:
    """Within the transaction: the serving generation stands still and the new one comes to its position."""
    names = {"view": current.view, "generation": current.number}
    row = connection.execute(queries["hold"], names).fetchone()
    assert row is not None
    while projector.position < row[0]:
        _go_on(projector, row[0])


def _go_on(projector: Projector, until: int) -> None:
    """One step. Raises LogUnreachable when the log does not come to have what another generation shows."""
    if projector.step(until) or projector.position >= until or projector.wait(MOMENT_SECONDS):
        return
    raise LogUnreachable(
        f"The log ends at position {projector.position}, before what {projector.view.name} shows."
    )
