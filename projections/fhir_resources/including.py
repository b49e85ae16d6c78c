"""What is included with matches (https://hl7.org/fhir/R4/search.html#include, #revinclude)."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ehr.sql import load_queries
from ehr.values import Key
from projections.database import Reader
from projections.fhir_resources.found import Found, bodies_of
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


async def included(
    connection: Reader, matches: Sequence[Found], steps: Sequence[Step], base: str
) -> list[Found]:
    """What the steps lead to from the matches, each resource once and none of the matches.

    base: the server's own address. Raises TooManyIncluded.
    """
    seen = {Key(one.type, one.id) for one in matches}
    found: list[Found] = []
    new, ways = list(matches), list(steps)
    while new and ways:
        new = await _next(connection, new, ways, seen, base)
        found += new
        if len(found) > MOST_INCLUDED:
            raise TooManyIncluded
        ways = [step for step in steps if step.again]
    return found


async def _next(
    connection: Reader, new: Sequence[Found], steps: Iterable[Step], seen: set[Key], base: str
) -> list[Found]:
    """What comes next, which is then seen."""
    found: list[Found] = []
    resources: list[dict[str, Any]] = []
    for step in steps:
        if step.backward:
            found += await _referring(connection, new, step.links(step.source), step.source)
            continue
        resources = resources or [orjson.loads(body) for body in bodies_of(new)]
        reach = (reached(step.links(one["resourceType"]), one, base) for one in resources)
        keys = [key for key in chain.from_iterable(reach) if key not in seen]
        found += await _named(connection, list(dict.fromkeys(keys)))
    fresh = {Key(one.type, one.id): one for one in found}
    told = [one for key, one in fresh.items() if key not in seen]
    seen.update(fresh)
    return told


async def _named(connection: Reader, keys: Sequence[Key]) -> list[Found]:
    if not keys:
        return []
    if len(keys) > MOST_INCLUDED:
        raise TooManyIncluded
    parameters = {"types": [key.type for key in keys], "ids": [key.id for key in keys]}
    cursor = await connection.execute(_sql["named"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def _referring(
    connection: Reader, to: Sequence[Found], links: Sequence[Link], type_: str
) -> list[Found]:
    """Resources of a type that refer to these by any of the links."""
    keys = [Key(one.type, one.id) for one in to]
    terms = [base_of(one.number) | hash_of(key.reference) for one in links for key in keys if one.takes(key)]
    if not terms:
        return []
    parameters = {"kind": KINDS[type_], "terms": terms, "limit": MOST_INCLUDED + 1}
    cursor = await connection.execute(_sql["referring"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]
