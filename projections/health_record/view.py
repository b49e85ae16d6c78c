"""Projects facts to the sheets of which charts are made."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from ehr.escapes import without_escapes
from ehr.sql import load_queries
from projections.health_record.directory import LISTED, Listing
from projections.health_record.entry import Origin
from projections.health_record.kinds import READERS, AnyEntry
from projections.health_record.sheets import pack, unpack
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))

_PACKED = MappingProxyType(
    {"entries": "other bytes may pack the same entries: `digest` is compared for them"}
)


class HealthRecord:
    """See ``projections.view.View``."""

    name = "health_record"
    code_version = 5
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "sheet": Digested("subject::text", "subject, stream, digest", outside=_PACKED),
            "directory": Digested("''", "reference, name, code, refers_to"),
            "progress": Digested("''", "last_updated", outside={"one": "it can only be true"}),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Changes the sheets that the facts touch, and the directory."""
        _write_sheets(connection, [recorded for recorded in facts if _says(recorded, READERS)])
        _write_directory(connection, [recorded for recorded in facts if _says(recorded, LISTED)])
        if facts:
            connection.execute(_sql["progress"], {"last_updated": facts[-1].last_updated})


def _says(recorded: RecordedFact, types: Iterable[str]) -> bool:
    return any(resource.version.type in types for resource in recorded.resources)


# Sheets.


class Place(NamedTuple):
    """Where entries stand: of whom, and which stream has left them."""

    subject: UUID
    stream: UUID


class Sheets:
    """The entries of some places, while facts are applied to them: for the view, and for whoever looks at
    the past."""

    def __init__(self, stored: Mapping[Place, Iterable[AnyEntry]] = MappingProxyType({})) -> None:
        """stored: what earlier facts have left."""
        self._sheets = {place: _Sheet(entries) for place, entries in stored.items()}

    def apply(self, facts: Iterable[RecordedFact]) -> None:
        """facts: in order of position."""
        for recorded in facts:
            place = Place(recorded.subject, recorded.stream)
            if place not in self._sheets:
                self._sheets[place] = _Sheet(())
            self._sheets[place].apply(recorded)

    def entries(self) -> dict[Place, list[AnyEntry]]:
        """What is left at each place, in the order in which it was first stated; of some nothing."""
        return {place: list(sheet.entries.values()) for place, sheet in self._sheets.items()}


class _Sheet:
    """The entries of one place by ``Type/id``, while facts are applied to them."""

    def __init__(self, entries: Iterable[AnyEntry]) -> None:
        self.entries = {entry.origin.reference: entry for entry in entries}

    def apply(self, recorded: RecordedFact) -> None:
        for resource in recorded.resources:
            read = READERS.get(resource.version.type)
            if read is None:
                continue
            reference = f"{resource.version.type}/{resource.version.id}"
            former = self.entries.get(reference)
            entry = read(resource.body, _origin(recorded, resource, former)) if resource.body else None
            if entry is not None:
                self.entries[reference] = entry
            elif former is not None:
                del self.entries[reference]


def _origin(recorded: RecordedFact, resource: RecordedResource, former: AnyEntry | None) -> Origin:
    fact = recorded.fact
    return Origin(
        resource.version.type,
        resource.version.id,
        former.origin.recorded_at if former else fact.recorded_at,
        fact.recorded_at if former else None,
        fact.facility,
        b'"modifierExtension"' in without_escapes(resource.body),
    )


def _write_sheets(connection: Connection, facts: Sequence[RecordedFact]) -> None:
    """Also those on which nothing is left: by them the past finds the streams (past.py)."""
    begun = {Place(recorded.subject, recorded.stream) for recorded in facts if recorded.stream_version > 1}
    sheets = Sheets(_load(connection, begun))
    sheets.apply(facts)
    _put(connection, sheets.entries())


def _load(connection: Connection, places: set[Place]) -> dict[Place, list[AnyEntry]]:
    if not places:
        return {}
    cursor = connection.execute(_sql["sheets"], _columns(places), binary=True)
    return {Place(subject, stream): unpack(entries) for subject, stream, entries in cursor}


def _put(connection: Connection, sheets: Mapping[Place, Sequence[AnyEntry]]) -> None:
    if not sheets:
        return
    packed = [pack(entries) for entries in sheets.values()]
    columns = {"entries": [one.entries for one in packed], "digests": [one.digest for one in packed]}
    connection.execute(_sql["put_sheets"], columns | _columns(sheets))


def _columns(places: Iterable[Place]) -> dict[str, list[UUID] | list[bytes]]:
    ordered = list(places)
    return {"subjects": [one.subject for one in ordered], "streams": [one.stream for one in ordered]}


# Directory.


def _write_directory(connection: Connection, facts: Sequence[RecordedFact]) -> None:
    listings: dict[str, Listing | None] = {}
    for recorded in facts:
        for resource in recorded.resources:
            version = resource.version
            if version.type in LISTED and version.action != "move":
                reference = f"{version.type}/{version.id}"
                listings[reference] = LISTED[version.type](resource.body) if resource.body else None
    _list(connection, {reference: one for reference, one in listings.items() if one})
    gone = [reference for reference, one in listings.items() if one is None]
    if gone:
        connection.execute(_sql["delist"], {"references": gone})


def _list(connection: Connection, listings: dict[str, Listing]) -> None:
    if not listings:
        return
    names, codes, refers_to = zip(*listings.values(), strict=True)
    columns = {"names": list(names), "codes": list(codes), "refers_to": list(refers_to)}
    connection.execute(_sql["list"], {**columns, "references": list(listings)})
