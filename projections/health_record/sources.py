"""Which of the Patients that are one person a chart's entries are stated of."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from projections.health_record.kinds import AnyEntry, Person


class Source(NamedTuple):
    """A Patient. number: 1 for the one whose chart it is. person: as it was stated, None where it was not.

    entries: how many are stated of it.
    """

    number: int
    patient: str
    subject: UUID
    person: Person | None
    entries: int


class Sources:
    """The Patients of one person; none where the one whose chart it is stands alone."""

    def __init__(self, own: UUID | None = None, people: Mapping[UUID, str] | None = None) -> None:
        """own: subject of the Patient whose chart it is. people: id of each Patient by its subject."""
        self.own = own
        self._people = people or {}
        self._numbers = {subject: number for number, subject in enumerate(self.subjects, 1)}
        self._whose: dict[str, UUID] = {}

    @property
    def several(self) -> bool:
        """Whether there is more than one Patient."""
        return bool(self._people)

    @property
    def subjects(self) -> list[UUID]:
        """The one whose chart it is first."""
        return sorted(self._people, key=lambda one: (one != self.own, one))

    def add(self, subject: UUID, entries: Sequence[AnyEntry]) -> None:
        """Entries of one subject's sheet."""
        for entry in entries:
            self._whose[entry.origin.reference] = subject

    def is_own(self, entry: AnyEntry) -> bool:
        """Whether it is stated of the Patient whose chart it is."""
        return self._whose.get(entry.origin.reference, self.own) == self.own

    def number(self, reference: str) -> int | None:
        """Which Patient an entry is stated of; None where there is only one."""
        subject = self._whose.get(reference)
        return self._numbers.get(subject) if subject else None

    def number_of(self, patient: str) -> int | None:
        """The number of a Patient by its id."""
        return next((self._numbers[one] for one, id_ in self._people.items() if id_ == patient), None)

    def patient(self, reference: str) -> str | None:
        """Id of that Patient."""
        subject = self._whose.get(reference)
        return self._people.get(subject) if subject else None

    def listed(self, entries: Sequence[AnyEntry]) -> list[Source]:
        """Every Patient, with what it states among all entries of the chart."""
        return [self._listed(subject, entries) for subject in self.subjects]

    def _listed(self, subject: UUID, entries: Sequence[AnyEntry]) -> Source:
        own = [entry for entry in entries if self._whose.get(entry.origin.reference) == subject]
        person = next((entry for entry in own if isinstance(entry, Person)), None)
        return Source(self._numbers[subject], self._people[subject], subject, person, len(own))
