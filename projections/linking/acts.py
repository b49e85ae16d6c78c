"""What follows for somebody from what the rules say of others. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, product
from uuid import UUID

from ehr.evidence import says_more
from ehr.linking import State
from ehr.matching.judging import LINK, PROPOSE, Verdict, are_two, still_links
from ehr.matching.numbered import share_a_key
from projections.linking.sight import Said, Sight
from projections.matching.candidates import Judged

MOST_PROPOSALS = 20
"""Of one citizen at a time, the weightiest: a number that hundreds bear says that it is nobody's."""


def doubts(sight: Sight) -> list[Judged]:
    """With whom a program has linked the citizen, and would not any more: no number that may link is in
    common and in use, name, sex or birth year were corrected, or something else speaks against it."""
    citizen = sight.citizen.person
    return [
        one
        for one in sight.others
        if one.candidate.subject in sight.linked
        and not still_links(citizen, one.candidate.person, one.verdict)
    ]


class Together:
    """Whom the citizen is one person with, while links are made. Whoever is so already needs nothing more."""

    def __init__(self, sight: Sight) -> None:
        """As it stands before."""
        self.own = sight.people[sight.citizen.subject]
        self._citizen = sight.citizen.subject
        self._others = sight.others
        self._groups: Mapping[UUID, frozenset[UUID]] = sight.people
        self._pairs = sight.pairs
        self._persons = sight.persons

    def join(self, other: UUID) -> None:
        """The two are linked now."""
        self.own |= self._groups[other]

    def may_link(self, one: Judged) -> bool:
        """Whether the rules link the two, and nothing speaks against the one person whom that would make.

        Of the two themselves the record decides: a number that was not known then may link them.
        """
        other = one.candidate.subject
        return one.verdict.decision == LINK and other not in self.own and not self._is_barred(other)

    def proposals(self) -> list[Judged]:
        """What is to be proposed, the weightiest: also what may not be linked for the sake of others. Of each
        person one Patient."""
        found: dict[frozenset[UUID], Judged] = {}
        for one in filter(self._is_proposed, self._others):
            found.setdefault(self._groups[one.candidate.subject], one)
        return list(found.values())[:MOST_PROPOSALS]

    def _is_proposed(self, one: Judged) -> bool:
        other = one.candidate.subject
        if other in self.own:
            return False
        if one.verdict.decision != PROPOSE and not (one.verdict.decision == LINK and self._is_barred(other)):
            return False
        said = [said for said in self._between(other) if said.there]
        if any(one_said.state is State.PROPOSED for one_said in said):
            return False
        return not said or _says_more(one.verdict, said)

    def _is_barred(self, other: UUID) -> bool:
        """Whether two would be one person who are kept apart, or by the rules are two; or somebody else has a
        number of theirs, and is another than one of them: nobody knows then whose it is."""
        group = self._groups[other]
        whole = self.own | group
        against = chain(product(self.own, group), product(whole, self._claimants(whole)))
        direct = {self._citizen, other}
        return any({*pair} != direct and self._are_two(*pair) for pair in against)

    def _are_two(self, one: UUID, other: UUID) -> bool:
        if self._is_kept_apart(one, other):
            return True
        some, others = self._persons.get(one), self._persons.get(other)
        return bool(some and others and are_two(some, others))

    def _is_kept_apart(self, one: UUID, other: UUID) -> bool:
        said = self._pairs.get(frozenset((one, other)))
        return said is not None and said.apart

    def _claimants(self, whole: Collection[UUID]) -> Iterable[UUID]:
        """Everybody else who shares a number that may link with one of these, as far as nobody has told the
        two apart; and whoever is one person with them."""
        for subject in self._persons.keys() - whole:
            if any(self._claims(subject, one) for one in whole):
                yield from self._groups.get(subject, (subject,))

    def _claims(self, one: UUID, other: UUID) -> bool:
        some, others = self._persons[one], self._persons.get(other)
        return bool(others and share_a_key(some, others)) and not self._is_kept_apart(one, other)

    def _between(self, other: UUID) -> list[Said]:
        """What was decided between the two people; of the two themselves the record decides."""
        group, direct = self._groups[other], frozenset((self._citizen, other))
        return [
            said for pair, said in self._pairs.items() if pair != direct and pair & self.own and pair & group
        ]


def _says_more(verdict: Verdict, said: Sequence[Said]) -> bool:
    """Whether a number is in common, or trusted so far, that was not when somebody looked."""
    known: dict[str, int] = {}
    for field, trusted in chain.from_iterable(one.known.items() for one in said):
        known[field] = max(trusted, known.get(field, 0))
    return says_more(verdict.evidence, known)
