"""What is included with matches (https://hl7.org/fhir/R4/search.html#include, #revinclude)."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES, Found, bodies_of, fitting, size_of
from projections.search.referring import ALL, Link, links_of, reached
from projections.search.terms import base_of, hash_of
from projections.search.tree import KINDS

_sql = load_queries(Path(__file__).with_name("including.sql"))

MOST_INCLUDED = 2000
"""Resources that are included on a page at most."""


class TooManyIncluded(Exception):
    """More than MOST_INCLUDED resources would be included."""


class Step(NamedTuple):
    """A way from what was found to what is included.

    source: type of what refers, or ALL. code: of a reference parameter, or ALL. target: type of what is
    referred to; None for any. backward: from what is referred to. again: also from what was included already.
    """

    source: str
    code: str
    target: str | None = None
    backward: bool = False
    again: bool = False

    def links(self, type_: str) -> tuple[Link, ...]:
        """The links that lead on from resources of a type."""
        return links_of(type_, self.code, self.target) if self.source in (ALL, type_) else ()


class Included(NamedTuple):
    """found: each resource once. whole: whether nothing was left out because it would be too long."""

    found: list[Found]
    whole: bool = True


async def included(
    connection: Reader, matches: Sequence[Found], steps: Sequence[Step], base: str
) -> Included:
    """What the steps lead to from the matches, and none of the matches.

    base: the server's own address. Raises TooManyIncluded.
    """
    seen = {Key(one.type, one.id) for one in matches}
    found: list[Found] = []
    new, ways = list(matches), list(steps)
    while new and ways:
        keys = await _next(connection, new, ways, seen, base)
        seen.update(keys)
        room = MOST_BYTES - size_of(found)
        new = await _named(connection, keys, room)
        if len(found) + len(new) > MOST_INCLUDED:
            raise TooManyIncluded
        fits = fitting(new, room)
        found += new[:fits]
        if fits < len(new):
            return Included(found, whole=False)
        ways = [step for step in steps if step.again]
    return Included(found)


async def _next(
    connection: Reader, new: Sequence[Found], steps: Sequence[Step], seen: set[Key], base: str
) -> list[Key]:
    """What comes next: each once, and nothing that was seen. Raises TooManyIncluded."""
    found = _referred([step for step in steps if not step.backward], new, base)
    backward = [step for step in steps if step.backward]
    for source in dict.fromkeys(step.source for step in backward):
        links = {link for step in backward if step.source == source for link in step.links(source)}
        found += await _referring(connection, new, source, links, MOST_INCLUDED + len(seen) + 1)
    keys = [key for key in dict.fromkeys(found) if key not in seen]
    if len(keys) > MOST_INCLUDED:
        raise TooManyIncluded
    return keys


def _referred(steps: Sequence[Step], by: Sequence[Found], base: str) -> list[Key]:
    """What these refer to. One after the other is parsed, since together they would fill the memory."""
    if not steps:
        return []
    links = {
        type_: [link for step in steps for link in step.links(type_)] for type_ in {one.type for one in by}
    }
    bodies = zip(by, bodies_of(by), strict=True)
    return [key for one, body in bodies for key in reached(links[one.type], orjson.loads(body), base)]


async def _named(connection: Reader, keys: Sequence[Key], room: int) -> list[Found]:
    if not keys:
        return []
    parameters = {"types": [key.type for key in keys], "ids": [key.id for key in keys], "room": room}
    cursor = await connection.execute(_sql["named"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def _referring(
    connection: Reader, to: Sequence[Found], source: str, links: Collection[Link], limit: int
) -> list[Key]:
    """Resources of a type that refer to these by any of its links."""
    keys = [Key(one.type, one.id) for one in to]
    # Several parameters may be of one element, as patient is of what subject is.
    terms = {base_of(one.number) | hash_of(key.reference) for one in links for key in keys if one.takes(key)}
    if not terms:
        return []
    parameters = {"kind": KINDS[source], "terms": sorted(terms), "limit": limit}
    cursor = await connection.execute(_sql["referring"], parameters, binary=True)
    return [Key(source, id_) for (id_,) in await cursor.fetchall()]
