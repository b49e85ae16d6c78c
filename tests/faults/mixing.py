"""Whether programs have made one person of two whom the rules tell apart, and nobody is asked.

A link may be right when it is made, and wrong by what is amended later: then it is to be in doubt.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple
from uuid import UUID

from ehr.linking import LINKS, State
from ehr.matching.judging import are_two
from projections.database import Reader
from projections.matching.candidates import Candidate, people
from tests.projections.linking.reading import read

PAIRS = """select p.subject, p.other, p.state, d.rule is not null
    from links.pair p join links.decision d using (position) where p.state = any(%s)"""


class Joined(NamedTuple):
    """A link that stands. by_program: also where it is doubted, since of people's links nobody has doubts."""

    ends: frozenset[UUID]
    state: State
    by_program: bool


def mixed_people(url: str) -> Iterator[str]:
    """Of a record at rest, all of which was judged since. What people have linked is theirs to know."""
    known, links = read(url, _everybody), read(url, _links)
    by_people = _components(one.ends for one in links if not one.by_program)
    for group in _components(one.ends for one in links if one.by_program and known.keys() >= one.ends):
        doubted = any(one.state is State.DOUBTED and one.ends <= group for one in links)
        for pair in () if doubted else combinations(group, 2):
            held = any(by.issuperset(pair) for by in by_people)
            if not held and are_two(*(known[one].person for one in pair)):
                yield "programs have made one person of two"


def _components(pairs: Iterable[frozenset[UUID]]) -> list[frozenset[UUID]]:
    found: list[frozenset[UUID]] = []
    for pair in pairs:
        joined = pair.union(*(one for one in found if not one.isdisjoint(pair)))
        found = [*(one for one in found if one.isdisjoint(pair)), joined]
    return found


async def _everybody(connection: Reader) -> dict[UUID, Candidate]:
    cursor = await connection.execute("select subject from matching.person")
    return await people(connection, [subject for (subject,) in await cursor.fetchall()])


async def _links(connection: Reader) -> list[Joined]:
    cursor = await connection.execute(PAIRS, [[state.value for state in LINKS]])
    rows = await cursor.fetchall()
    return [Joined(frozenset(ends), State(state), by_program) for *ends, state, by_program in rows]
