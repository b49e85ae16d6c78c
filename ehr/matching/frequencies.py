"""How common names are where somebody lives: to bear a rare one in common says more."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

from ehr.matching.names import Name

RAREST: Final = 1e-6


class Frequencies(Protocol):
    """Shares of people, above 0 and at most 1. Words are folded (ehr.names.fold).

    commune: a code of today's list, None for the whole population. Whoever never met a name or a commune says
    a small share, not none. Must not change between two calls whose answers are compared.
    """

    def surname(self, word: str, commune: str | None) -> float:
        """Of those who live in the commune, the share with this surname."""
        ...

    def given(self, word: str, commune: str | None) -> float:
        """Of those who live in the commune, the share who are called by this name."""
        ...


class _Average:
    def __init__(self, surname: float, given: float) -> None:
        self._surname, self._given = surname, given

    def surname(self, word: str, commune: str | None) -> float:  # noqa: ARG002
        return self._surname

    def given(self, word: str, commune: str | None) -> float:  # noqa: ARG002
        return self._given


def average(surname: float, given: float) -> Frequencies:
    """Of nobody's names in particular: every name weighs what names weigh on average."""
    return _Average(surname, given)


class Counted:
    """Frequencies of people who were counted. What few people of a commune say is drawn towards the whole."""

    STRENGTH: Final = 50.0
    """So many people of the whole population stand beside those of a commune."""

    def __init__(self, people: Iterable[tuple[str | None, Name]]) -> None:
        self._people: Counter[str | None] = Counter()
        self._words: Counter[tuple[bool, str, str | None]] = Counter()
        for commune, name in people:
            for place in {commune, None}:
                self._people[place] += 1
                self._words[True, name.surname, place] += 1
                self._words[False, name.given, place] += 1

    def surname(self, word: str, commune: str | None) -> float:
        """See Frequencies."""
        return self._share(True, word, commune)

    def given(self, word: str, commune: str | None) -> float:
        """See Frequencies."""
        return self._share(False, word, commune)

    def _share(self, of_surnames: bool, word: str, commune: str | None) -> float:
        whole = (self._words[of_surnames, word, None] + 0.5) / (self._people[None] + 1)
        here, people = self._words[of_surnames, word, commune], self._people[commune]
        return max(RAREST, (here + self.STRENGTH * whole) / (people + self.STRENGTH))
