"""People as links make them: who was one person with whom, from which position until which.

A person is all subjects that can be reached from each other over links that stand, and is called by the
smallest of them. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple
from uuid import UUID


class Link(NamedTuple):
    """A decision about a pair: from its position on the two are linked, or are not."""

    position: int
    subject: UUID
    other: UUID
    patient: str
    other_patient: str
    stands: bool


class Member(NamedTuple):
    """A subject belonged to a person, after the fact at from_position until that at to_position (None:
    still)."""

    subject: UUID
    patient: str
    person: UUID
    from_position: int
    to_position: int | None


def members(links: Iterable[Link]) -> list[Member]:
    """What decisions amount to, in order of position. Subjects that stand alone belong to nobody else."""
    people = _People()
    for link in links:
        people.add(link)
    return people.found()


class _Place(NamedTuple):
    """Where a subject belongs at present."""

    person: UUID
    since: int


class _People:
    """Who is one person with whom, while links are made and taken back."""

    def __init__(self) -> None:
        self._linked: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._groups: dict[UUID, set[UUID]] = {}  # subject -> all of its person, one set for all of them
        self._places: dict[UUID, _Place] = {}
        self._patients: dict[UUID, str] = {}
        self._over: list[Member] = []

    def add(self, link: Link) -> None:
        self._patients |= {link.subject: link.patient, link.other: link.other_patient}
        if link.stands == (link.other in self._linked[link.subject]):
            return
        if link.stands:
            self._linked[link.subject].add(link.other)
            self._linked[link.other].add(link.subject)
            self._join(self._group(link.subject), self._group(link.other), link.position)
        else:
            self._linked[link.subject].discard(link.other)
            self._linked[link.other].discard(link.subject)
            self._part(link)

    def found(self) -> list[Member]:
        """All that was and is."""
        present = (
            Member(subject, self._patients[subject], place.person, place.since, None)
            for subject, place in self._places.items()
        )
        return [*self._over, *present]

    def _group(self, subject: UUID) -> set[UUID]:
        return self._groups.setdefault(subject, {subject})

    def _join(self, one: set[UUID], other: set[UUID], position: int) -> None:
        if one is other:
            return
        less, more = (one, other) if len(one) < len(other) else (other, one)
        person = min(self._person(less), self._person(more))
        for subject in less if len(more) > 1 and self._person(more) == person else less | more:
            self._belong(subject, person, position)
        more |= less
        for subject in less:
            self._groups[subject] = more

    def _person(self, group: set[UUID]) -> UUID:
        """What the subjects of a group belong to, each to the same; of one that stands alone, itself."""
        (subject, *_) = islice(group, 1)
        return self._places[subject].person if subject in self._places else subject

    def _part(self, link: Link) -> None:
        """Of one person two become, unless the two are linked over others."""
        one = self._reached(link.subject)
        if link.other in one:
            return
        for group in (one, self._group(link.other) - one):
            person = min(group)
            for subject in group:
                self._groups[subject] = group
                self._belong(subject, person if len(group) > 1 else None, link.position)

    def _reached(self, subject: UUID) -> set[UUID]:
        reached, ahead = {subject}, [subject]
        while ahead:
            new = self._linked[ahead.pop()] - reached
            reached |= new
            ahead += new
        return reached

    def _belong(self, subject: UUID, person: UUID | None, position: int) -> None:
        place = self._places.get(subject)
        if place and place.person == person:
            return
        if place:
            self._over.append(Member(subject, self._patients[subject], *place, position))
            del self._places[subject]
        if person:
            self._places[subject] = _Place(person, position)
