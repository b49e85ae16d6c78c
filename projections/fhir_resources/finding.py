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
from projections.fhir_resources.found import MOST_BYTES, Found
from projections.search.dates import DatedMainly
from projections.search.frequency import NOTHING_KNOWN, Common
from projections.search.identifiers import Updated
from projections.search.sorting import After, Key, beyond, order_by
from projections.search.statement import Statement
from projections.search.terms import About
from projections.search.tree import KINDS, And, Node, ReferredToBy, Refers, of_type

WALKED = 5000
"""Resources that a walk looks at. Some 10 ms of the database's time."""

WALKED_SLOWLY = 200
"""The same where each of them takes a look at others."""

WALKED_ALONG = 1000
"""Resources about one thing that are looked at: others, of which few match, are found faster otherwise.
So many as well where what each of them names is looked at."""

_PK = Found._fields.index("pk")
_SOURCES = ("main", "updated")
"""Keys in whose order an index stands."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for. types: of which resources; where there are several, ``node`` tells them apart."""

    types: tuple[str, ...]
    node: Node
    keys: tuple[Key, ...] = ()


class Hit(NamedTuple):
    """A resource that matches, and its place in the order."""

    found: Found
    place: After


async def find(
    connection: Reader, wanted: Wanted, after: After | None, limit: int, common: Common
) -> list[Hit]:
    """The next ``limit`` resources. common: what many resources have."""
    if _walks(wanted, after, common):
        hits = await _run(connection, *walk(wanted, after, limit))
        if len(hits) == limit:
            return hits
    return await _run(connection, *gather(wanted, after, limit, common))


async def find_ids(connection: Reader, wanted: Wanted, most: int) -> list[str]:
    """Ids of what matches, in any order, at most so many."""
    statement = Statement()
    condition = _condition(statement, wanted)
    query = (
        f"select c.id from fhir_resources.search s join fhir_resources.current c on c.pk = s.pk "  # noqa: S608
        f"where {condition} limit {statement.value(most, 'bigint')}"
    )
    cursor = await connection.execute(query, statement.parameters, binary=True)
    return [id_ for (id_,) in await cursor.fetchall()]


async def find_all(connection: Reader, wanted: Wanted, most: int, common: Common) -> list[int]:
    """The ``pk`` of all that match, in order; at most so many."""
    statement = _statement(wanted, common)
    query = _gathered(statement, wanted, None, most)
    cursor = await connection.execute(query, statement.parameters, binary=True)
    return [row[0] for row in await cursor.fetchall()]


async def explain(
    connection: Reader, wanted: Wanted, after: After | None, limit: int, common: Common
) -> list[tuple[str, list[str]]]:
    """(walk or gather, PostgreSQL's account of it, line by line) of each statement that a page takes."""
    statements = {"gather": gather(wanted, after, limit, common)}
    if _walks(wanted, after, common):
        statements = {"walk": walk(wanted, after, limit), **statements}
    told = []
    for way, (query, parameters) in statements.items():
        cursor = await connection.execute(f"explain (analyze, buffers) {query}", parameters)
        told.append((way, [line for (line,) in await cursor.fetchall()]))
    return told


async def count(connection: Reader, wanted: Wanted, common: Common) -> int:
    """How many there are now."""
    statement = _statement(wanted, common)
    query = f"select count(*) from fhir_resources.search s where {_condition(statement, wanted)}"  # noqa: S608
    cursor = await connection.execute(query, statement.parameters, binary=True)
    row: tuple[int] | None = await cursor.fetchone()
    assert row is not None
    return row[0]


async def estimate(connection: Reader, wanted: Wanted, common: Common) -> int:
    """How many there may be, as the database's planner sees it: exact enough to show, not to count on."""
    statement = _statement(wanted, common)
    query = f"select from fhir_resources.search s where {_condition(statement, wanted)}"
    cursor = await connection.execute(f"explain (format json) {query}", statement.parameters)
    row = await cursor.fetchone()
    assert row is not None
    rows: int = row[0][0]["Plan"]["Plan Rows"]
    return rows


def _walks(wanted: Wanted, after: After | None, common: Common) -> bool:
    """Whether a walk is tried."""
    if not _can_walk(wanted, after):
        return False
    # What is about one thing is walked along it: only others can make it few.
    about = _about(wanted)
    return not any(part.selective(common) for part in _parts(wanted.node) if part is not about)


def _can_walk(wanted: Wanted, after: After | None) -> bool:
    if len(wanted.types) > 1 or len(wanted.keys) > 1:
        return False
    if not wanted.keys:
        return True
    # What has no value comes last, and in no index's order.
    return wanted.keys[0].source in _SOURCES and (after is None or after.values[0] is not None)


def _parts(node: Node) -> tuple[Node, ...]:
    """What must hold, one by one."""
    return node.nodes if isinstance(node, And) else (node,)


def _about(wanted: Wanted) -> About | None:
    """The one code along which it can be walked."""
    if not wanted.keys or wanted.keys[0].source != "main":
        return None
    parts = (part for part in _parts(wanted.node) if isinstance(part, About) and len(part.any_of) == 1)
    return next(parts, None)


def walk(wanted: Wanted, after: After | None, limit: int) -> tuple[str, dict[str, Any]]:
    """(statement, parameters) that looks at resources in order until there are enough."""
    statement = Statement(walking=True)
    path = _path(statement, wanted)
    conditions = [*path.conditions, *([_further(statement, path, after)] if after else [])]
    rest, way = And(path.rest).sql(statement, "s"), "desc" if path.descending else "asc"
    shown = ", page.key" if wanted.keys else ""
    order = f"page.key {way}, page.pk {way}"
    looked_at = statement.value(min([path.most, *map(_most, path.rest)]), "bigint")
    # What is asked of a resource may stand in another table than its order: only those looked at are joined.
    row, joined = ("s", "") if path.whole else ("w", "join fhir_resources.search s on s.pk = w.pk ")
    query = (
        f"select {_columns(statement, order)}{shown} from (select {row}.pk, {row}.key from ("  # noqa: S608
        f"select {'s0.*' if path.whole else path.pk}, {path.key} as key from {path.tables} "
        f"where {' and '.join(conditions)} order by {path.key} {way}, {path.pk} {way} limit {looked_at}) "
        f"{row} {joined}where {rest} order by {row}.key {way}, {row}.pk {way} "
        f"limit {statement.value(limit, 'bigint')}) page "
        f"join fhir_resources.current r on r.pk = page.pk order by {order}"
    )
    return query, statement.parameters


def _columns(statement: Statement, order: str) -> str:
    """Those of ``Found``; without the bodies after those that fill a page in this order."""
    room, unread = statement.value(MOST_BYTES, "bigint"), statement.value(b"", "bytea")
    before = f"sum(octet_length(r.body)) over (order by {order}) - octet_length(r.body)"
    body = f"case when {before} < {room} then r.body else {unread} end"
    return f"r.type, r.id, r.version, r.last_updated, r.splice, {body}, r.pk, r.position"


def _most(node: Node) -> int:
    """Of how many resources it is asked: looks at others take a hundredth or a tenth of a millisecond."""
    if isinstance(node, ReferredToBy):
        return WALKED_SLOWLY
    return WALKED_ALONG if isinstance(node, Refers) else WALKED


class _Path(NamedTuple):
    """What a walk goes along.

    key, pk: columns of its order. rest: what is left to ask of each resource. most: how many are looked at.
    whole: whether its rows are those of the table ``search``.
    """

    tables: str
    key: str
    pk: str
    conditions: list[str]
    rest: tuple[Node, ...]
    descending: bool
    most: int = WALKED
    whole: bool = True


def _path(statement: Statement, wanted: Wanted) -> _Path:
    key = wanted.keys[0] if wanted.keys else None
    parts, about = _parts(wanted.node), _about(wanted)
    if about and key:
        return _along_code(statement, about, parts, key.descending)
    if key and key.source == "updated":
        return _along_changes(statement, wanted.types[0], parts, key.descending)
    conditions = [f"s0.kind = {statement.value(KINDS[wanted.types[0]], 'smallint')}"]
    if key is None:
        return _Path("fhir_resources.search s0", "s0.pk", "s0.pk", conditions, parts, descending=False)
    conditions += ["s0.starts is not null", *_bounds(statement, parts, "s0.starts")]
    return _Path("fhir_resources.search s0", "s0.starts", "s0.pk", conditions, parts, key.descending)


def _along_code(statement: Statement, about: About, parts: tuple[Node, ...], descending: bool) -> _Path:
    conditions = [f"a.term = {statement.value(about.any_of[0], 'bigint')}"]
    conditions += _bounds(statement, parts, "a.starts")
    rest = tuple(part for part in parts if part is not about)
    table = "fhir_resources.search_code a"
    return _Path(table, "a.starts", "a.pk", conditions, rest, descending, WALKED_ALONG, whole=False)


def _along_changes(statement: Statement, type_: str, parts: tuple[Node, ...], descending: bool) -> _Path:
    updated = [part.condition(statement, "c") for part in parts if isinstance(part, Updated)]
    rest = tuple(part for part in parts if not isinstance(part, Updated))
    conditions = [f"c.type = {statement.value(type_, 'text')}", "not c.deleted", *updated]
    table = "fhir_resources.current c"
    return _Path(table, "c.last_updated", "c.pk", conditions, rest, descending, whole=False)


def _bounds(statement: Statement, parts: Sequence[Node], column: str) -> list[str]:
    dated = (part for part in parts if isinstance(part, DatedMainly))
    return [bound for part in dated for bound in part.bounds(statement, column)]


def _further(statement: Statement, path: _Path, after: After) -> str:
    sign = "<" if path.descending else ">"
    last = statement.value(after.pk, "bigint")
    if path.key == path.pk:
        return f"{path.pk} {sign} {last}"
    key = statement.value(after.values[0], "timestamptz")
    return f"({path.key}, {path.pk}) {sign} ({key}, {last})"


def gather(
    wanted: Wanted, after: After | None, limit: int, common: Common = NOTHING_KNOWN
) -> tuple[str, dict[str, Any]]:
    """(statement, parameters) that finds all that match, and sorts them. common: what many resources have."""
    statement = _statement(wanted, common)
    page = _gathered(statement, wanted, after, limit)
    places = [f"page.key{number}" for number in range(len(wanted.keys))]
    order = order_by(wanted.keys, places, "page.pk")
    query = (
        f"select {', '.join([_columns(statement, order), *places])} from ({page}) page "  # noqa: S608
        f"join fhir_resources.current r on r.pk = page.pk order by {order}"
    )
    return query, statement.parameters


def _statement(wanted: Wanted, common: Common) -> Statement:
    """One that gathers."""
    few = any(part.selective(common) for part in _parts(wanted.node) if not isinstance(part, ReferredToBy))
    return Statement(one_by_one=few, common=common)


def _gathered(statement: Statement, wanted: Wanted, after: After | None, limit: int) -> str:
    """The query of ``pk`` and keys of a page, in order."""
    keys = wanted.keys
    condition = _condition(statement, wanted)
    places = [f"hit.key{number}" for number in range(len(keys))]
    values = "".join(f", {key.value(statement, 's', 'c')} as key{number}" for number, key in enumerate(keys))
    current = "join fhir_resources.current c on c.pk = s.pk " if _needs_current(keys) else ""
    further = f"where {beyond(statement, keys, places, 'hit.pk', after)} " if after else ""
    return (
        f"with hit as materialized (select s.pk{values} from fhir_resources.search s {current}"  # noqa: S608
        f"where {condition}) select * from hit {further}"
        f"order by {order_by(keys, places, 'hit.pk')} limit {statement.value(limit, 'bigint')}"
    )


def _needs_current(keys: Sequence[Key]) -> bool:
    return any(key.source in ("updated", "id") for key in keys)


def _condition(statement: Statement, wanted: Wanted) -> str:
    if len(wanted.types) == 1:
        return of_type(statement, "s", wanted.types[0], wanted.node)
    kinds = statement.value([KINDS[type_] for type_ in wanted.types], "smallint[]")
    with statement.of_types(wanted.types):
        return f"s.kind = any({kinds}) and {wanted.node.sql(statement, 's')}"


async def _run(connection: Reader, query: str, parameters: dict[str, Any]) -> list[Hit]:
    cursor = await connection.execute(query, parameters, binary=True)
    rows = await cursor.fetchall()
    width = len(Found._fields)
    return [Hit(Found(*row[:width]), After(row[width:], row[_PK])) for row in rows]
