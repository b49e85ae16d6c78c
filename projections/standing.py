"""How the views stand to the record, for those who watch over them."""

from pathlib import Path
from typing import NamedTuple

from ehr.event_store.relaying import STANDING, RelayStanding
from ehr.sql import load_queries
from projections.database import Reader

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
