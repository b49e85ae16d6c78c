"""How many people are registered and were seen, and which numbers they have."""

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

    def plus(self, other: "Coverage") -> "Coverage":
        """Both together, as the first is called."""
        sums = (one + another for one, another in zip(self[1:], other[1:], strict=True))
        return Coverage(self.commune, *sums)


async def coverage(connection: Reader) -> list[Coverage]:
    """Of each commune where somebody lives."""
    return [Coverage(*row) for row in await (await connection.execute(_sql["coverage"])).fetchall()]


async def numbers(connection: Reader) -> dict[str, dict[str, int]]:
    """kind (ehr.matching.numbers.KINDS) -> how it was obtained (numbers.OBTAINED) -> how many are in use."""
    found: dict[str, dict[str, int]] = {}
    cursor = await connection.execute(_sql["numbers"], {"obtained": list(OBTAINED)})
    for kind, obtained, number in await cursor.fetchall():
        found.setdefault(kind, {})[obtained] = number
    return found
