"""An entry as somebody looks at it who is to correct it: as it is now, and as it was when they looked."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ehr.definitions import patient_references
from ehr.values import Key
from fhir_api.pages.corrections.fields import Field, Json, fields_of, is_error, read_body
from fhir_api.room import SMALL
from projections.database import ViewDatabase
from projections.facilities.queries import Organization, organizations
from projections.fhir_resources.statements import Statement, statements
from projections.fhir_resources.view import FhirResources
from projections.health_record.entry import Origin
from projections.health_record.kinds import READERS
from projections.standing import PATIENCE, facts_missing


class Entry(NamedTuple):
    """One version. version: its number; resource: None where it is deleted, or cannot be corrected here."""

    version: int
    resource: Json | None

    @property
    def fields(self) -> list[Field]:
        """What can be corrected."""
        return fields_of(self.resource) if self.resource else []

    @property
    def is_error(self) -> bool:
        """Whether it was entered in error."""
        return self.resource is not None and is_error(self.resource)


class Look(NamedTuple):
    """versions: newest first, as far as they were read. patient: id; None where it is about no one Patient.

    called: what it tells of. missing: facts that the view does not show yet.
    """

    key: Key
    versions: Sequence[Statement]
    patient: str | None
    called: str | None
    organizations: Mapping[str, Organization]
    missing: int

    @property
    def now(self) -> Entry:
        """The newest version."""
        return _entry(self.versions[0])

    def at(self, version: int | None) -> Entry | None:
        """A version that was looked at; None where it was not read."""
        return next((_entry(one) for one in self.versions if one.version.version == version), None)

    def since(self, version: int | None) -> Sequence[Statement]:
        """What others have stated after it, the newest first."""
        return [one for one in self.versions if version is not None and one.version.version > version]


async def look_at(views: ViewDatabase, key: Key, patience: float = PATIENCE) -> Look | None:
    """patience: seconds that it waits for the view. None: there never was such a resource."""
    async with views.connection() as connection:
        missing = await facts_missing(connection, FhirResources.name, patience=patience)
        versions = (await statements(connection, [key]))[key]
        facilities = {one.fact.facility for one in versions if one.fact and one.fact.facility}
        named = await organizations(connection, facilities)
    if not versions:
        return None
    patient, called = await asyncio.to_thread(_about, key, versions)
    return Look(key, versions, patient, called, named, missing)


def _entry(statement: Statement) -> Entry:
    fits = 0 < len(statement.body) <= SMALL
    return Entry(statement.version.version, read_body(statement.body) if fits else None)


def _about(key: Key, versions: Sequence[Statement]) -> tuple[str | None, str | None]:
    """(id of its Patient, what it is called), by the newest version that is not deleted."""
    body = next((one.body for one in versions if one.body), b"")
    if not 0 < len(body) <= SMALL:
        return None, None
    patients = [reference.partition("/")[2] for reference in patient_references(read_body(body))]
    entry = READERS[key.type](body, Origin(*key, ""))
    code, title = getattr(entry, "code", None), getattr(entry, "title", None)
    return (patients[0] if len(patients) == 1 else None), title or (code and (code.text or code.code))
