"""How a condition names resources of this server, and which Patients it takes for one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ehr.values import Key

PATIENT = "Patient"

People = Mapping[str, Sequence[str]]
"""Id of a Patient -> ids of all that are one person with it, itself among them."""

EACH_ALONE: People = MappingProxyType({})


@dataclass
class Naming:
    """base: the server's own address. people: of Patients that are not alone.

    patients: ids of those that were named so far; whoever finds people for them reads the query again.
    """

    base: str = ""
    people: People = field(default_factory=dict)
    patients: set[str] = field(default_factory=set)

    def all_of(self, key: Key) -> list[Key]:
        """What is meant by a resource: of a Patient all that are one person with it."""
        if key.type != PATIENT:
            return [key]
        self.patients.add(key.id)
        return [Key(PATIENT, id_) for id_ in self.people.get(key.id, (key.id,))]
