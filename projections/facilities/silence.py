"""Which facilities have sent nothing for longer than they usually do (rhythm.py)."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ehr.sql import load_queries
from projections.database import Reader
from projections.facilities.sender import UNKNOWN
from projections.standing import showing

_sql = load_queries(Path(__file__).with_name("silence.sql"))


ORGANIZATION = "Organization/"


def is_silent(silent_from: datetime | None, at: datetime | None) -> bool | None:
    """Whether whoever is silent for longer than usual from then on is so at a moment; None where that cannot
    be told."""
    return None if silent_from is None or at is None else silent_from < at


class Rhythmic(NamedTuple):
    """How a facility sends. facility: as its facts name it; name: of its Organization. usual_gap: hours, None
    where it is not known. silent_from: when its silence becomes unusual; None where that cannot be told."""

    facility: str
    name: str | None
    last_recorded: datetime
    usual_gap: int | None
    silent_from: datetime | None


class Silence(NamedTuple):
    """At a moment, ``at``: now, or when the last fact was recorded that the view shows, where it lacks some;
    None where nothing was sent. senders: facilities that have sent, silent: of them silent for longer than
    they usually are, unjudged: of which that cannot be told. of_these: those that were asked about."""

    at: datetime | None
    senders: int
    silent: int
    unjudged: int
    of_these: list[Rhythmic]

    @property
    def silent_ones(self) -> list[Rhythmic]:
        """Of those that were asked about, the silent."""
        return [one for one in self.of_these if is_silent(one.silent_from, self.at)]

    @property
    def regular_ones(self) -> list[Rhythmic]:
        """Those that send as they usually do."""
        return [one for one in self.of_these if is_silent(one.silent_from, self.at) is False]

    @property
    def unjudged_ones(self) -> list[Rhythmic]:
        """Those of which it cannot be told."""
        return [one for one in self.of_these if is_silent(one.silent_from, self.at) is None]


async def silence(connection: Reader, now: datetime, names: Collection[str] = ()) -> Silence | None:
    """names: of facilities to tell of, as facts name them or as ``Organization/id``. None without a view."""
    [view] = await showing(connection, "facilities")
    if not view.position:
        return None
    asked = {"unknown": UNKNOWN, "now": now, "missing": view.missing}
    cursor = await connection.execute(_sql["census"], asked, binary=True)
    row = await cursor.fetchone()
    assert row is not None
    found: list[Rhythmic] = []
    if names:
        ids = [name.removeprefix(ORGANIZATION) for name in names if name.startswith(ORGANIZATION)]
        by = {"unknown": UNKNOWN, "names": list(names), "ids": ids}
        cursor = await connection.execute(_sql["of_these"], by, binary=True)
        found = [Rhythmic(*one) for one in await cursor.fetchall()]
    at, senders, silent, unjudged = row
    return Silence(at, senders, silent, unjudged, found)


async def silent_ones(connection: Reader, at: datetime, limit: int) -> list[Rhythmic]:
    """So many of those that are silent at a moment, the longest first."""
    asked = {"unknown": UNKNOWN, "at": at, "limit": limit}
    cursor = await connection.execute(_sql["silent"], asked, binary=True)
    return [Rhythmic(*row) for row in await cursor.fetchall()]
