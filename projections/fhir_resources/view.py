"""Projects facts to resource versions and the rows by which they are found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from ehr.dates import span
from ehr.definitions import main_date, patient_references
from ehr.identifiers import claims_of
from ehr.sql import load_queries
from ehr.values import Key, subject_of
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))

CURRENT = (
    "int8",
    "text",
    "text",
    "int4",
    "int8",
    "timestamptz",
    "bool",
    "uuid",
    "timestamptz",
    "int4",
    "bytea",
)
PAST = ("text", "text", "int4", "int8", "int8", "timestamptz", "bool", "uuid", "int4", "bytea")
IDENTIFIER = ("text", "text", "text", "int8")
COMPARTMENT = ("uuid", "text", "timestamptz", "int8")
_MEANING = "type, id, version, position, last_updated, deleted, subject, splice, md5(body)"
_SURROGATE = MappingProxyType(
    {"pk": "another one in each generation; what it ties together is compared in identifier and compartment"}
)


class _Version(NamedTuple):
    """One resource version of the batch."""

    key: Key
    resource: RecordedResource
    position: int
    last_updated: datetime
    subject: UUID

    @property
    def deleted(self) -> bool:
        return self.resource.version.action == "delete"


class FhirResources:
    """See ``projections.view.View``."""

    name = "fhir_resources"
    code_version = 1
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "current": Digested("subject::text", f"{_MEANING}, starts", outside=_SURROGATE),
            "past": Digested("subject::text", f"{_MEANING}, until"),
            "identifier": Digested(
                "coalesce(o.subject::text, '')", "o.type, o.id, t.type, t.value, t.system", "current"
            ),
            "compartment": Digested(
                "t.patient::text", "o.type, o.id, t.patient, t.type, t.starts", "current"
            ),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Supersedes what gets a further version, then copies the new rows in."""
        histories: dict[Key, list[_Version]] = {}
        for version in _versions(facts):
            histories.setdefault(version.key, []).append(version)
        if not histories:
            return
        next_pk = _one(connection.execute(_sql["last_pk"]))  # Before rows that keep their surrogate are gone.
        pks = _supersede(connection, histories)
        for key in histories:
            if key not in pks:
                next_pk += 1
                pks[key] = next_pk
        _copy(connection, "copy_past", PAST, (row for h in histories.values() for row in _past_rows(h)))
        newest = [(history[-1], pks[key]) for key, history in histories.items()]
        rows = [_Rows(version, pk) for version, pk in newest]
        _copy(connection, "copy_current", CURRENT, (row.current for row in rows))
        _copy(connection, "copy_identifier", IDENTIFIER, (i for row in rows for i in row.identifiers))
        _copy(connection, "copy_compartment", COMPARTMENT, (c for row in rows for c in row.compartments))


class _Rows:
    """The rows that the newest version of a resource leaves."""

    def __init__(self, version: _Version, pk: int) -> None:
        key, stated = version.key, version.resource.version
        resource = version.resource.json
        main = span(main_date(resource) or "") if resource else None
        starts = main.start if main else None
        self.identifiers = (
            [(key.type, c.value, c.system, pk) for c in claims_of(key, resource)] if resource else []
        )
        self.compartments = [(patient, key.type, starts, pk) for patient in _patients(key, resource)]
        self.current = (
            pk, *key, stated.version, version.position, version.last_updated, version.deleted,
            version.subject, starts, stated.splice, stated.body,
        )  # fmt: skip


def _versions(facts: Sequence[RecordedFact]) -> Iterator[_Version]:
    for recorded in facts:
        last_updated = datetime.fromisoformat(recorded.last_updated)
        for resource in recorded.resources:
            stated = resource.version
            if stated.action != "move":
                key = Key(stated.type, stated.id)
                yield _Version(key, resource, recorded.position, last_updated, recorded.subject)


def _patients(key: Key, resource: dict[str, Any]) -> list[UUID]:
    """Subject ids of the Patients in whose compartments a resource is."""
    if not resource:
        return []
    if key.type == "Patient":
        return [subject_of(key.reference)]
    return [subject_of(reference) for reference in sorted(patient_references(resource))]


def _supersede(connection: Connection, histories: dict[Key, list[_Version]]) -> dict[Key, int]:
    older = [history[0] for history in histories.values() if history[0].resource.version.version > 1]
    if not older:
        return {}
    columns = {
        "types": [version.key.type for version in older],
        "ids": [version.key.id for version in older],
        "positions": [version.position for version in older],
    }
    return {Key(type_, id_): pk for type_, id_, pk in connection.execute(_sql["supersede"], columns)}


def _past_rows(history: list[_Version]) -> Iterator[tuple[Any, ...]]:
    """Versions that were superseded within the batch."""
    for version, later in pairwise(history):
        stated = version.resource.version
        yield (
            *version.key, stated.version, version.position, later.position, version.last_updated,
            version.deleted, version.subject, stated.splice, stated.body,
        )  # fmt: skip


def _copy(connection: Connection, query: str, types: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    first = next(rows, None)
    if first is None:
        return
    with connection.cursor() as cursor, cursor.copy(_sql[query]) as copy:
        copy.set_types(types)
        copy.write_row(first)
        for row in rows:
            copy.write_row(row)


def _one(cursor: Any) -> int:
    value: int = cursor.fetchone()[0]
    return value
