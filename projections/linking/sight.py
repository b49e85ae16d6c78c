"""What the linking process sees of one citizen, at one moment: candidates, people, and who is kept apart."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.evidence import OBTAINED
from ehr.linking import State
from ehr.matching.judging import NONE
from ehr.sql import load_queries
from projections.database import Reader
from projections.links.person import people_of
from projections.links.view import Links
from projections.matching.candidates import AT_MOST, Candidate, Judged, candidates, judged_with, people
from projections.matching.view import Matching

_sql = load_queries(Path(__file__).with_name("sight.sql"))


_VIEWS = {
    "views": [Links.name, Matching.name],
    "versions": [Links.code_version, Matching.code_version],
}


class Behind(Exception):
    """A view does not show yet what it takes, or was built by other code."""


class Incomplete(Exception):
    """A view leaves something out that it takes."""


class Said(NamedTuple):
    """What was decided about a pair, and no link stands. numbers: (field, level) of those that may link, as
    far as they were known. there: whether neither Patient is deleted."""

    state: State
    numbers: frozenset[tuple[str, str]]
    there: bool


class Sight(NamedTuple):
    """Of somebody who is there.

    others: whoever is to be linked, proposed or looked at again, with what the rules say, the weightiest
    first. people: of everyone here, all who are one person. pairs: of them, about which something was
    decided. linked: with whom a program has linked the citizen.
    """

    citizen: Candidate
    others: list[Judged]
    people: Mapping[UUID, frozenset[UUID]]
    pairs: Mapping[frozenset[UUID], Said]
    linked: frozenset[UUID]

    @property
    def everyone(self) -> frozenset[UUID]:
        """All subjects that matter here."""
        return frozenset[UUID]().union(*self.people.values())


class Shown(NamedTuple):
    """Positions: of both views, and of links."""

    both: int
    links: int


async def shown(connection: Reader, subject: UUID | None = None) -> Shown:
    """How far the views have come. Raises Behind while there is none, and Incomplete where one leaves
    something out: links anything, matching something of the subject."""
    cursor = await connection.execute(_sql["sight"], _VIEWS | {"subject": subject}, binary=True)
    row = await cursor.fetchone()
    if row is None:
        raise Behind
    if row[2]:
        raise Incomplete
    return Shown(row[0], row[1])


async def sight_of(connection: Reader, subject: UUID) -> Sight | None:
    """Within one snapshot; None where there is no such Patient."""
    known = await people(connection, [subject])
    if subject not in known:
        return None
    citizen = known[subject]
    linked = await _linked(connection, subject)
    found = await candidates(connection, citizen.person, at_most=AT_MOST, but=subject)
    missing = linked - {one.subject for one in found}
    found += (await people(connection, missing)).values() if missing else ()
    said = await judged_with(connection, citizen.person, found)
    others = [one for one in said if one.verdict.decision != NONE or one.candidate.subject in linked]
    if not others:
        return Sight(citizen, [], {subject: frozenset({subject})}, {}, linked)
    groups = await _people(connection, [subject, *(one.candidate.subject for one in others)])
    pairs = await _pairs(connection, frozenset[UUID]().union(*groups.values()))
    return Sight(citizen, others, groups, pairs, linked)


async def one_person(connection: Reader, subjects: Iterable[UUID]) -> frozenset[UUID]:
    """These, and whoever is one person with them."""
    return frozenset[UUID]().union(*(await _people(connection, list(subjects))).values())


async def _people(connection: Reader, subjects: list[UUID]) -> dict[UUID, frozenset[UUID]]:
    found = await people_of(connection, subjects)
    return {subject: frozenset({subject, *found[subject]}) for subject in subjects}


async def _pairs(connection: Reader, subjects: Iterable[UUID]) -> dict[frozenset[UUID], Said]:
    cursor = await connection.execute(_sql["pairs"], {"subjects": list(subjects)}, binary=True)
    return {
        frozenset((subject, other)): Said(State(state), _numbers(evidence), there)
        for subject, other, state, evidence, there in await cursor.fetchall()
    }


def _numbers(evidence: Iterable[Iterable[tuple[str, str, float]]]) -> frozenset[tuple[str, str]]:
    return frozenset((field, level) for some in evidence for field, level, _ in some if level in OBTAINED)


async def _linked(connection: Reader, subject: UUID) -> frozenset[UUID]:
    cursor = await connection.execute(_sql["linked"], {"subject": subject}, binary=True)
    return frozenset(other for (other,) in await cursor.fetchall())
