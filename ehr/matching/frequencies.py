"""How common names are where somebody lives: to bear a rare one in common says more."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, Protocol

from ehr.matching.names import Name

RAREST: Final = 1e-6

PEOPLE: Final = ""
SURNAME: Final = "surname"
GIVEN: Final = "given"


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


class Count(NamedTuple):
    """What people are counted by. commune: None for everywhere. part: SURNAME, GIVEN, or PEOPLE with ""."""

    commune: str | None
    word: str
    part: str


def counts_of(commune: str | None, name: Name) -> list[Count]:
    """What somebody counts for who is called so and lives there."""
    words = (("", PEOPLE), (name.surname, SURNAME), (name.given, GIVEN))
    return [Count(place, *word) for place in dict.fromkeys((commune, None)) for word in words]


class Counted:
    """Frequencies of people who were counted. What few people of a commune say is drawn towards the whole."""

    STRENGTH: Final = 50.0
    """So many people of the whole population stand beside those of a commune."""

    def __init__(self, people: Mapping[Count, int]) -> None:
        """``people``: how many there are of each; whatever is asked for and is not there, counts as none."""
        self._people = people

    @classmethod
    def among(cls, people: Iterable[tuple[str | None, Name]]) -> "Counted":
        """Of these people, each with the commune."""
        return cls(Counter(count for commune, name in people for count in counts_of(commune, name)))

    def surname(self, word: str, commune: str | None) -> float:
        """See Frequencies."""
        return self._share(SURNAME, word, commune)

    def given(self, word: str, commune: str | None) -> float:
        """See Frequencies."""
        return self._share(GIVEN, word, commune)

    def _share(self, part: str, word: str, commune: str | None) -> float:
        whole = (self._of(None, word, part) + 0.5) / (self._of(None, "", PEOPLE) + 1)
        here, people = self._of(commune, word, part), self._of(commune, "", PEOPLE)
        return max(RAREST, (here + self.STRENGTH * whole) / (people + self.STRENGTH))

    def _of(self, commune: str | None, word: str, part: str) -> int:
        return self._people.get(Count(commune, word, part), 0)
