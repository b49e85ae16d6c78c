"""Searches of one type of resource."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from ehr.appending import Condition
from ehr.dates import Span
from ehr.sql import load_queries
from projections.database import Reader
from projections.fhir_resources.found import Found

_sql = load_queries(Path(__file__).with_name("search.sql"))


class Wanted(NamedTuple):
    """Which resources. ids: None for any. identifiers: of each group, at least one matches; all groups do.

    updated: the last change lies in one of these spans, which are in order and do not overlap.
    """

    type: str
    ids: Sequence[str] | None
    identifiers: Sequence[Sequence[Condition]]
    updated: Sequence[Span]
    newest_first: bool = False


class Place(NamedTuple):
    """The last resource of a page, and when it had been changed: the next page begins after it."""

    last_updated: datetime
    pk: int


async def find(connection: Reader, wanted: Wanted, after: Place | None, limit: int) -> list[Found]:
    """The next ``limit`` resources, ordered by last change and then as they were first stated."""
    if not wanted.updated:
        return []
    query = _sql["newest_first" if wanted.newest_first else "oldest_first"]
    place = {"after": after and after.last_updated, "after_pk": after and after.pk, "limit": limit}
    cursor = await connection.execute(query, _parameters(wanted) | place, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def count(connection: Reader, wanted: Wanted) -> int:
    """How many there are now."""
    if not wanted.updated:
        return 0
    cursor = await connection.execute(_sql["count"], _parameters(wanted), binary=True)
    row: tuple[int] | None = await cursor.fetchone()
    assert row is not None
    return row[0]


def _parameters(wanted: Wanted) -> dict[str, Any]:
    spans = wanted.updated
    conditions = [(n, c.system, c.value) for n, group in enumerate(wanted.identifiers) for c in group]
    return {
        "type": wanted.type,
        "start": spans[0].start,
        "end": spans[-1].end,
        "spans": Multirange(Range(s.start, s.end) for s in spans) if len(spans) > 1 else None,
        "ids": None if wanted.ids is None else list(wanted.ids),
        "groups": len(wanted.identifiers) or None,
        "numbers": [number for number, _, _ in conditions],
        "systems": [system for _, system, _ in conditions],
        "values": [value for _, _, value in conditions],
    }
