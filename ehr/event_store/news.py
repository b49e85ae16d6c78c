"""News: what was stated since a position, and which searches it meets."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from ehr.compression import decompress
from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.event_store.connections import AsyncConnection
from ehr.facts import MOVE
from ehr.searching import Search, Searcher
from ehr.sql import load_queries
from ehr.values import Key

_queries = load_queries(Path(__file__).with_name("news.sql"))
LOCK = _queries["lock"]

READING = 10

Bodies = dict[Key, bytes]
"""What resources have become, as facts have it; empty for a deleted one."""


class Bounds(NamedTuple):
    """How much may be looked at. facts, bytes: of all that was stated. resources: of the types asked for."""

    facts: int
    bytes: int
    resources: int


class Read(NamedTuple):
    """What was stated. position: where the record ends."""

    bodies: Bodies
    position: int


class TooMuch(Exception):
    """More was stated than is looked at."""


class Unreadable(Exception):
    """A fact cannot be read by this code, so nobody can tell what it changes."""


class News:
    """Which searches are met by what was stated.

    tests: how much it took to find out. To read a resource counts as much as READING tests.
    """

    def __init__(self, searches: Iterable[Search], searcher: Searcher) -> None:
        """searches: all that may be asked about."""
        self.tests = 0
        self._searcher = searcher
        self._searches: dict[str, set[Search]] = {}
        self._met: dict[str, list[tuple[str, Collection[Search]]]] = {}
        for search in searches:
            self._searches.setdefault(search.type, set()).add(search)
            self._met[search.type] = []

    @property
    def types(self) -> Collection[str]:
        """Of what is asked for."""
        return self._searches.keys()

    def add(self, bodies: Mapping[Key, bytes]) -> None:
        """What became of resources, or may have: after what was added before."""
        for key, body in bodies.items():
            searches = self._searches[key.type]
            met = self._searcher.met(searches, orjson.loads(decompress(body))) if body else ()
            self.tests += READING + len(searches)
            self._met[key.type].append((key.id, met))

    def applied(self, search: Search, ids: Iterable[str]) -> set[str]:
        """What matches now. ids: what did before."""
        found = set(ids)
        for id_, met in self._met[search.type]:
            (found.add if search in met else found.discard)(id_)
        return found

    def leaves(self, search: Search, ids: Collection[str]) -> bool:
        """Whether the same as before matches, and did all the time. ids: what did before.

        Of what a flush states nobody knows yet whether it stands: neither what a resource is now nor what it
        may become must make a difference.
        """
        return all((search in met) == (id_ in ids) for id_, met in self._met[search.type])


async def read_stated(
    connection: AsyncConnection, after: int, types: Collection[str], bounds: Bounds
) -> Read:
    """What was stated after a position about resources of some types. Raises TooMuch, Unreadable."""
    asked = {
        "after": after,
        "types": [type_.encode() for type_ in types],
        "most_facts": bounds.facts,
        "most_bytes": bounds.bytes,
    }
    cursor = await connection.execute(_queries["news"], asked, prepare=True, binary=True)
    rows: list[tuple[int, int, int, bytes | None]] = await cursor.fetchall()
    position, facts, size, _ = rows[0]
    if facts > bounds.facts or size > bounds.bytes:
        raise TooMuch
    bodies: Bodies = {}
    for _, _, _, state in rows:
        if state is not None:
            bodies |= stated_by(state, types)
    if len(bodies) > bounds.resources:
        raise TooMuch
    return Read(bodies, position)


def stated_by(state: bytes, types: Collection[str]) -> Bodies:
    """What a fact says about resources of some types. Raises Unreadable."""
    return {key: body for key, body in _versions(state) if key.type in types}


def _versions(state: bytes) -> Iterator[tuple[Key, bytes]]:
    try:
        fact = decode_fact(state)
    except (Undecodable, SchemaTooNew) as error:
        raise Unreadable from error
    for version in fact.resources:
        if version.action != MOVE:
            yield Key(version.type, version.id), version.body
