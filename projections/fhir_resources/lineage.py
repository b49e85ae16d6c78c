"""Where the versions of a resource come from: the facts that stated them."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.facts import AnyFact
from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.meanwhile import facts_at

_sql = load_queries(Path(__file__).with_name("lineage.sql"))


class Statement(NamedTuple):
    """A version. position: of the fact that stated it. fact: None where it cannot be read.

    subject: whose it was, or the resource's own.
    """

    version: int
    position: int
    last_updated: datetime
    deleted: bool
    subject: UUID
    fact: AnyFact | None = None


async def lineage(
    connection: Reader, key: Key, limit: int, at: int | None = None, before: int | None = None
) -> list[Statement]:
    """The newest versions. at: a position; those stated until then. before: a version; those before it."""
    asked = {**key._asdict(), "limit": limit, "at": at, "before": before}
    cursor = await connection.execute(_sql["lineage"], asked, binary=True)
    found = [Statement(*row) for row in await cursor.fetchall()]
    facts = await facts_at(connection, (one.position for one in found))
    return [one._replace(fact=facts.get(one.position)) for one in found]
