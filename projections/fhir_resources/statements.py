"""Who stated the versions of a resource, and when: what a view says, with the fact behind it."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.compression import decompress, unpacked_size
from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.facts import AnyFact
from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.queries import Version, unpacked

_sql = load_queries(Path(__file__).with_name("statements.sql"))

MOST_VERSIONS = 20
"""Of a resource, the newest."""

MOST_BYTES = 8 * 1024 * 1024
"""Of bodies but the newest, unpacked, and of facts."""

MOST_RELATIVES = 8
_LARGEST_RELATIVE = 64 * 1024
_LARGEST_NAMING = 256 * 1024


class Statement(NamedTuple):
    """One version of a resource. body: as it was received; empty where it is deleted or was not read.

    fact: which stated it; None where it was not read.
    """

    version: Version
    body: bytes
    fact: AnyFact | None


async def statements(connection: Reader, keys: Collection[Key]) -> dict[Key, list[Statement]]:
    """The newest versions of each resource, newest first; none of one that never was.

    Bodies are unpacked in a thread, as far as they have room.
    """
    parameters = {
        "types": [key.type for key in keys],
        "ids": [key.id for key in keys],
        "limit": MOST_VERSIONS,
        "room": MOST_BYTES,
    }
    cursor = await connection.execute(_sql["statements"], parameters, binary=True)
    rows = [(Key(*row[:2]), Version(*row[2:7]), row[7]) for row in await cursor.fetchall()]
    return await asyncio.to_thread(_unpacked, keys, rows)


def _unpacked(
    keys: Iterable[Key], rows: Sequence[tuple[Key, Version, bytes | None]]
) -> dict[Key, list[Statement]]:
    """rows: the newest version of each resource before all others."""
    read = list(_fitting(rows))
    bodies = {id(version): body for version, body in zip(read, unpacked(read), strict=True)}
    found: dict[Key, list[Statement]] = {key: [] for key in keys}
    for key, version, state in rows:
        found[key].append(Statement(version, bodies.get(id(version), b""), _fact(state)))
    return found


def _fitting(rows: Iterable[tuple[Key, Version, bytes | None]]) -> Iterator[Version]:
    """Those to unpack: the newest of each resource, and others while there is room. What is small at rest
    need not be small."""
    room, newest = MOST_BYTES, set[Key]()
    for key, version, _ in rows:
        if not version.body:
            continue
        room -= unpacked_size(version.body) if key in newest else 0
        if key not in newest or room >= 0:
            yield version
        newest.add(key)


async def latest_facilities(connection: Reader, keys: Collection[Key]) -> dict[Key, str]:
    """Resource -> the facility that stated its current version, as the fact names it; without those of which
    that is not known."""
    asked = {
        "types": [key.type for key in keys],
        "ids": [key.id for key in keys],
        "room": _LARGEST_NAMING,
    }
    cursor = await connection.execute(_sql["latest"], asked, binary=True)
    found = [(Key(type_, id_), _fact(state)) for type_, id_, state in await cursor.fetchall()]
    return {key: fact.facility for key, fact in found if fact and fact.facility}


async def relatives(connection: Reader, subjects: Iterable[UUID]) -> dict[UUID, list[bytes]]:
    """Bodies of the RelatedPersons of the Patients to which these subjects belong, the first few, but
    for what is too large for a name and a number."""
    found: dict[UUID, list[bytes]] = {subject: [] for subject in subjects}
    values = {"subjects": list(found), "limit": MOST_RELATIVES, "room": _LARGEST_RELATIVE}
    cursor = await connection.execute(_sql["relatives"], values, binary=True)
    for subject, frame in await cursor.fetchall():
        if unpacked_size(frame) <= _LARGEST_RELATIVE:
            found[subject].append(decompress(frame))
    return found


def _fact(state: bytes | None) -> AnyFact | None:
    try:
        return decode_fact(state) if state else None
    except (SchemaTooNew, Undecodable):
        return None
