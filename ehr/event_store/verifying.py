"""Whether what the record keeps beside its facts is what follows from them."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from ehr.event_store.connections import Connection, connect
from ehr.event_store.notifications import Notifications
from ehr.event_store.restoring import Flaw, Folding
from ehr.sql import load_queries

BATCH = 1_000
TABLES = {"heads": "resources", "claims": "resources", "subjects": "subjects", "answers": "answers"}
"""Table -> what is counted of it."""

_queries = load_queries(Path(__file__).with_name("verifying.sql"))


class Verified(NamedTuple):
    """position: where the record ended. flaws: facts that are not as a record writes them. tables: of which
    so many resources, subjects or answers (TABLES) are not what the facts say."""

    position: int
    flaws: list[Flaw]
    tables: dict[str, int]


def verify_store(conninfo: str, told: Callable[[int, int], None] = lambda _position, _end: None) -> Verified:
    """Folds all facts into temporary tables and compares, while the record is written to.

    told: hears how far it has come, and how far it is to come. Raises psycopg.OperationalError.
    """
    flaws: list[Flaw] = []
    with closing(connect(conninfo)) as connection, closing(Notifications(conninfo)) as facts:
        for table in TABLES:
            beside = sql.SQL("create temp table {table} (like record.{table} including all)")
            connection.execute(beside.format(table=sql.Identifier(table)))
        folding = Folding(connection)
        _fold(folding, facts, facts.end(), flaws, told)
        connection.execute(_queries["at_one_moment"])
        end = _number(connection, "end")
        _fold(folding, facts, end, flaws, told)
        tables = {table: _number(connection, table) for table in TABLES}
        connection.execute(_queries["over"])
    return Verified(end, flaws, {table: count for table, count in tables.items() if count})


def _fold(
    folding: Folding,
    facts: Notifications,
    end: int,
    flaws: list[Flaw],
    told: Callable[[int, int], None],
) -> None:
    while folding.position < end:
        rows = [row for row in facts.read(folding.position, BATCH) if row.position <= end]
        flaws += folding.add(rows)
        told(folding.position, end)


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(_queries[query]).fetchone()
    assert row is not None
    number: int = row[0]
    return number
