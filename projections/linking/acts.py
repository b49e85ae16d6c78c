"""What follows for somebody from what the rules say of others. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ehr.evidence import OBTAINED
from ehr.linking import State
from ehr.matching.judging import LINK, PROPOSE, Verdict
from ehr.matching.numbers import KEYS
from ehr.matching.weights import SHARED
from projections.linking.sight import Said, Sight
from projections.matching.candidates import Judged

_APART = frozenset({State.DIFFERENT, State.UNLINKED})

MOST_PROPOSALS = 20
"""Of one citizen at a time, the weightiest: a number that hundreds bear says that it is nobody's."""


def doubts(sight: Sight) -> list[Judged]:
    """With whom a program has linked the citizen, and no number that may link is in common any more."""
    return [
        one
        for one in sight.others
        if one.candidate.subject in sight.linked and not _shares_a_key(one.verdict)
    ]


def _shares_a_key(verdict: Verdict) -> bool:
    """Whether there is such a number, in use or not."""
    return any(said.field in KEYS and said.level in SHARED for said in verdict.evidence)


class Together:
    """Whom the citizen is one person with, while links are made. Whoever is so already needs nothing more."""

    def __init__(self, sight: Sight) -> None:
        """As it stands before."""
        self.own = sight.people[sight.citizen.subject]
        self._citizen = sight.citizen.subject
        self._others = sight.others
        self._groups: Mapping[UUID, frozenset[UUID]] = sight.people
        self._pairs = sight.pairs

    def join(self, other: UUID) -> None:
        """The two are linked now."""
        self.own |= self._groups[other]

    def may_link(self, one: Judged) -> bool:
        """Whether the rules link the two, and nobody who would be one person by that is kept apart.

        Of the two themselves the record decides: a number that was not known then may link them.
        """
        other = one.candidate.subject
        return one.verdict.decision == LINK and other not in self.own and not self._kept_apart(other)

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
        barred = one.verdict.decision == LINK and self._kept_apart(other)
        if not (barred or one.verdict.decision == PROPOSE):
            return False
        said = [said for said in self._between(other) if said.there]
        if any(one_said.state is State.PROPOSED for one_said in said):
            return False
        return barred or not said or _says_more(one.verdict, said)

    def _kept_apart(self, other: UUID) -> bool:
        """Whether somebody keeps one of the one person apart from one of the other."""
        return any(said.state in _APART for said in self._between(other))

    def _between(self, other: UUID) -> list[Said]:
        """What was decided between the two people; of the two themselves the record decides."""
        group, direct = self._groups[other], frozenset((self._citizen, other))
        return [
            said for pair, said in self._pairs.items() if pair != direct and pair & self.own and pair & group
        ]


def _says_more(verdict: Verdict, said: Sequence[Said]) -> bool:
    """Whether a number is in common, or trusted so far, that was not when somebody looked."""
    known: dict[str, int] = {}
    for field, level in (number for one in said for number in one.numbers):
        known[field] = max(OBTAINED[level], known.get(field, 0))
    told = (one for one in verdict.evidence if one.level in OBTAINED)
    return any(OBTAINED[one.level] > known.get(one.field, 0) for one in told)
