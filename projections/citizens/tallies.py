"""How many people are registered and were seen, and which numbers they have."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ehr.sql import load_queries
from projections.citizens.numbers import OBTAINED
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("tallies.sql"))


class Coverage(NamedTuple):
    """Patients who live in a commune of today ('' where it is not known). in_use: of those that are
    registered; seen: of these, with an Encounter in which they were there."""

    commune: str
    registered: int = 0
    in_use: int = 0
    seen: int = 0

    @property
    def share(self) -> float | None:
        """Of those in use, who were seen: from 0 to 1; None where there is nobody."""
        return self.seen / self.in_use if self.in_use else None


def together(found: Iterable[Coverage]) -> Coverage:
    """All of them, of no commune."""
    return Coverage("", *map(sum, zip(*(one[1:] for one in found), strict=True)))


async def coverage(connection: Reader) -> list[Coverage]:
    """Of each commune where somebody lives."""
    cursor = await connection.execute(_sql["coverage"], binary=True)
    columns = await cursor.fetchone()
    return list(map(Coverage, *columns)) if columns else []


async def numbers(connection: Reader) -> dict[str, dict[str, int]]:
    """kind (ehr.matching.numbers.KINDS) -> how it was obtained (numbers.OBTAINED) -> how many are in use."""
    found: dict[str, dict[str, int]] = {}
    cursor = await connection.execute(_sql["numbers"], {"obtained": list(OBTAINED)})
    for kind, obtained, number in await cursor.fetchall():
        found.setdefault(kind, {})[obtained] = number
    return found
