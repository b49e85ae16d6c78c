"""A chart as it was after a fact: what is known of a person by then, made anew from the facts themselves.

The facts of those Patients who were one person then are applied by the projector's own code, in memory. So
the past at the last position is the chart of today, and what was retracted since is in the past where it was.
A sheet to which nothing was added since is read as it is: it is what its facts would leave.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.compression import decompress, unpacked_size
from ehr.event_store.notifications import NotificationRow
from ehr.sql import load_queries
from projections.database import Reader
from projections.health_record.chart import Chart, Standing
from projections.health_record.directory import LISTED, Known, Listing
from projections.health_record.kinds import READERS, AnyEntry
from projections.health_record.queries import named_by, recorded_at
from projections.health_record.sheets import unpack
from projections.health_record.sources import Sources
from projections.health_record.view import Place, Sheets
from projections.links.person import people_of
from projections.standing import PATIENCE, shown
from streams.recorded_fact import RecordedFact, entry_of

_sql = load_queries(Path(__file__).with_name("past.sql"))

MOST_FACTS, MOST_BYTES, MOST_UNPACKED = 5_000, 16 << 20, 64 << 20
"""Of one person, for one page; bytes as they are stored, and of what is read of them. The largest full charts
have some hundreds of facts, and some MiB."""

_AT_ONCE = 20
"""Facts that are read before it is another request's turn."""

_KEEPS_EMPTY = 3
"""The first code_version of the view whose sheets stay when nothing is left on them."""

_VIEWS = ("health_record", "links", "fhir_resources")


class TooMuchPast(Exception):
    """There are more facts about this person, or larger ones, than are applied for one page."""

    def __init__(self, facts: int, size: int) -> None:
        """size: in bytes, of all of them as they are stored or of what was read by then."""
        super().__init__()
        self.facts = facts
        self.size = size


class Moment(NamedTuple):
    """A position, and when the fact there was recorded."""

    position: int
    recorded_at: datetime


class Past(NamedTuple):
    """A chart as it was. facilities: codes of all that had stated any of it by then."""

    chart: Chart
    facilities: frozenset[str]


async def moment_at(connection: Reader, position: int) -> Moment | None:
    """None for a position that the record does not have."""
    recorded = await recorded_at(connection, position)
    return Moment(position, recorded) if recorded else None


async def moment_before(connection: Reader, end: datetime) -> Moment | None:
    """After the last fact that was recorded before ``end``; None where nothing was."""
    row = await _row(connection, "before", moment=end)
    return await moment_at(connection, row[0]) if row else None


async def read_past(
    connection: Reader,
    subject: UUID,
    moment: Moment,
    facility: str | None = None,
    patience: float = PATIENCE,
) -> Past:
    """The chart after a fact, of the Patients that were one person then, with the names of then.

    facility: code; only what this facility itself has stated, as if nobody else had stated anything. Raises
    TooMuchPast.
    """
    at = moment.position
    for view in _VIEWS:
        await shown(connection, view, at, patience)
    async with connection.transaction():
        people = (await people_of(connection, [subject], at))[subject]
        asked = {"subjects": [*{subject, *people}], "at": at}
        standing = await _standing(connection, asked, moment)
        sheets, facilities = await _applied(connection, asked, facility)
        sources, entries = Sources(subject, people), list[AnyEntry]()
        for place, sheet in sorted(sheets.entries().items()):
            sources.add(place.subject, sheet)
            entries += sheet
        references, codes = named_by(entries)
        known = await names_then(connection, references, codes | facilities, at)
    return Past(Chart(entries, known.names, standing, sources, known.codes), facilities)


async def _standing(connection: Reader, asked: Mapping[str, Any], moment: Moment) -> Standing:
    row = await _row(connection, "standing", code=_KEEPS_EMPTY, **asked)
    position, parked_since, unlinked_since = row or (0, None, None)
    reached = moment if position == moment.position else await moment_at(connection, position)
    last_updated = reached.recorded_at if reached else None
    parked_at = await recorded_at(connection, parked_since) if parked_since else None
    return Standing(position, moment.position, last_updated, parked_since, unlinked_since, parked_at)


async def _applied(
    connection: Reader, asked: Mapping[str, Any], facility: str | None
) -> tuple[Sheets, frozenset[str]]:
    """What the facts have left, and who has stated any of them. One fact at a time is unpacked. Raises
    TooMuchPast."""
    number, size = await _row(connection, "size", **asked) or (0, 0)
    if number > MOST_FACTS or size > MOST_BYTES:
        raise TooMuchPast(number, size)
    unchanged = await _unchanged(connection, asked) if facility is None else {}
    sheets, facilities, unpacked = Sheets(unchanged), set[str](), 0
    cursor = await connection.execute(_sql["facts"], asked, binary=True)
    async for row in cursor:
        recorded = entry_of(NotificationRow(*row))
        if not isinstance(recorded, RecordedFact):
            continue
        facilities.add(recorded.fact.facility or "")
        if (recorded.subject, recorded.stream) not in unchanged and facility in (
            None,
            recorded.fact.facility,
        ):
            unpacked += _unpacked(recorded)
            if unpacked > MOST_UNPACKED:
                raise TooMuchPast(number, unpacked)
            sheets.apply([recorded])
        if (cursor.rownumber or 0) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return sheets, frozenset(code for code in facilities if code and "\0" not in code)


async def _unchanged(connection: Reader, asked: Mapping[str, Any]) -> dict[Place, list[AnyEntry]]:
    """What stood then and stands today."""
    cursor = await connection.execute(_sql["unchanged"], asked, binary=True)
    return {Place(subject, stream): unpack(entries) for subject, stream, entries in await cursor.fetchall()}


def _unpacked(recorded: RecordedFact) -> int:
    """Bytes of what is read of it."""
    versions = (one.version for one in recorded.resources)
    return sum(unpacked_size(one.body) for one in versions if one.body and one.type in READERS)


# Names: those of now would say of the past what was found out later.


async def names_then(
    connection: Reader, references: Collection[str], codes: Collection[str], at: int
) -> Known:
    """Names by reference and by code, of whoever has the code now; codes by reference."""
    cursor = await connection.execute(_sql["coded"], {"codes": sorted(codes)})
    coded = [reference for (reference,) in await cursor.fetchall()]
    listed = await _listed(connection, {*references, *coded}, at)
    bearers = await _listed(connection, {one.refers_to for one in listed.values() if one.refers_to}, at)
    names, known_codes = dict[str, str](), dict[str, str]()
    for reference, one in sorted(listed.items()):
        bearer = (bearers.get(one.refers_to) if one.refers_to else None) or Listing(None)
        name, code = one.name or bearer.name, one.code or bearer.code
        if name and reference in references:
            names[reference] = name
        if code and reference in references:
            known_codes[reference] = code
        if one.name and one.code and one.code in codes:
            names[one.code] = min(one.name, names.get(one.code, one.name))
    return Known(names, known_codes)


async def _listed(connection: Reader, references: Iterable[str], at: int) -> dict[str, Listing]:
    keys = [reference.partition("/")[::2] for reference in references]
    wanted = sorted(key for key in keys if key[0] in LISTED)
    columns = {"types": [type_ for type_, _ in wanted], "ids": [id_ for _, id_ in wanted], "at": at}
    cursor = await connection.execute(_sql["listed"], columns, binary=True)
    return {f"{type_}/{id_}": LISTED[type_](decompress(body)) for type_, id_, body in await cursor.fetchall()}


async def _row(connection: Reader, query: str, **values: Any) -> tuple[Any, ...] | None:
    cursor = await connection.execute(_sql[query], values, binary=True)
    row: tuple[Any, ...] | None = await cursor.fetchone()
    return row
