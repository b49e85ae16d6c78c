"""All versions of one resource."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ehr.dates import FIRST, LAST, Span
from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES
from projections.fhir_resources.queries import Version

_sql = load_queries(Path(__file__).with_name("history.sql"))

EVER = Span(FIRST, LAST)


class Extent(NamedTuple):
    """Some versions that follow each other: how many, the first and the last; all 0 for none."""

    size: int
    least: int
    most: int


async def extent(connection: Reader, key: Key, since: datetime, at: Span) -> Extent | None:
    """The versions made at ``since`` or later that were current at some time of ``at``.

    None when the view has never had the resource.
    """
    parameters = {**key._asdict(), "since": since, **at._asdict()}
    cursor = await connection.execute(_sql["extent"], parameters, binary=True)
    row = await cursor.fetchone()
    return Extent(*row) if row else None


async def read_versions(connection: Reader, key: Key, least: int, most: int, limit: int) -> list[Version]:
    """The newest ``limit`` versions from ``least`` to ``most``, newest first; bodies for one page."""
    parameters = {**key._asdict(), "least": least, "most": most, "limit": limit, "room": MOST_BYTES}
    cursor = await connection.execute(_sql["versions"], parameters, binary=True)
    return [Version(*row) for row in await cursor.fetchall()]
