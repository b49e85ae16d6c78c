"""Reads a citizen's chart."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from ehr.sql import load_queries
from projections.database import Reader
from projections.facilities.silence import silence
from projections.health_record.chart import Chart, Standing
from projections.health_record.directory import ORGANIZATION, Known
from projections.health_record.entry import Named
from projections.health_record.kinds import AnyEntry
from projections.health_record.sheets import unpack
from projections.health_record.sources import Sources
from projections.links.person import people_of
from projections.standing import PATIENCE, end_shown, shown

_sql = load_queries(Path(__file__).with_name("queries.sql"))

_NOTHING = (0, None, None, None, (), ())
"""Of a view that was never built."""


async def read_chart(connection: Reader, subject: UUID, patience: float = PATIENCE) -> Chart:
    """Everything known about a person by any of the Patients that are one with this subject: nothing, for
    somebody whom nobody has mentioned."""
    end = await end_shown(connection, "health_record", patience)
    await shown(connection, "links", end, patience)
    async with connection.transaction():
        people = (await people_of(connection, [subject]))[subject]
        row = await _row(connection, "sheets", subjects=[*{subject, *people}])
        position, last_updated, parked_since, unlinked_since, subjects, frames = row or _NOTHING
        sources, entries = Sources(subject, people), list[AnyEntry]()
        for whose, sheet in zip(subjects, map(unpack, frames), strict=True):
            sources.add(whose, sheet)
            entries += sheet
        known = await names_of(connection, *named_by(entries))
    standing = Standing(position, end, last_updated, parked_since, unlinked_since)
    if parked_since is not None:
        standing = standing._replace(parked_at=await recorded_at(connection, parked_since))
    chart = Chart(entries, known.names, standing, sources, known.codes)
    if entries:
        told = await silence(connection, datetime.now(UTC), chart.senders)
        chart.standing = standing._replace(silence=told)
    return chart


async def recorded_at(connection: Reader, position: int) -> datetime | None:
    """When a fact was recorded; None for a position that the record does not have."""
    row = await _row(connection, "recorded", position=position)
    return row[0] if row else None


def named_by(entries: Iterable[AnyEntry]) -> tuple[set[str], set[str]]:
    """References whose names are to be looked up (``Type/id``), and the codes of facilities."""
    references: set[str] = set()
    codes: set[str] = set()
    for entry in entries:
        references.update(_unnamed(entry))
        if entry.origin.facility and "\0" not in entry.origin.facility:  # PostgreSQL keeps no such text.
            codes.add(entry.origin.facility)
    return references, codes


async def names_of(connection: Reader, references: Iterable[str], codes: Iterable[str]) -> Known:
    """The names that are known, by reference and by code, and the codes by reference."""
    columns = {"references": sorted(references), "codes": sorted(codes)}
    if not any(columns.values()):
        return Known({}, {})
    rows = await (await connection.execute(_sql["names"], columns)).fetchall()
    return Known(
        {key: name for key, name, _ in rows if name}, {reference: code for reference, _, code in rows if code}
    )


def _unnamed(entry: AnyEntry) -> Iterator[str]:
    """References of an entry whose names are to be looked up, and codes of facilities."""
    for field in _naming(type(entry)):
        value = getattr(entry, field)
        for one in value if value.__class__ is list else (value,):
            reference = one.reference if one is not None else None
            if reference and (one.name is None or reference.startswith(ORGANIZATION)):
                yield reference


@cache
def _naming(kind: type[AnyEntry]) -> tuple[str, ...]:
    """Fields of a kind of entry that hold Named."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if Named.__name__ in str(field.type))


async def _row(connection: Reader, query: str, **values: Any) -> tuple[Any, ...] | None:
    cursor = await connection.execute(_sql[query], values, binary=True)
    row: tuple[Any, ...] | None = await cursor.fetchone()
    return row
