"""A Patient's compartment, page by page, and what it refers to outside."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES, subject_paths
from ehr.sql import load_queries
from ehr.values import Key, subject_of
from projections.database import Reader
from projections.fhir_resources.found import Found

_sql = load_queries(Path(__file__).with_name("everything.sql"))

PERHAPS_SOMEONES = frozenset({"Contract", "Device", "GuidanceResponse", "Task"})
"""Types that name a Patient or none."""

OUTSIDE = PERHAPS_SOMEONES | {t for t in RESOURCE_TYPES if t != "Patient" and not subject_paths(t)}
"""Types of what may be no one's: practitioners, organizations, places, medications, devices …"""

_REFERENCE = re.compile(rb'reference"\s*:\s*"(%b)/([A-Za-z0-9\-.]{1,64})["/]' % "|".join(OUTSIDE).encode())


class Wanted(NamedTuple):
    """What of a Patient's compartment. types: None for all. since: changed then or later.

    start, end: the main date begins between them; what has no date is wanted in any case.
    """

    patient: Key
    types: Sequence[str] | None = None
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None

    def includes(self, patient: Found) -> bool:
        """Whether the Patient itself is wanted; its date of birth does not matter."""
        of_type = self.types is None or patient.type in self.types
        return of_type and (self.since is None or patient.last_updated >= self.since)


async def read_page(connection: Reader, wanted: Wanted, after: Key | None, limit: int) -> list[Found]:
    """The Patient, if it is there, and the next ``limit`` resources of its compartment.

    They are ordered by type and then as they were first stated, which no amendment changes.
    """
    parameters = {
        **wanted._asdict(),
        "id": wanted.patient.id,
        "patient": subject_of(wanted.patient.reference),
        "types": None if wanted.types is None else list(wanted.types),
        "after_type": after and after.type,
        "after_id": after and after.id,
        "limit": limit,
    }
    cursor = await connection.execute(_sql["page"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def read_outside(connection: Reader, keys: Iterable[Key], since: datetime | None) -> list[Found]:
    """Those of the keys that are in no Patient's compartment and were changed at ``since`` or later."""
    names = list(keys)
    parameters = {"types": [key.type for key in names], "ids": [key.id for key in names], "since": since}
    cursor = await connection.execute(_sql["outside"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


def outside_references(resources: Sequence[bytes]) -> set[Key]:
    """Local resources that these refer to and whose type is one of OUTSIDE."""
    found: set[tuple[bytes, bytes]] = set()
    for (
        resource
    ) in resources:  # One by one: a page's text is megabytes, which take longer to join than to search.
        found.update(_REFERENCE.findall(resource))
    return {Key(type_.decode(), id_.decode()) for type_, id_ in found}
