"""Who bears a number that belongs to one person, and when it is nobody's. Pure.

The card of a nurse or a mother is scanned now and then for others who have none with them; test numbers
stand in many Patients.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from ehr.evidence import OBTAINED
from ehr.matching.judging import Verdict
from ehr.matching.numbered import is_another, keys_of
from ehr.matching.numbers import KEYS
from ehr.matching.person import Person
from ehr.matching.weights import load_weights
from projections.linking.sight import MOST_TOGETHER

MOST_MISTAKES: Final = 2
"""Other names of those who bear a number, whether it fits them or not. More make doubt whose it is at all."""

_Key = tuple[str, str]


class Bearers:
    """Of each number in use that belongs to one person, however it was obtained, whether it fits or not."""

    def __init__(self, persons: Mapping[UUID, Person]) -> None:
        self._persons = persons
        self._of: defaultdict[_Key, list[UUID]] = defaultdict(list)
        for subject, person in persons.items():
            for key in _numbers(person):
                self._of[key].append(subject)

    def of(self, keys: Iterable[_Key]) -> Iterator[UUID]:
        """Whoever bears one of these."""
        return (subject for key in keys for subject in self._of[key])

    def share_nobodys(self, one: UUID, other: UUID, whole: frozenset[UUID]) -> bool:
        """Whether all numbers that may link two are nobody's. whole: who would be one person then."""
        if not {one, other} <= self._persons.keys():
            return False
        shared = keys_of(self._persons[one]) & keys_of(self._persons[other])
        return bool(shared) and all(
            self._is_overborne(key, one, whole) or self._is_anothers(key, one, whole) for key in shared
        )

    def say_nothing(self, one: UUID, other: UUID, verdict: Verdict) -> bool:
        """Whether two have numbers in common that are nobody's, and nothing else by which to propose them."""
        if not {one, other} <= self._persons.keys():
            return False
        shared = _numbers(self._persons[one]) & _numbers(self._persons[other])
        alone = frozenset((one,))
        if not shared or not all(self._is_overborne(key, one, alone) for key in shared):
            return False
        by_numbers = sum(e.bits for e in verdict.evidence if e.field in KEYS and e.level in OBTAINED)
        return verdict.weight - by_numbers < load_weights().stated.propose

    def _is_overborne(self, key: _Key, one: UUID, whole: frozenset[UUID]) -> bool:
        if len(self._of[key]) > MOST_TOGETHER:
            return True
        others = {self._persons[other].every_name[0].folded for other in self._others(key, one, whole)}
        return len(others) > MOST_MISTAKES

    def _is_anothers(self, key: _Key, one: UUID, whole: frozenset[UUID]) -> bool:
        """Whether it fits somebody of another name, for whom it was captured."""
        return any(key in keys_of(self._persons[other]) for other in self._others(key, one, whole))

    def _others(self, key: _Key, one: UUID, whole: frozenset[UUID]) -> list[UUID]:
        """Bearers of another name, but for those who are one person with somebody."""
        person = self._persons[one]
        return [
            other
            for other in self._of[key]
            if other not in whole and is_another(person, self._persons[other])
        ]


def _numbers(person: Person) -> frozenset[_Key]:
    return frozenset((n.kind, n.value) for n in person.every_number if n.kind in KEYS and not n.ended)
