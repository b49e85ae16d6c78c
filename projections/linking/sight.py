"""What the linking process sees of one citizen, at one moment: candidates, people, and who is kept apart."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.evidence import Numbers, known_by
from ehr.facts import FACT_TYPES, Evidence, PairFact
from ehr.linking import State
from ehr.matching.judging import NONE
from ehr.sql import load_queries
from ehr.values import stream_of_pair
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


MOST_LEFT_OUT = 100
"""Records that links may have passed over before everybody waits."""

MOST_TOGETHER = 50
"""Patients whom programs make one person, and who may bear one number before it is nobody's. Somebody may
have linked more."""

_OTHERS = [name for name, kind in FACT_TYPES.items() if not issubclass(kind, PairFact)]
"""Facts that decide nothing about pairs."""


class Behind(Exception):
    """A view does not show yet what it takes, or was built by other code."""


class Incomplete(Exception):
    """A view leaves something out that it takes."""


class Said(NamedTuple):
    """What was decided about a pair. known: numbers in common, as far as anybody has seen them; nothing where
    a link stands. there: whether neither Patient is deleted. apart: whether a person keeps the two apart.
    by_program: whether a program has decided last."""

    state: State
    known: Numbers
    there: bool
    apart: bool
    by_program: bool = False


class Sight(NamedTuple):
    """Of somebody who is there.

    others: whoever is to be linked, proposed or looked at again, with what the rules say, the weightiest
    first. people: of everyone here, all who are one person. pairs: of them, about which something was
    decided. linked: with whom a program has linked the citizen. persons: these, and whoever else has
    something telling in common with the citizen, as far as they are there.
    """

    citizen: Candidate
    others: list[Judged]
    people: Mapping[UUID, frozenset[UUID]]
    pairs: Mapping[frozenset[UUID], Said]
    linked: frozenset[UUID]
    persons: Mapping[UUID, Candidate]

    @property
    def everyone(self) -> frozenset[UUID]:
        """All subjects that matter here."""
        return frozenset[UUID]().union(*self.people.values())


class Shown(NamedTuple):
    """Positions: of both views, and of links."""

    both: int
    links: int


async def shown(connection: Reader, subject: UUID | None = None) -> Shown:
    """How far the views have come. Raises Behind while there is none, and Incomplete where somebody is
    parked in links, or matching leaves something out of the subject."""
    cursor = await connection.execute(_sql["sight"], _VIEWS | {"subject": subject}, binary=True)
    row = await cursor.fetchone()
    if row is None:
        raise Behind
    if row[2]:
        raise Incomplete
    return Shown(row[0], row[1])


async def sight_of(connection: Reader, subject: UUID) -> Sight | None:
    """Within one snapshot; None where there is no such Patient. Raises Incomplete where links have passed
    over what may concern anybody here."""
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
    groups = await _people(connection, [subject, *(one.candidate.subject for one in others)])
    everyone = frozenset[UUID]().union(*groups.values())
    await _require_whole(connection, everyone)
    pairs = await _pairs(connection, everyone) if len(everyone) > 1 else {}
    persons = {one.subject: one for one in (citizen, *found)}
    unseen = _to_be_read(groups, subject) - persons.keys()
    persons |= await people(connection, unseen) if unseen else {}
    return Sight(citizen, others, groups, pairs, linked, persons)


def _to_be_read(groups: Mapping[UUID, frozenset[UUID]], subject: UUID) -> frozenset[UUID]:
    """Everybody, but for people who are too many for anything to follow."""
    some = (group for group in groups.values() if subject in group or len(group) <= MOST_TOGETHER)
    return frozenset[UUID]().union(*some)


async def one_person(connection: Reader, subjects: Iterable[UUID]) -> frozenset[UUID]:
    """These, and whoever is one person with them. Raises Incomplete where links have passed over what may
    concern them."""
    found = frozenset[UUID]().union(*(await _people(connection, list(subjects))).values())
    await _require_whole(connection, found)
    return found


async def _require_whole(connection: Reader, everyone: Collection[UUID]) -> None:
    """Raises Incomplete where links have passed over what may be a decision about one of these. It is filed
    under the smaller subject of two, and tells the other one by its stream."""
    asked = {"others": _OTHERS, "limit": MOST_LEFT_OUT + 1}
    cursor = await connection.execute(_sql["passed_over"], asked, binary=True)
    passed_over = await cursor.fetchall()
    subjects = {subject for subject, _ in passed_over}
    streams = {stream_of_pair(subject, other) for subject in subjects for other in everyone}
    if (
        len(passed_over) > MOST_LEFT_OUT
        or not subjects.isdisjoint(everyone)
        or any(stream is None or stream in streams for _, stream in passed_over)
    ):
        raise Incomplete


async def _people(connection: Reader, subjects: list[UUID]) -> dict[UUID, frozenset[UUID]]:
    found = await people_of(connection, subjects)
    return {subject: frozenset({subject, *found[subject]}) for subject in subjects}


async def _pairs(connection: Reader, subjects: Iterable[UUID]) -> dict[frozenset[UUID], Said]:
    cursor = await connection.execute(_sql["pairs"], {"subjects": list(subjects)}, binary=True)
    return {
        frozenset((subject, other)): Said(State(state), _known(evidence), there, apart, by_program)
        for subject, other, state, evidence, there, apart, by_program in await cursor.fetchall()
    }


def _known(evidence: Iterable[Iterable[tuple[str, str, float]]]) -> Numbers:
    return known_by(Evidence(*one) for some in evidence for one in some)


async def _linked(connection: Reader, subject: UUID) -> frozenset[UUID]:
    cursor = await connection.execute(_sql["linked"], {"subject": subject}, binary=True)
    return frozenset(other for (other,) in await cursor.fetchall())
