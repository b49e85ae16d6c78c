"""How the views stand to the record, for those who watch over them and those who read them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from ehr.event_store.relaying import STANDING, RelayStanding
from ehr.sql import load_queries
from projections.database import Reader
from projections.generations import Generation, Kept, queries

PATIENCE = 0.3
"""Seconds that a reader waits for a view to show what the record already holds."""

_PAUSE = 0.01

_sql = load_queries(Path(__file__).with_name("standing.sql"))


class Standing(NamedTuple):
    """A serving view. position: of the view; end: of the record. parked: citizens; quarantined: records.

    projected: whether a projector of it is connected to the database. awaits_rebuild: whether one is that
    does not project it, because other code has built it. behind: seconds since the first fact was recorded
    that it does not show; 0 when it shows all.
    """

    view: str
    position: int
    end: int
    parked: int
    quarantined: int
    projected: bool
    awaits_rebuild: bool
    behind: float

    @property
    def lag(self) -> int:
        """Facts that the view has not seen."""
        return self.end - self.position


async def relay_standing(connection: Reader) -> RelayStanding | None:
    """What the relay last told of itself; None where the record keeps its log itself."""
    row = await (await connection.execute(STANDING, binary=True)).fetchone()
    return RelayStanding(*row) if row else None


async def standings(connection: Reader) -> list[Standing]:
    """Every serving view at one moment."""
    cursor = await connection.execute(_sql["views"], binary=True)
    return [Standing(*row) for row in await cursor.fetchall()]


class LeftOut(NamedTuple):
    """What a serving view leaves out for one reason. how: ``parked`` (citizens) or ``quarantined`` (records).
    since: the first position."""

    view: str
    how: str
    reason: str
    number: int
    since: int


async def left_out(connection: Reader) -> list[LeftOut]:
    """By view and reason."""
    return [LeftOut(*row) for row in await (await connection.execute(_sql["left_out"])).fetchall()]


class Sizes(NamedTuple):
    """Bytes on disk. generations: of every view."""

    database: int
    record: int
    generations: list[Kept]


async def sizes(connection: Reader) -> Sizes:
    """Of all that the database holds."""
    row = await (await connection.execute(_sql["sizes"])).fetchone()
    assert row is not None
    kept = await (await connection.execute(queries["all"])).fetchall()
    return Sizes(
        row[0], row[1], [Kept(Generation(*one[:4]), state=one[4], size=one[5], held=one[6]) for one in kept]
    )


async def end_shown(connection: Reader, view: str, patience: float = PATIENCE) -> int:
    """The record's end; given back once the view shows it, or when patience ends."""
    end = await _position(connection, "end")
    await shown(connection, view, end, patience)
    return end


async def shown(connection: Reader, view: str, position: int, patience: float = PATIENCE) -> None:
    """Waits until the view shows a position, or patience ends."""
    until = monotonic() + patience
    while await position_of(connection, view) < position and monotonic() < until:
        await asyncio.sleep(_PAUSE)


async def facts_missing(connection: Reader, *views: str, patience: float = PATIENCE) -> int:
    """Facts that a view of these does not show when patience ends; what is read afterwards shows the rest."""
    if await _position(connection, "missing", views=list(views)) <= 0:
        return 0
    missing = 0
    for view in views:
        end = await end_shown(connection, view, patience)
        missing = max(missing, end - await position_of(connection, view))
    return missing


class Lacks(NamedTuple):
    """What is recorded and not shown. missing: facts that the views have yet to show. incomplete: whether
    somebody's wait, or cannot be read."""

    missing: int
    incomplete: bool


@asynccontextmanager
async def at_one_moment(connection: Reader, *views: str) -> AsyncIterator[Lacks]:
    """A snapshot in which these views show what the record holds, or as much as they do when patience
    ends."""
    async with connection.transaction():
        stands = await showing(connection, *views)
        if not any(view.missing for view in stands):
            yield Lacks(0, any(view.leaves_out for view in stands))
            return
    missing = await facts_missing(connection, *views)
    async with connection.transaction():
        yield Lacks(missing, any(view.leaves_out for view in await showing(connection, *views)))


class Showing(NamedTuple):
    """What a view shows. position: how far; 0 for one that is not there. leaves_out: whether somebody is
    parked in it or has an undecodable record. missing: facts of the record that it does not show."""

    position: int
    leaves_out: bool
    missing: int


async def showing(connection: Reader, *views: str) -> list[Showing]:
    """Of each view, in order, at one moment."""
    cursor = await connection.execute(_sql["showing"], {"views": list(views)})
    return [Showing(*row) for row in await cursor.fetchall()]


async def position_of(connection: Reader, view: str) -> int:
    """How far a view has come; 0 for one that is not there."""
    return await _position(connection, "position", view=view)


async def _position(connection: Reader, query: str, **values: str | list[str]) -> int:
    row = await (await connection.execute(_sql[query], values)).fetchone()
    return int(row[0]) if row else 0
