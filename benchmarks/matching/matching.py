"""Registrations one after the other, each compared with those before it that share a key."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import orjson

from benchmarks.matching.registrations import Registration, patient_of
from ehr.matching.blocking import COMMON, block_keys, is_of_number
from ehr.matching.frequencies import Counted
from ehr.matching.person import Person, read_person
from projections.matching.candidates import AT_MOST, LEAST, worths


def prepared(registrations: Sequence[Registration]) -> list[Person]:
    """Each as the record would read its Patient."""
    return [read_person(orjson.dumps(patient_of(said))) for said in registrations]


def counted(people: Sequence[Person]) -> Counted:
    """How common names are among the registered."""
    return Counted.among((one.commune, name) for one in people for name in one.names[:1])


_Blocks = dict[str, list[int]]


def candidates(people: Sequence[Person]) -> Iterator[tuple[int, list[int]]]:
    """Each with those before it that share a key, within the bounds of projections/matching/queries.sql."""
    blocks: _Blocks = defaultdict(list)
    for index, person in enumerate(people):
        keys = block_keys(person)
        yield index, _likeliest(person, keys, blocks)
        for key in keys:
            blocks[key].append(index)


def _likeliest(person: Person, keys: Sequence[str], blocks: _Blocks) -> list[int]:
    worth: Counter[int] = Counter()
    for key, bits in zip(keys, worths(person, keys), strict=True):
        bearers = blocks[key][: COMMON + 1]
        if is_of_number(key) or len(bearers) <= COMMON:
            worth.update(dict.fromkeys(bearers, bits))
    found = (other for other, bits in worth.items() if bits >= LEAST)
    return sorted(found, key=lambda other: (-worth[other], other))[:AT_MOST]


class Components:
    """Who has been found to be one person."""

    def __init__(self, number: int) -> None:
        self._parents = list(range(number))
        self._members = [{index} for index in range(number)]

    def of(self, index: int) -> int:
        """The first of its component."""
        while self._parents[index] != index:
            self._parents[index] = self._parents[self._parents[index]]
            index = self._parents[index]
        return index

    def members(self, index: int) -> set[int]:
        """All of its component."""
        return self._members[self.of(index)]

    def join(self, one: int, other: int) -> None:
        """Both are one person from now on."""
        first, second = sorted((self.of(one), self.of(other)))
        if first != second:
            self._parents[second] = first
            self._members[first] |= self._members[second]
