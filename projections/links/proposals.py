"""Pairs that wait for somebody, in the order in which they are worked through."""

from pathlib import Path
from typing import Any, NamedTuple

from ehr.linking import State
from ehr.sql import load_queries
from projections.database import Reader
from projections.links.queries import Decision, decision_of

_sql = load_queries(Path(__file__).with_name("proposals.sql"))


class Place(NamedTuple):
    """Where a pair stands among those in its state. weight: bits of its last evidence together; None where
    the order is that of time."""

    weight: float | None
    position: int


class Proposal(NamedTuple):
    """The last decision about a pair, and its place."""

    decision: Decision
    place: Place


async def strongest(connection: Reader, state: State, limit: int, after: Place | None) -> list[Proposal]:
    """Those with the most evidence first."""
    place = after or Place(None, 0)
    values = {"state": state.value, "weight": place.weight, "position": place.position, "limit": limit}
    return [
        Proposal(one, Place(weight, one.position))
        for one, weight in await _read(connection, "strongest", values)
    ]


async def newest(connection: Reader, state: State, limit: int, after: Place | None) -> list[Proposal]:
    """Those about which something was decided last first."""
    values = {"state": state.value, "position": after.position if after else None, "limit": limit}
    return [Proposal(one, Place(None, one.position)) for one, _ in await _read(connection, "newest", values)]


async def number_of(connection: Reader, state: State, most: int) -> int:
    """How many pairs stand so; not counted beyond ``most``."""
    cursor = await connection.execute(_sql["number"], {"state": state.value, "limit": most}, binary=True)
    row: tuple[int] | None = await cursor.fetchone()
    assert row is not None
    return row[0]


async def _read(connection: Reader, query: str, values: dict[str, Any]) -> list[tuple[Decision, float]]:
    cursor = await connection.execute(_sql[query], values, binary=True)
    return [(decision_of(*row[:-1]), row[-1]) for row in await cursor.fetchall()]
