"""Which links of programs are not believed any more, by what a citizen says now. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from ehr.linking import State
from ehr.matching.judging import are_two, judge, still_links
from projections.linking.sight import Sight
from projections.matching.candidates import Candidate, Judged

_Linked = Mapping[UUID, Collection[UUID]]
"""With whom each one is linked."""


class Doubt(NamedTuple):
    """That two whom a program has linked are one person. reason: None where the two themselves tell it."""

    one: Candidate
    other: Judged
    reason: str | None = None


def doubts(sight: Sight) -> list[Doubt]:
    """Links of programs with the citizen that would not be made any more: no number that may link is in
    common and in use, name, sex or birth year were corrected, or something else speaks against it. And those
    over which it is one person with somebody who is another one by what the two say."""
    direct = [
        Doubt(sight.citizen, one)
        for one in sight.others
        if one.candidate.subject in sight.linked
        and not still_links(sight.citizen.person, one.candidate.person, one.verdict)
    ]
    known = {_ends(one) for one in direct}
    return direct + [one for one in _over_others(sight) if _ends(one) not in known]


def _ends(doubt: Doubt) -> frozenset[UUID]:
    return frozenset((doubt.one.subject, doubt.other.candidate.subject))


def _over_others(sight: Sight) -> Iterator[Doubt]:
    """The first links of programs on the way to whoever is another one. Whom people have linked with the
    citizen, over however many, goes for the citizen itself."""
    citizen = sight.citizen
    held = _reached(citizen.subject, _linked(sight, by_program=False), frozenset())
    others = [sight.persons[one] for one in sight.people[citizen.subject] - held if one in sight.persons]
    two = {one.subject: one for one in others if are_two(citizen.person, one.person)}
    believed = _linked(sight)
    for pair in _of_programs(sight) if two else ():
        inside, outside = pair & held, pair - held
        if len(inside) == 1 and pair <= sight.persons.keys():
            (one,), (other,) = inside, outside
            for another in _reached(other, believed, held) & two.keys():
                yield _doubt(sight, one, other, two[another])
                break


def _doubt(sight: Sight, one: UUID, other: UUID, another: Candidate) -> Doubt:
    some, others = sight.persons[one], sight.persons[other]
    patients = f"{sight.citizen.patient}, {another.patient}"
    reason = (
        f"Một người qua hồ sơ khác, mà là hai / one person over others, and two by what they say: {patients}"
    )
    return Doubt(some, Judged(others, judge(some.person, others.person)), reason)


def _of_programs(sight: Sight) -> list[frozenset[UUID]]:
    """Pairs that a program has linked and nobody doubts."""
    return [pair for pair, said in sight.pairs.items() if said.state is State.LINKED and said.by_program]


def _linked(sight: Sight, *, by_program: bool = True) -> _Linked:
    """By links that nobody doubts, or by those of people alone. Where one is in doubt somebody is asked."""
    linked: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for (one, other), said in sight.pairs.items():
        if said.state is State.LINKED and (by_program or not said.by_program):
            linked[one].append(other)
            linked[other].append(one)
    return linked


def _reached(start: UUID, linked: _Linked, but: Collection[UUID]) -> frozenset[UUID]:
    """All that hang together with one of them, itself among them, without those that are left out."""
    reached, ahead = {start}, [start]
    while ahead:
        new = set(linked.get(ahead.pop(), ())) - reached - set(but)
        reached |= new
        ahead += new
    return frozenset(reached)
