"""Digests: whether two generations of a view say the same of every citizen."""

from typing import NamedTuple

from psycopg import sql
from psycopg.errors import UndefinedColumn, UndefinedTable

from projections.generations import Generation
from projections.view import Connection, View


class Difference(NamedTuple):
    """Citizens of one table for whom two generations differ, and how many rows each generation has.

    A table that the first one does not have, or with other columns, counts as empty there.
    """

    table: str
    citizens: int
    rows: tuple[int, int]


def differences(connection: Connection, view: View, one: Generation, other: Generation) -> list[Difference]:
    """Every table in which the generations differ. ``connection`` sees both at one position."""
    found = [_compare(connection, view, table, one, other) for table in view.tables]
    return [difference for difference in found if difference.citizens]


def digest(connection: Connection, view: View, generation: Generation) -> dict[str, tuple[int, int]]:
    """table -> (rows, sum of row hashes): equal for equal rows, whatever their order and surrogates."""
    total = sql.SQL("select count(*), coalesce(sum(hash), 0)::text from ({rows}) r")
    result: dict[str, tuple[int, int]] = {}
    for table in view.tables:
        row = connection.execute(total.format(rows=_rows(view, table, generation))).fetchone()
        assert row is not None
        result[table] = (row[0], int(row[1]))
    return result


def _compare(
    connection: Connection, view: View, table: str, one: Generation, other: Generation
) -> Difference:
    query = sql.SQL(
        "with a as (select citizen, count(*) n, sum(hash) s from ({one}) r group by citizen),"
        " b as (select citizen, count(*) n, sum(hash) s from ({other}) r group by citizen)"
        " select count(*) filter (where (a.n, a.s) is distinct from (b.n, b.s)),"
        " coalesce(sum(a.n), 0), coalesce(sum(b.n), 0) from a full join b using (citizen)"
    ).format(one=_rows(view, table, one), other=_rows(view, table, other))
    try:
        with connection.transaction():
            row = connection.execute(query).fetchone()
    except (UndefinedColumn, UndefinedTable):
        empty = sql.SQL("select count(distinct citizen), 0, count(*) from ({other}) r")
        row = connection.execute(empty.format(other=_rows(view, table, other))).fetchone()
    assert row is not None
    return Difference(table, row[0], (int(row[1]), int(row[2])))


def _rows(view: View, table: str, generation: Generation) -> sql.Composed:
    digested = view.tables[table]
    rows = "select {citizen} as citizen, hashtextextended(row({columns})::text, 0) as hash from {table} t"
    if digested.owner:
        rows += " left join {owner} o using (pk)"  # What is tied to nothing is not passed over.
    return sql.SQL(rows).format(
        citizen=sql.SQL(digested.subject),
        columns=sql.SQL(digested.columns),
        table=sql.Identifier(generation.schema, table),
        owner=sql.Identifier(generation.schema, digested.owner or table),
    )
