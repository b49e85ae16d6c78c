"""News: what was stated about people between two positions, as kinds of entries and how many of each."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from ehr.compression import decompress
from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.facts import ResourceVersion
from ehr.linking import State
from ehr.sql import load_queries
from projections.database import Reader
from projections.health_record.entry import Entry, Origin
from projections.health_record.kinds import (
    READERS,
    Act,
    Allergy,
    Document,
    Immunisation,
    Medicine,
    Note,
    Order,
    Problem,
    Result,
    Visit,
)

CHANGED, LINKED, MORE = "changed", "linked", "more"
"""Beside the kinds: entries that were there before, who is one person, and what was not counted."""

KINDS = MappingProxyType[type[Entry], str](
    {
        Result: "results",
        Visit: "visits",
        Problem: "problems",
        Medicine: "medicines",
        Allergy: "allergies",
        Immunisation: "immunisations",
        Document: "documents",
        Order: "orders",
        Act: "acts",
        Note: "notes",
    }
)
"""What a new entry counts as; as CHANGED, where it is none of these."""

TOLD = (*KINDS.values(), CHANGED, LINKED, MORE)
"""Everything that news may say, in the order in which it is told."""

ROOM = 4 * 1024 * 1024
"""Bytes of facts that are read at once; of the rest it is only told that there is more."""

_sql = load_queries(Path(__file__).with_name("news.sql"))


class News(NamedTuple):
    """Of one fact. whose: subjects that it concerns. counts: one of TOLD -> how many."""

    position: int
    whose: frozenset[UUID]
    counts: Counter[str]


async def news_between(connection: Reader, subjects: Collection[UUID], after: int, upto: int) -> list[News]:
    """Of all facts that concern these subjects, beyond one position and up to another."""
    place = {"subjects": list(subjects), "after": after, "upto": upto}
    cursor = await connection.execute(_sql["stated"], {**place, "room": ROOM}, binary=True)
    stated = await asyncio.to_thread(_read, await cursor.fetchall())
    states = [State.LINKED.value, State.UNLINKED.value]
    cursor = await connection.execute(_sql["linked"], {**place, "states": states}, binary=True)
    linked = [
        News(position, frozenset(pair), Counter({LINKED: 1})) for position, *pair in await cursor.fetchall()
    ]
    return stated + linked


def _read(rows: Sequence[tuple[int, UUID, bytes | None]]) -> list[News]:
    found = [News(position, frozenset({subject}), _counted(state)) for position, subject, state in rows]
    return [news for news in found if news.counts]


def _counted(state: bytes | None) -> Counter[str]:
    try:
        versions = decode_fact(state).resources if state else None
    except (Undecodable, SchemaTooNew):
        versions = None
    return Counter({MORE: 1}) if versions is None else Counter(_kinds(versions))


def _kinds(versions: Sequence[ResourceVersion]) -> Iterator[str]:
    """Of what a chart shows. What is new and was entered in error at once is nothing."""
    for version in versions:
        read = READERS.get(version.type)
        if read is None:
            continue
        if version.version > 1:
            yield CHANGED
        elif entry := read(decompress(version.body), Origin(version.type, version.id, "")):
            yield KINDS.get(type(entry), CHANGED)
