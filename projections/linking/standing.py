"""How linking stands, for those who watch over it."""

from pathlib import Path
from typing import NamedTuple

from ehr.sql import load_queries
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("standing.sql"))


class LinkingStanding(NamedTuple):
    """position: up to which everybody was judged; end: of the record. behind: seconds since the first fact
    was recorded beyond it; 0 when there is none. waiting: citizens who wait for what a view leaves out.
    works: whether a process is at work."""

    position: int
    end: int
    behind: float
    waiting: int
    works: bool

    @property
    def lag(self) -> int:
        """Facts beyond the position."""
        return self.end - self.position


async def linking_standing(connection: Reader) -> LinkingStanding | None:
    """None where no process was ever at work."""
    row = await (await connection.execute(_sql["standing"], binary=True)).fetchone()
    return LinkingStanding(*row) if row else None
