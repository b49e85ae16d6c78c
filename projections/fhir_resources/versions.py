"""All versions of the resources of some types."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ehr.dates import FIRST, Span
from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES
from projections.fhir_resources.history import EVER
from projections.fhir_resources.queries import Version, fitting_versions

_sql = load_queries(Path(__file__).with_name("versions.sql"))


WINDOW = 1000
"""Versions that a page looks at for those that were current at some time."""


class Wanted(NamedTuple):
    """Versions made at ``since`` or later that were current at some time of ``at``."""

    types: Sequence[str]
    since: datetime = FIRST
    at: Span = EVER


class Place(NamedTuple):
    """A version in the order of all: when it was made, its resource's pk and its number.

    Both stay as they are when it is superseded, in every generation of the view.
    """

    last_updated: datetime
    pk: int
    version: int


class Stated(NamedTuple):
    """A version among others. position: where it was stated. revives: whether the one before was deleted."""

    key: Key
    version: Version
    pk: int
    position: int
    revives: bool

    @property
    def place(self) -> Place:
        """Where it stands among all."""
        return Place(self.version.last_updated, self.pk, self.version.version)


class Page(NamedTuple):
    """Some versions, newest first, and where the next page begins; None where nothing is left."""

    told: list[Stated]
    rest: Place | None


async def newest(connection: Reader, wanted: Wanted, after: Place | None, count: int) -> Page:
    """The next ``count`` versions, or as many as a page takes, at least one; with ``at`` perhaps fewer, or
    none: no more than WINDOW are looked at."""
    limit = count + 1 if wanted.at == EVER else max(count, WINDOW) + 1
    parameters = {
        "types": list(wanted.types),
        "since": wanted.since,
        "start": None if wanted.at == EVER else wanted.at.start,
        "end": wanted.at.end,
        "after": after and after.last_updated,
        "after_pk": after and after.pk,
        "after_version": after and after.version,
        "limit": limit,
        "room": MOST_BYTES,
    }
    cursor = await connection.execute(_sql["newest"], parameters, binary=True)
    rows = [Stated(Key(*row[:2]), Version(*row[2:7]), *row[7:]) for row in await cursor.fetchall()]
    return _page(rows, count, limit)


def _page(rows: list[Stated], count: int, limit: int) -> Page:
    """The first ``count`` of the rows that have their content, as far as a page takes them. limit: how many
    were asked for, one more."""
    looked_at = rows[: limit - 1]
    places = [n for n, row in enumerate(looked_at) if row.version.body is not None]
    fits = fitting_versions([looked_at[n].version for n in places[:count]], MOST_BYTES)
    last = places[fits - 1] if fits < len(places) else len(looked_at) - 1
    told = [looked_at[n] for n in places[:fits]]
    return Page(told, looked_at[last].place if len(rows) > last + 1 else None)


async def number(connection: Reader, types: Sequence[str], since: datetime) -> int:
    """How many versions were made at ``since`` or later."""
    cursor = await connection.execute(_sql["number"], {"types": list(types), "since": since}, binary=True)
    row: tuple[int] | None = await cursor.fetchone()
    assert row is not None
    return row[0]
