"""What follows for somebody from what the rules say of others. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, combinations, islice, product
from typing import Final
from uuid import UUID

from ehr.evidence import says_more
from ehr.linking import State
from ehr.matching.judging import LINK, PROPOSE, Verdict, are_two
from ehr.matching.numbered import keys_of, share_a_key
from projections.linking.bearers import Bearers
from projections.linking.doubting import doubts
from projections.linking.sight import MOST_TOGETHER, Said, Sight
from projections.matching.candidates import Judged

MOST_PROPOSALS = 20
"""Of one citizen at a time, the weightiest."""

_Pair = frozenset[UUID]
_WHOEVER: Final[Sequence[_Pair]] = (frozenset(),)
"""No pair: it speaks against any two."""


class Together:
    """Whom the citizen is one person with, while links are made. Whoever is so already needs nothing more.

    What speaks against whom is found out once between two links, and within bounds: of large people nothing
    follows by itself.
    """

    def __init__(self, sight: Sight) -> None:
        """As it stands before."""
        self.own = sight.people[sight.citizen.subject]
        self._citizen = sight.citizen.subject
        self._others = sight.others
        self._groups: Mapping[UUID, frozenset[UUID]] = sight.people
        self._pairs = sight.pairs
        self._persons = {subject: one.person for subject, one in sight.persons.items()}
        self._in_doubt = bool(doubts(sight))
        self._doubted = [pair for pair, said in sight.pairs.items() if said.state is State.DOUBTED]
        self._bearers = Bearers(self._persons)
        self._known: dict[frozenset[UUID], Sequence[_Pair]] = {}
        self._are_two = cache(self._compare)
        self._claims = cache(self._compare_numbers)

    def join(self, other: UUID) -> None:
        """The two are linked now."""
        self.own |= self._groups[other]
        self._known.clear()

    def may_link(self, one: Judged) -> bool:
        """Whether the rules link the two, and nothing speaks against the one person whom that would make.

        Of the two themselves the record decides: a number that was not known then may link them.
        """
        other = one.candidate.subject
        return one.verdict.decision == LINK and other not in self.own and not self._is_barred(other)

    def proposals(self) -> Iterator[Judged]:
        """What is to be proposed, the weightiest: also what may not be linked for the sake of others. Of each
        person one Patient."""
        asked = set[frozenset[UUID]]()
        for one in self._others:
            group = self._groups[one.candidate.subject]
            if len(asked) < MOST_PROPOSALS and group not in asked and self._is_proposed(one):
                asked.add(group)
                yield one

    def _is_proposed(self, one: Judged) -> bool:
        other = one.candidate.subject
        if other in self.own or not self._is_asked(one):
            return False
        said = [said for said in self._between(other) if said.there]
        if any(one_said.state is State.PROPOSED for one_said in said):
            return False
        return not said or _says_more(one.verdict, said)

    def _is_asked(self, one: Judged) -> bool:
        if one.verdict.decision == LINK:
            return self._is_barred(one.candidate.subject)
        idle = self._bearers.say_nothing(self._citizen, one.candidate.subject, one.verdict)
        return one.verdict.decision == PROPOSE and not idle

    def _is_barred(self, other: UUID) -> bool:
        """Whether something speaks against the one person whom a link would make, or nobody knows whose the
        numbers are by which it would be made."""
        group, direct = self._groups[other], frozenset((self._citizen, other))
        if group not in self._known:
            self._known[group] = self._against(group)
        if any(pair != direct for pair in self._known[group]):
            return True
        return self._bearers.share_nobodys(self._citizen, other, self.own | group)

    def _against(self, group: frozenset[UUID]) -> Sequence[_Pair]:
        """Pairs that speak against one person of the citizen's and this one, the first two: one of them is
        not the pair that is asked about.

        Two who are kept apart, or by the rules are two, also where the one is somebody else who has a number
        of theirs, or both are: nobody knows then whose it is. Whoever they are, if a link of theirs is in
        doubt, or they are too many.
        """
        whole = self.own | group
        if self._in_doubt or len(whole) > MOST_TOGETHER or any(pair <= whole for pair in self._doubted):
            return _WHOEVER
        claimants = list(islice(self._claimants(whole), MOST_TOGETHER + 1))
        if len(claimants) > MOST_TOGETHER:
            return _WHOEVER
        pairs = chain(product(self.own, group), product(whole, claimants), combinations(claimants, 2))
        return list(islice((frozenset(pair) for pair in pairs if self._are_two(*pair)), 2))

    def _compare(self, one: UUID, other: UUID) -> bool:
        if self._is_kept_apart(one, other):
            return True
        some, others = self._persons.get(one), self._persons.get(other)
        return bool(some and others and are_two(some, others))

    def _is_kept_apart(self, one: UUID, other: UUID) -> bool:
        said = self._pairs.get(frozenset((one, other)))
        return said is not None and said.apart

    def _claimants(self, whole: frozenset[UUID]) -> Iterator[UUID]:
        """Everybody else who shares a number that may link with one of these, as far as nobody has told the
        two apart; and whoever is one person with them. Each once."""
        found = set(whole)
        for one in whole & self._persons.keys():
            for subject in self._bearers.of(keys_of(self._persons[one])):
                if subject not in found and self._claims(subject, one):
                    new = self._groups.get(subject, frozenset((subject,))) - found
                    found |= new
                    yield from new

    def _compare_numbers(self, one: UUID, other: UUID) -> bool:
        shared = share_a_key(self._persons[one], self._persons[other])
        return shared and not self._is_kept_apart(one, other)

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
