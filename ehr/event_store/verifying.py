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


class Flaws(NamedTuple):
    """Facts that are not as a record writes them, all for the same reason. first: of them; times: how many
    there are."""

    first: Flaw
    times: int


class Verified(NamedTuple):
    """position: where the record ended. flaws: one for each reason, however many facts a damaged record has.
    tables: of which so many resources, subjects or answers (TABLES) are not what the facts say."""

    position: int
    flaws: list[Flaws]
    tables: dict[str, int]


def verify_store(conninfo: str, told: Callable[[int, int], None] = lambda _position, _end: None) -> Verified:
    """Folds all facts into temporary tables and compares, while the record is written to.

    told: hears how far it has come, and how far it is to come. Raises psycopg.OperationalError.
    """
    flaws: dict[str, Flaws] = {}
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
    return Verified(end, list(flaws.values()), {table: count for table, count in tables.items() if count})


def _fold(
    folding: Folding,
    facts: Notifications,
    end: int,
    flaws: dict[str, Flaws],
    told: Callable[[int, int], None],
) -> None:
    while folding.position < end:
        rows = [row for row in facts.read(folding.position, BATCH) if row.position <= end]
        for flaw in folding.add(rows):
            found = flaws.get(flaw.reason, Flaws(flaw, 0))
            flaws[flaw.reason] = found._replace(times=found.times + 1)
        told(folding.position, end)


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(_queries[query]).fetchone()
    assert row is not None
    number: int = row[0]
    return number
