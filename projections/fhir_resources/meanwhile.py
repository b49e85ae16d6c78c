"""What was stated about some Patients since a position: where two were taken for one person and are not, some
of it may be about the other one."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.facts import AnyFact
from ehr.sql import load_queries
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("meanwhile.sql"))

_ROOM = 32 * 1024 * 1024
"""Bytes of facts that are read to see who stated them."""


class Version(NamedTuple):
    """A version of a resource. position: of its fact. whose: subjects of the Patients that it is about."""

    position: int
    type: str
    id: str
    version: int
    last_updated: datetime
    deleted: bool
    whose: list[UUID]

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}"


class Stated(NamedTuple):
    """The same, and as far as its fact was read: the facility, program and user that stated it, and when it
    happened (FHIR date, dateTime or instant, possibly partial)."""

    version: Version
    facility: str | None = None
    program: str | None = None
    user: str | None = None
    happened_at: str | None = None


async def stated_since(
    connection: Reader,
    subjects: Collection[UUID],
    position: int,
    limit: int,
    after: Version | None = None,
) -> list[Stated]:
    """Current and former versions of all that is about these Patients, from facts beyond the position; in
    order, the next ``limit``.

    Of what is about none of them any more, because it was amended so, nothing is told.
    """
    asked = {
        "subjects": list(subjects),
        "position": position,
        "limit": limit,
        "after": after and after.position,
        "after_type": after and after.type,
        "after_id": after and after.id,
    }
    cursor = await connection.execute(_sql["meanwhile"], asked, binary=True)
    versions = [Version(*row) for row in await cursor.fetchall()]
    facts = await facts_at(connection, (one.position for one in versions))
    return [_stated(one, facts.get(one.position)) for one in versions]


async def facts_at(connection: Reader, positions: Iterable[int]) -> dict[int, AnyFact]:
    """Those that can be read and have room together, by position."""
    asked = {"positions": sorted({*positions}), "room": _ROOM}
    cursor = await connection.execute(_sql["facts"], asked, binary=True)
    facts: dict[int, AnyFact] = {}
    for position, state in await cursor.fetchall():
        try:
            facts[position] = decode_fact(state)
        except (Undecodable, SchemaTooNew):
            continue
    return facts


def _stated(version: Version, fact: AnyFact | None) -> Stated:
    if fact is None:
        return Stated(version)
    return Stated(version, fact.facility, fact.actor, fact.user, fact.happened_at)
