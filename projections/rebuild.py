"""Rebuild: a second generation of a view beside the first, from the log, while the first one serves.

It catches up, is compared with the serving one at one position, and takes its place in one transaction; the
former generation stays, so that one can go back. Reads never wait for more than that transaction.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from ehr.event_store.connections import connect
from projections.digests import Difference, differences
from projections.generations import Generation, add_generation, ensure_generation, queries, serve, serving
from projections.projector import Projector
from projections.view import Connection, View
from streams.event_log import EventLog

NEAR = 512
"""Facts that a generation may be behind when the serving one is held for it to catch up."""


class Progress(NamedTuple):
    """How far a rebuild has come: positions in the log."""

    position: int
    end: int


class Result(NamedTuple):
    """switched: whether the new generation serves now. If not, ``differences`` say why."""

    generation: Generation
    switched: bool
    differences: list[Difference]


class NoSuchGeneration(LookupError):
    """The view has no generation of this number."""


def rebuild(
    view: View, log: EventLog, conninfo: str, progress: Callable[[Progress], None] = lambda _: None
) -> Result:
    """Builds a new generation and switches to it.

    Where it differs from the serving one although the view's code version is the same, something is wrong
    with one of them: nothing is switched, and ``switch`` decides.
    """
    with connect(conninfo) as connection:
        current = ensure_generation(connection, view)
        generation = add_generation(connection, view)
        projector = _catch_up(view, log, conninfo, generation, progress)
        try:
            found = _compare(connection, conninfo, view, current, generation, projector)
            if found and current.code_version == view.code_version:
                return Result(generation, False, found)
            _take_over(connection, view, generation, projector)
            return Result(generation, True, found)
        finally:
            projector.close()


def switch(
    view: View,
    number: int,
    log: EventLog,
    conninfo: str,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Generation:
    """Makes generation ``number`` serve, after it has caught up. Raises NoSuchGeneration."""
    with connect(conninfo) as connection:
        names = {"view": view.name, "generation": number}
        row = connection.execute(queries["position"], names).fetchone()
        if row is None:
            raise NoSuchGeneration(f"{view.name} {number}")
        generation = Generation(view.name, number, row[0], view.code_version)
        if row[1] != "serving":
            connection.execute(queries["revive"], names)
            projector = _catch_up(view, log, conninfo, generation, progress)
            try:
                _take_over(connection, view, generation, projector)
            finally:
                projector.close()
        return generation


def _catch_up(
    view: View, log: EventLog, conninfo: str, generation: Generation, progress: Callable[[Progress], None]
) -> Projector:
    """A projector of the generation, near the serving one and not beyond it."""
    projector = Projector(view, log, conninfo, generation)
    with connect(conninfo) as connection:
        end = _served(connection, view)
        while projector.position < end:
            try:
                projector.step(end)
            except psycopg.OperationalError:
                projector.close()
                time.sleep(0.2)
            progress(Progress(projector.position, end))
            if projector.position + NEAR >= end:
                end = _served(connection, view)
    return projector


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


def _take_over(connection: Connection, view: View, new: Generation, projector: Projector) -> None:
    while True:
        try:
            while projector.position + NEAR < (end := _served(connection, view)):
                projector.step(end)
            with connection.transaction():
                # Readers that come while the switch waits for one under way wait too: not for long.
                connection.execute("set local lock_timeout = '300ms'")
                old = serving(connection, view.name)
                assert old is not None
                _meet(connection, old, projector)
                serve(connection, view, new.number)
                return
        except psycopg.errors.LockNotAvailable:
            continue


def _meet(connection: Connection, current: Generation, projector: Projector) -> None:
    """Within the transaction: the serving generation stands still and the new one comes to its position."""
    names = {"view": current.view, "generation": current.number}
    row = connection.execute(queries["hold"], names).fetchone()
    assert row is not None
    while projector.position < row[0]:
        projector.step(row[0])
