"""What all entries of a chart have in common.

Entries are stored as MessagePack arrays (sheets.py): fields are only ever added at the end of a class, with a
default, so that what an earlier version of this code has stored stays readable until the view is rebuilt.
"""

import msgspec


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where an entry comes from.

    type, id: of the FHIR resource. recorded_at: RFC 3339, when the record took its first version here.
    amended_at: when it took the version that is shown, if that is a later one. facility: code of the facility
    that stated it. modified: it has a modifierExtension somewhere, so only the resource itself says all of it
    (https://hl7.org/fhir/R4/extensibility.html#modifierExtension).
    """

    type: str
    id: str
    recorded_at: str
    amended_at: str | None = None
    facility: str | None = None
    modified: bool = False

    @property
    def reference(self) -> str:
        """The literal reference, ``Type/id``."""
        return f"{self.type}/{self.id}"


class Named(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Somebody or something that a resource refers to.

    name: as stated there. reference: ``Type/id``, by which the directory may know a name.
    """

    name: str | None = None
    reference: str | None = None


class Coded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A concept. text: for people. system, code: of its first coding."""

    text: str | None = None
    system: str | None = None
    code: str | None = None


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One resource as a chart shows it.

    at: FHIR date, dateTime or instant as stated, possibly partial. encounter: id of its Encounter.
    """

    origin: Origin
    at: str | None
    encounter: str | None
