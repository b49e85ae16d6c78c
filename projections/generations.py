"""Generations of a view: each in a schema of its own, one of them serving.

Readers name ``<view>.<table>``: SQL views over the serving generation's tables. Switching replaces them in
one transaction together with the state, so a statement sees one generation, whole; a transaction that has
read from a view keeps the switch waiting until it ends. See docs/decisions/0004-serving-by-sql-views.md.
"""

import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from ehr.event_store.migrations import migrate
from ehr.sql import load_queries
from projections.view import Connection, View

queries = load_queries(Path(__file__).with_name("generations.sql"))
MIGRATIONS = Path(__file__).with_name("migrations")

MOMENT_SECONDS = 1.0
PAUSE_SECONDS = 0.02


class Generation(NamedTuple):
    """One generation of a view and how far it has come."""

    view: str
    number: int
    position: int
    code_version: int

    @property
    def schema(self) -> str:
        """The PostgreSQL schema of its tables."""
        return f"{self.view}_{self.number}"


class Kept(NamedTuple):
    """A generation as it is kept. state: building, serving or retired. held: its view is being rebuilt or
    switched. size: bytes on disk."""

    generation: Generation
    state: str
    size: int
    held: bool


class Held(Exception):
    """Somebody else rebuilds or switches the view, or takes up its parked citizens, at this moment."""


class Serves(Exception):
    """A generation that serves is not dropped."""


class NoSuchGeneration(LookupError):
    """The view has no generation of this number."""


class OtherCode(Exception):
    """The generation was built by code of another version, whose tables and rows may be others."""

    def __init__(self, generation: Generation) -> None:
        """``generation``: the one that was built by other code."""
        super().__init__(generation.schema)
        self.generation = generation


def require_own_code(view: View, generation: Generation) -> None:
    """Raises OtherCode when the generation's rows and tables are not what this code makes."""
    if generation.code_version != view.code_version:
        raise OtherCode(generation)


def serving(connection: Connection, view: str) -> Generation | None:
    """The serving generation, if there is one."""
    row = connection.execute(queries["serving"], {"view": view}).fetchone()
    return Generation(view, *row) if row else None


def generation_of(connection: Connection, view: str, number: int) -> Kept:
    """One generation. Raises NoSuchGeneration."""
    for kept in kept_generations(connection):
        if kept.generation[:2] == (view, number):
            return kept
    raise NoSuchGeneration(f"{view} {number}")


def ensure_generation(connection: Connection, view: View) -> Generation:
    """The serving generation, made empty when the view has none yet."""
    migrate(connection, "views", MIGRATIONS)
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('views.generations'))")
        found = serving(connection, view.name)
        if found is None:
            found = add_generation(connection, view)
            serve(connection, view, found.number)
    return found


def add_generation(connection: Connection, view: View) -> Generation:
    """A new, empty generation in state ``building``."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('views.generations'))")
        row = connection.execute(queries["newest"], {"view": view.name}).fetchone()
        number = (row[0] if row else 0) + 1
        generation = Generation(view.name, number, 0, view.code_version)
        schema = sql.Identifier(generation.schema)
        connection.execute(sql.SQL("create schema {}").format(schema))
        connection.execute(sql.SQL("set local search_path to {}, public").format(schema))
        connection.execute(view.schema.read_bytes())
        values = {"view": view.name, "generation": number, "code_version": view.code_version}
        connection.execute(queries["add"], values)
    return generation


def add_replay(connection: Connection, view: View) -> Generation:
    """The same, to be compared and dropped; marked, so that it is known when it is left."""
    with connection.transaction():
        generation = add_generation(connection, view)
        mark = sql.SQL("comment on schema {} is 'replay'")
        connection.execute(mark.format(sql.Identifier(generation.schema)))
    return generation


def drop_replays(connection: Connection, view: str) -> None:
    """Removes what comparing has left that was killed. After ``hold_alone``."""
    for row in connection.execute(queries["replays"], {"view": view}).fetchall():
        drop_generation(connection, Generation(view, *row))


def keep_readers_out(connection: Connection, view: View) -> None:
    """From here to the end of the transaction, in which another generation is to serve, readers wait."""
    for table in view.tables:
        reader = sql.Identifier(view.name, table)
        connection.execute(sql.SQL("drop view if exists {reader}").format(reader=reader))


def serve(connection: Connection, view: View, number: int) -> None:
    """Makes a generation the one that readers see, in the current transaction. Raises NoSuchGeneration."""
    connection.execute(queries["retire"], {"view": view.name})
    if connection.execute(queries["serve"], {"view": view.name, "generation": number}).rowcount == 0:
        raise NoSuchGeneration(f"{view.name} {number}")
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(view.name)))
    keep_readers_out(connection, view)
    for table in view.tables:
        names = {
            "reader": sql.Identifier(view.name, table),
            "table": sql.Identifier(f"{view.name}_{number}", table),
        }
        connection.execute(sql.SQL("create view {reader} as select * from {table}").format(**names))
    # In this generation others may be parked than in the former one.
    connection.execute("select pg_notify('views', %s)", [f"{view.name} parked"])


def hold_alone(connection: Connection, view: str) -> None:
    """Until the connection ends, however it ends, nobody else rebuilds, switches or drops generations of the
    view, or takes up its parked citizens. Raises Held, a moment later: who has closed a connection lets go of
    what it held only when the database has noticed."""
    deadline = time.monotonic() + MOMENT_SECONDS
    while connection.execute(queries["hold_alone"], {"view": view}).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise Held(view)
        time.sleep(PAUSE_SECONDS)


def kept_generations(connection: Connection) -> list[Kept]:
    """Every generation of every view."""
    migrate(connection, "views", MIGRATIONS)
    rows = connection.execute(queries["all"])
    return [Kept(Generation(*row[:4]), state=row[4], size=row[5], held=row[6]) for row in rows]


def drop_unfinished(connection: Connection, view: str, keep: int) -> list[int]:
    """Removes what rebuilds have left that were interrupted or not switched, but for ``keep``.

    Gives the numbers of what is gone. Only after ``hold_alone``: a rebuild under way looks the same.
    """
    return _drop_idle(connection, view, {"building"}, keep)


def drop_former(connection: Connection, view: str, keep: int) -> list[int]:
    """The same for every generation that does not serve, but for ``keep``."""
    return _drop_idle(connection, view, {"building", "retired"}, keep)


def _drop_idle(connection: Connection, view: str, states: Collection[str], keep: int) -> list[int]:
    idle = connection.execute(queries["idle"], {"view": view}).fetchall()
    gone = [Generation(view, *row[:3]) for row in idle if row[3] in states and row[0] != keep]
    for generation in gone:
        drop_generation(connection, generation)
    return [generation.number for generation in gone]


def drop_generation(connection: Connection, generation: Generation) -> None:
    """Removes a generation that does not serve, with all its rows. Raises Serves, and NoSuchGeneration. After
    ``hold_alone``."""
    names = {"view": generation.view, "generation": generation.number}
    with connection.transaction():
        if connection.execute(queries["forget"], names).rowcount == 0:
            there = connection.execute(queries["position"], names).fetchone()
            raise (Serves if there else NoSuchGeneration)(generation.schema)
        connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(generation.schema)))


def use_schema(connection: psycopg.Connection[Any], generation: Generation) -> None:
    """From now on the connection's unqualified names are the generation's tables."""
    connection.execute(sql.SQL("set search_path to {}, public").format(sql.Identifier(generation.schema)))
