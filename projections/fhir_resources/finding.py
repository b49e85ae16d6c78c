"""Searches: the resources of which a condition holds, in an order, page by page.

There are two ways to a page. To *walk* is to look at resources in the order that is wanted until a page is
full: fast where many match. To *gather* is to find all that match by the index, and sort them: fast where few
do. Which it will be is seen from the terms that many resources have. A walk that has looked at many and not
filled its page is given up for a gathering.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from projections.database import Reader
from projections.fhir_resources.found import Found
from projections.search.identifiers import Updated
from projections.search.sorting import After, Key, beyond, order_by
from projections.search.statement import Statement
from projections.search.terms import About
from projections.search.tree import KINDS, And, Node

WALKED = 5000
"""Resources that a walk looks at. Some 10 ms of the database's time."""

_COLUMNS = "r.type, r.id, r.version, r.last_updated, r.splice, r.body, r.pk, r.position"
_PK = Found._fields.index("pk")
_SOURCES = ("main", "updated")
"""Keys in whose order an index stands."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for. types: of which resources; more than one, and ``node`` tells them apart itself."""

    types: tuple[str, ...]
    node: Node
    keys: tuple[Key, ...] = ()


class Hit(NamedTuple):
    """A resource that matches, and its place in the order."""

    found: Found
    place: After


async def find(
    connection: Reader, wanted: Wanted, after: After | None, limit: int, common: frozenset[int]
) -> list[Hit]:
    """The next ``limit`` resources. common: terms that many resources have."""
    if _can_walk(wanted, after) and not wanted.node.selective(common):
        hits = await _run(connection, *walk(wanted, after, limit))
        if len(hits) == limit:
            return hits
    return await _run(connection, *gather(wanted, after, limit))


async def count(connection: Reader, wanted: Wanted) -> int:
    """How many there are now."""
    statement = Statement()
    query = f"select count(*) from fhir_resources.search s where {_condition(statement, wanted)}"  # noqa: S608
    cursor = await connection.execute(query, statement.parameters, binary=True)
    row: tuple[int] | None = await cursor.fetchone()
    assert row is not None
    return row[0]


def _can_walk(wanted: Wanted, after: After | None) -> bool:
    if len(wanted.types) > 1 or len(wanted.keys) > 1:
        return False
    if not wanted.keys:
        return True
    # What has no value comes last, and in no index's order.
    return wanted.keys[0].source in _SOURCES and (after is None or after.values[0] is not None)


def walk(wanted: Wanted, after: After | None, limit: int) -> tuple[str, dict[str, Any]]:
    """(statement, parameters) that looks at resources in order until there are enough."""
    statement = Statement()
    key = wanted.keys[0] if wanted.keys else None
    source = key.source if key else "pk"
    parts = wanted.node.nodes if isinstance(wanted.node, And) else (wanted.node,)
    about = next((n for n in parts if isinstance(n, About) and len(n.any_of) == 1), None)
    kind = statement.value(KINDS[wanted.types[0]], "smallint")
    column, conditions = "s0.pk", [f"s0.kind = {kind}"]
    tables = "fhir_resources.search s0"
    if source == "main" and about:
        parts = tuple(part for part in parts if part is not about)
        tables = "fhir_resources.search_code a join fhir_resources.search s0 on s0.pk = a.pk"
        column = "a.starts"
        conditions.append(f"a.term = {statement.value(about.any_of[0], 'bigint')}")
    elif source == "main":
        column = "s0.starts"
        conditions.append("s0.starts is not null")
    elif source == "updated":
        tables = "fhir_resources.current c join fhir_resources.search s0 on s0.pk = c.pk"
        column = "c.last_updated"
        conditions += [f"c.type = {statement.value(wanted.types[0], 'text')}", "not c.deleted"]
        conditions += [part.condition(statement, "c") for part in parts if isinstance(part, Updated)]
        parts = tuple(part for part in parts if not isinstance(part, Updated))
    pk = column.partition(".")[0] + ".pk"
    down = "desc" if key and key.descending else "asc"
    if after:
        conditions.append(_further(statement, column, pk, down, after))
    order = f"{column} {down}, {pk} {down}" if key else f"{pk} {down}"
    rest = And(parts).sql(statement, "s")
    some = statement.value(limit, "bigint")
    query = (
        f"select {_COLUMNS}{', page.key' if key else ''} from (select s.pk, s.key from (select s0.*, {column} as key from {tables} "  # noqa: S608
        f"where {' and '.join(conditions)} order by {order} limit {statement.value(WALKED, 'bigint')}) s "
        f"where {rest} order by s.key {down}, s.pk {down} limit {some}) page "
        f"join fhir_resources.current r on r.pk = page.pk order by page.key {down}, page.pk {down}"
    )
    return query, statement.parameters


def _further(statement: Statement, column: str, pk: str, down: str, after: After) -> str:
    sign = "<" if down == "desc" else ">"
    last = statement.value(after.pk, "bigint")
    if column == pk:
        return f"{pk} {sign} {last}"
    return f"({column}, {pk}) {sign} ({statement.value(after.values[0], 'timestamptz')}, {last})"


def gather(wanted: Wanted, after: After | None, limit: int) -> tuple[str, dict[str, Any]]:
    """(statement, parameters) that finds all that match, and sorts them."""
    statement = Statement()
    keys = wanted.keys
    condition = _condition(statement, wanted)
    columns = [f"hit.key{number}" for number in range(len(keys))]
    values = "".join(f", {key.value(statement, 's', 'c')} as key{number}" for number, key in enumerate(keys))
    further = f"where {beyond(statement, keys, columns, 'hit.pk', after)}" if after else ""
    order = order_by(keys, columns, "hit.pk")
    current = "join fhir_resources.current c on c.pk = s.pk " if _needs_current(keys) else ""
    shown = "".join(f", page.key{number}" for number in range(len(keys)))
    query = (
        f"with hit as materialized (select s.pk{values} from fhir_resources.search s {current}"  # noqa: S608
        f"where {condition}) "
        f"select {_COLUMNS}{shown} from (select * from hit {further} order by {order} "
        f"limit {statement.value(limit, 'bigint')}) page join fhir_resources.current r on r.pk = page.pk "
        f"order by {order.replace('hit.', 'page.')}"
    )
    return query, statement.parameters


def _needs_current(keys: Sequence[Key]) -> bool:
    return any(key.source in ("updated", "id") for key in keys)


def _condition(statement: Statement, wanted: Wanted) -> str:
    kinds = [KINDS[type_] for type_ in wanted.types]
    if len(kinds) == 1:
        kind = f"s.kind = {statement.value(kinds[0], 'smallint')}"
    else:
        kind = f"s.kind = any({statement.value(kinds, 'smallint[]')})"
    return f"{kind} and {wanted.node.sql(statement, 's')}"


async def _run(connection: Reader, query: str, parameters: dict[str, Any]) -> list[Hit]:
    cursor = await connection.execute(query, parameters, binary=True)
    rows = await cursor.fetchall()
    width = len(Found._fields)
    return [Hit(Found(*row[:width]), After(row[width:], row[_PK])) for row in rows]
