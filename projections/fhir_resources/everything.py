"""A Patient's compartment, page by page, and what it refers to outside."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.definitions import RESOURCE_TYPES, subject_paths
from ehr.escapes import without_escapes
from ehr.sql import load_queries
from ehr.values import ID, Key, subject_of
from projections.database import Reader
from projections.fhir_resources.found import MOST_BYTES, Found, fitting

_sql = load_queries(Path(__file__).with_name("everything.sql"))

PERHAPS_SOMEONES = frozenset({"Contract", "Device", "GuidanceResponse", "Task"})
"""Types that name a Patient or none."""

OUTSIDE = PERHAPS_SOMEONES | {t for t in RESOURCE_TYPES if t != "Patient" and not subject_paths(t)}
"""Types of what may be no one's: practitioners, organizations, places, medications, devices …"""

MOST_FOLLOWED = 2000
"""Names of resources outside the compartment that are looked up for a page."""

_REFERENCE = re.compile(rf'reference"\s*:\s*"({"|".join(OUTSIDE)})/({ID.pattern})["/]'.encode())


class Member(NamedTuple):
    """A place in a walk through a compartment. type: empty for a Patient. pk: 0 for the one asked for."""

    type: str
    pk: int


class Wanted(NamedTuple):
    """What of a Patient's compartment. types: None for all. since: changed then or later.

    start, end: the main date begins between them; what has no date is wanted in any case. others: ids of the
    Patients that are one person with it: they and their compartments are wanted as well.
    """

    patient: Key
    types: Sequence[str] | None = None
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    others: Sequence[str] = ()

    @property
    def subjects(self) -> list[UUID]:
        """Of all Patients of the person."""
        return [subject_of(self.patient.reference), *(subject_of(f"Patient/{id_}") for id_ in self.others)]

    def includes(self, found: Found) -> bool:
        """Whether this resource is of a wanted type and was changed late enough."""
        of_type = self.types is None or found.type in self.types
        return of_type and (self.since is None or found.last_updated >= self.since)

    @property
    def chooses(self) -> bool:
        """Whether not every member is wanted."""
        return self.types is not None or self.since is not None

    @property
    def by_way_of_others(self) -> bool:
        """Whether members that are not wanted themselves may refer to what is."""
        return self.chooses and (self.types is None or not OUTSIDE.isdisjoint(self.types))


async def read_page(connection: Reader, wanted: Wanted, after: Member | None, limit: int) -> list[Found]:
    """The Patient, if it is there, and the next ``limit`` members of its compartment that are wanted or may
    refer to what is; bodies for one page, and of the Patient only where the walk begins.

    They are ordered by type and then as they were first stated, which no amendment changes; before them come
    the other Patients of the person.
    """
    every = wanted.by_way_of_others
    parameters = {
        **wanted._asdict(),
        "id": wanted.patient.id,
        "others": list(wanted.others),
        "subjects": wanted.subjects,
        "types": None if every or wanted.types is None else list(wanted.types),
        "since": None if every else wanted.since,
        "after_type": after and after.type,
        "after_pk": after and after.pk,
        "limit": limit,
        "room": MOST_BYTES,
    }
    cursor = await connection.execute(_sql["page"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def read_outside(
    connection: Reader, wanted: Wanted, keys: Iterable[Key]
) -> tuple[Sequence[Found], Key | None]:
    """(those of the keys that are wanted and in no Patient's compartment, the first key that is left).

    As many of the first as a page takes; at least one.
    """
    of_types = (key for key in keys if wanted.types is None or key.type in wanted.types)
    wished = list(islice(of_types, MOST_FOLLOWED + 1))
    names, left = wished[:MOST_FOLLOWED], wished[MOST_FOLLOWED:]
    found = await _outside(connection, wanted, names) if names else []
    fits = max(1, fitting(found, MOST_BYTES))
    if fits < len(found):
        return found[:fits], Key(found[fits].type, found[fits].id)
    return found, left[0] if left else None


async def _outside(connection: Reader, wanted: Wanted, names: Sequence[Key]) -> list[Found]:
    parameters = {
        "types": [key.type for key in names],
        "ids": [key.id for key in names],
        "since": wanted.since,
        "room": MOST_BYTES,
    }
    cursor = await connection.execute(_sql["outside"], parameters, binary=True)
    return [Found(*row) for row in await cursor.fetchall()]


async def has_strangers(connection: Reader, subjects: Iterable[UUID]) -> bool:
    """Whether one of the subjects is nobody about whom anything is shown.

    What is about several Patients is a subject of its own (docs/decisions/0003): while its facts wait, it is
    not known whose compartments it belongs to.
    """
    cursor = await connection.execute(_sql["strangers"], {"subjects": list(subjects)}, binary=True)
    row: tuple[bool] | None = await cursor.fetchone()
    return bool(row and row[0])


def outside_references(resources: Sequence[bytes]) -> tuple[dict[Key, int], int]:
    """Local resources that these refer to and whose type is one of OUTSIDE, each with the place of the first
    that refers to it; and how many of these were looked into.

    They are in the order of places, and of names in each. After more than MOST_FOLLOWED no further resource
    is looked into.
    """
    found: dict[tuple[bytes, bytes], int] = {}
    looked_into = 0
    # One by one: a page's text is megabytes, which take longer to join than to search.
    while looked_into < len(resources) and len(found) <= MOST_FOLLOWED:
        for name in _REFERENCE.findall(without_escapes(resources[looked_into])):
            found.setdefault(name, looked_into)
        looked_into += 1
    ordered = sorted(found.items(), key=lambda one: (one[1], one[0]))
    return {Key(type_.decode(), id_.decode()): place for (type_, id_), place in ordered}, looked_into
