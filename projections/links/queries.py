"""What was decided about pairs of Patients, for those who review it."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.facts import Evidence
from ehr.linking import Pair, State
from ehr.sql import load_queries
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("queries.sql"))


class Decision(NamedTuple):
    """A decision about a pair. state: what it made of it. version: its place among those about the pair.

    rule: version of the rules by which a program decided; None where a person did. decided_by: who that was,
    if it was said. recorded_at: when the record took it.
    """

    position: int
    subject: UUID
    other: UUID
    pair: Pair
    version: int
    state: State
    evidence: list[Evidence]
    rule: str | None
    reason: str | None
    program: str
    decided_by: str | None
    facility: str | None
    recorded_at: datetime


async def decisions(connection: Reader, pair: Pair) -> list[Decision]:
    """All about one pair, the newest first."""
    return await _read(connection, "decisions", subject=pair.subject, other=pair.other)


async def latest_decisions(connection: Reader, limit: int, before: int | None = None) -> list[Decision]:
    """Those about all pairs, the newest first. before: a position; goes on from there."""
    return await _read(connection, "latest", limit=limit, before=before)


async def pairs_of(connection: Reader, subjects: Collection[UUID], at: int | None = None) -> list[Decision]:
    """The last decision about each pair to which one of the subjects belongs. Of all subjects of a person,
    the links that make it one are among them. at: a position; as it was after that fact."""
    return await _read(connection, "concerning", subjects=list(subjects), at=at)


async def kept_apart(connection: Reader, subjects: Collection[UUID]) -> list[Decision]:
    """The decision by which somebody keeps two of the subjects apart, of each such pair. Programs may have
    proposed the two since."""
    return await _read(connection, "apart", subjects=list(subjects))


async def contradicted_pairs(connection: Reader, limit: int, after: int = 0) -> list[Decision]:
    """The decision by which somebody keeps each pair apart that is one person all the same, because both are
    linked with others. A link on the way between them is to be taken back, or the judgement is."""
    return await _read(connection, "contradicted", limit=limit, after=after)


async def _read(connection: Reader, query: str, **values: Any) -> list[Decision]:
    cursor = await connection.execute(_sql[query], values, binary=True)
    return [decision_of(*row) for row in await cursor.fetchall()]


def decision_of(
    position: int,
    subject: UUID,
    other: UUID,
    patient: str,
    other_patient: str,
    version: int,
    state: str,
    evidence: list[tuple[str, str, float | None]],
    *rest: Any,
) -> Decision:
    """From a row that has its columns in order."""
    shown = [Evidence(field, level, bits or 0.0) for field, level, bits in evidence]
    return Decision(
        position, subject, other, Pair(patient, other_patient), version, State(state), shown, *rest
    )
