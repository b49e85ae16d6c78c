"""Generations of a view: each in a schema of its own, one of them serving.

Readers name ``<view>.<table>``: SQL views over the serving generation's tables. Switching replaces them in
one transaction together with the state, so a statement sees one generation, whole; a transaction that has
read from a view keeps the switch waiting until it ends. See docs/decisions/0004-serving-by-sql-views.md.
"""

from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from ehr.event_store.migrations import migrate
from ehr.sql import load_queries
from projections.view import Connection, View

queries = load_queries(Path(__file__).with_name("generations.sql"))
MIGRATIONS = Path(__file__).with_name("migrations")


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


def serving(connection: Connection, view: str) -> Generation | None:
    """The serving generation, if there is one."""
    row = connection.execute(queries["serving"], {"view": view}).fetchone()
    return Generation(view, *row) if row else None


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


def serve(connection: Connection, view: View, number: int) -> None:
    """Makes a generation the one that readers see, in the current transaction."""
    connection.execute(queries["retire"], {"view": view.name})
    connection.execute(queries["serve"], {"view": view.name, "generation": number})
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(view.name)))
    for table in view.tables:
        names = {
            "reader": sql.Identifier(view.name, table),
            "table": sql.Identifier(f"{view.name}_{number}", table),
        }
        connection.execute(sql.SQL("drop view if exists {reader}").format(**names))
        connection.execute(sql.SQL("create view {reader} as select * from {table}").format(**names))
    connection.execute("select pg_notify('views', %s)", [f"{view.name} 0"])


def drop_generation(connection: Connection, generation: Generation) -> None:
    """Removes a generation that does not serve, with all its rows."""
    with connection.transaction():
        connection.execute(queries["forget"], {"view": generation.view, "generation": generation.number})
        connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(generation.schema)))


def use_schema(connection: psycopg.Connection[Any], generation: Generation) -> None:
    """From now on the connection's unqualified names are the generation's tables."""
    connection.execute(sql.SQL("set search_path to {}, public").format(sql.Identifier(generation.schema)))
