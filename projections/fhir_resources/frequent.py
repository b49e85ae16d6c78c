"""What many resources have, as the database's statistics tell (pg_stats)."""

from pathlib import Path
from time import monotonic

from ehr.sql import load_queries
from projections.database import Reader
from projections.search.frequency import MANY, NOTHING_KNOWN, Common

_sql = load_queries(Path(__file__).with_name("frequent.sql"))

KEPT_SECONDS = 60.0
"""So long it is taken for true. The database counts anew when a tenth of the rows has changed."""


class Frequent:
    """What one process knows of it; asked for with a search, when it is old."""

    def __init__(self) -> None:
        self._common = NOTHING_KNOWN
        self._asked = -KEPT_SECONDS

    async def known(self, connection: Reader) -> Common:
        """What more than MANY resources have."""
        if monotonic() - self._asked >= KEPT_SECONDS:
            self._asked = monotonic()
            self._common = await _read(connection)
        return self._common


async def _read(connection: Reader) -> Common:
    cursor = await connection.execute(_sql["terms"], {"many": MANY}, binary=True)
    terms = frozenset(term for (term,) in await cursor.fetchall())
    cursor = await connection.execute(_sql["words"], {"terms": list(terms)}, binary=True)
    words = frozenset((number, text) for number, text in await cursor.fetchall())
    cursor = await connection.execute(_sql["texts"], binary=True)
    return Common(terms, words, dict(await cursor.fetchall()))
