"""How much facilities send over time, and how late."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ehr.sql import load_queries
from projections.database import Reader
from projections.facilities.lags import AHEAD
from projections.facilities.sender import UNKNOWN

_sql = load_queries(Path(__file__).with_name("trends.sql"))

Step = Literal["day", "week"]


class Volume(NamedTuple):
    """Resource versions, those of Encounters among them, facts with a lag and the sum of their lags in
    seconds."""

    resources: int
    visits: int
    timed: int
    seconds: int

    @property
    def lag(self) -> float | None:
        """The mean lag in seconds; None where nothing has one."""
        return self.seconds / self.timed if self.timed else None


NOTHING = Volume(0, 0, 0, 0)


class Oddities(NamedTuple):
    """Facts. ahead: done after they were recorded, by what they say. unknown: that name no facility."""

    ahead: int
    unknown: int


async def trend(
    connection: Reader, since: date, step: Step, facilities: Collection[str] | None = None
) -> list[tuple[date, Volume]]:
    """(day on which the step begins, volume) in order, without steps in which nothing came. facilities: as
    facts name them, None for all."""
    asked = {"since": since, "step": step, "facilities": list(facilities or ())}
    query = _sql["of_all" if facilities is None else "of_some"]
    cursor = await connection.execute(query, asked)
    return [(day, Volume(*volume)) for day, *volume in await cursor.fetchall()]


async def volume(connection: Reader, first: date, last: date) -> Volume:
    """Of all facilities together, from one day to another, the last included."""
    return Volume(*await _row(connection, "period", first=first, last=last))


async def oddities(connection: Reader) -> Oddities:
    """Of everything that was ever sent."""
    return Oddities(*await _row(connection, "oddities", ahead=AHEAD, unknown=UNKNOWN))


async def _row(connection: Reader, query: str, **values: Any) -> tuple[int, ...]:
    row: tuple[int, ...] | None = await (await connection.execute(_sql[query], values)).fetchone()
    assert row is not None
    return row
