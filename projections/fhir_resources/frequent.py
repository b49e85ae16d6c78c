"""Which terms many resources have, as the database's statistics tell (pg_stats.most_common_elems)."""

from pathlib import Path
from time import monotonic

from ehr.sql import load_queries
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("frequent.sql"))

MANY = 2000
"""Resources: so many are looked at in order about as fast as they are gathered and sorted."""

KEPT_SECONDS = 60.0
"""So long they are taken for true. The database counts anew when a tenth of the rows has changed."""


class FrequentTerms:
    """What one process knows of it; asked for with a search, when it is old."""

    def __init__(self) -> None:
        self._terms: frozenset[int] = frozenset()
        self._asked = -KEPT_SECONDS

    async def known(self, connection: Reader) -> frozenset[int]:
        """The terms that more than MANY resources have."""
        if monotonic() - self._asked >= KEPT_SECONDS:
            self._asked = monotonic()
            self._terms = await _read(connection)
        return self._terms


async def _read(connection: Reader) -> frozenset[int]:
    cursor = await connection.execute(_sql["frequent"], {"many": MANY}, binary=True)
    return frozenset(term for (term,) in await cursor.fetchall())
