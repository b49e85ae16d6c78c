"""What follows for somebody from what the rules say of others. Pure."""

from collections.abc import Mapping
from uuid import UUID

from ehr.matching.judging import LINK, PROPOSE, Verdict
from ehr.matching.numbers import KEYS
from ehr.matching.weights import SHARED
from projections.linking.sight import Sight
from projections.matching.candidates import Judged

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
        self._apart = sight.apart

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
        """What is to be proposed, the weightiest: also what may not be linked for the sake of others."""
        return [one for one in self._others if self._is_proposed(one)][:MOST_PROPOSALS]

    def _is_proposed(self, one: Judged) -> bool:
        other = one.candidate.subject
        if other in self.own:
            return False
        barred = one.verdict.decision == LINK and self._kept_apart(other)
        return barred or one.verdict.decision == PROPOSE

    def _kept_apart(self, other: UUID) -> bool:
        """Whether somebody keeps one of the one person apart from one of the other."""
        group, direct = self._groups[other], frozenset((self._citizen, other))
        return any(pair & self.own and pair & group for pair in self._apart - {direct})
