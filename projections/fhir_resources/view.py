"""Projects facts to resource versions and the rows by which they are found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

from ehr.dates import span
from ehr.definitions import main_date, patient_references
from ehr.identifiers import claims_of
from ehr.sql import load_queries
from ehr.values import Key, subject_of
from projections.fhir_resources.terms_dumper import TermsDumper
from projections.search.entries import Entries
from projections.search.indexing import entries_of
from projections.search.rows import TABLES, add_rows, no_rows
from projections.search.tree import KINDS
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
PAST = ("int8", "text", "text", "int4", "int8", "int8", "timestamptz", "bool", "uuid", "int4", "bytea")
_LATE = (
    "pks", "types", "ids", "versions", "positions", "untils", "last_updated", "deleted", "subjects",
    "splices", "bodies",
)  # fmt: skip
IDENTIFIER = ("text", "text", "text", "int8")
COMPARTMENT = ("uuid", "text", "timestamptz", "int8")
_MEANING = "type, id, version, position, last_updated, deleted, subject, splice, md5(body)"
_COPY = {
    table: SQL("copy {} ({}) from stdin (format binary)").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    for table, columns in TABLES.items()
}
_OWNER = "coalesce(o.subject::text, '')"
_RESOURCES_OF_A_FACT = 2**20
"""More than a fact can have: a Bundle has a million entries at most."""


@dataclass(slots=True)
class _Version:
    """One resource version of the batch. entries: what it leaves in the search index."""

    key: Key
    resource: RecordedResource
    position: int
    place: int  # in its fact
    last_updated: datetime
    subject: UUID
    entries: Entries

    @property
    def pk(self) -> int:
        """What ties rows together, when this is the first version: the same in every generation."""
        return self.position * _RESOURCES_OF_A_FACT + self.place

    @property
    def deleted(self) -> bool:
        return self.resource.version.action == "delete"

    @property
    def number(self) -> int:
        return self.resource.version.version

    def past(self, pk: int, until: int) -> tuple[Any, ...]:
        """Its row in the table of former versions. pk: the resource's."""
        stated = self.resource.version
        return (
            pk, *self.key, stated.version, self.position, until, self.last_updated, self.deleted,
            self.subject, stated.splice, stated.body,
        )  # fmt: skip


class FhirResources:
    """See ``projections.view.View``."""

    name = "fhir_resources"
    code_version = 6
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "current": Digested("subject::text", f"pk, {_MEANING}, starts"),
            "past": Digested("subject::text", f"pk, {_MEANING}, until"),
            "identifier": Digested(_OWNER, "o.type, o.id, t.type, t.value, t.system", "current"),
            "compartment": Digested(
                "t.patient::text", "o.type, o.id, t.patient, t.type, t.starts", "current"
            ),
            "search": Digested(_OWNER, "o.type, o.id, t.kind, t.self, t.starts, t.ends, t.terms", "current"),
            "search_code": Digested(_OWNER, "o.type, o.id, t.term, t.starts", "current"),
            "search_string": Digested(_OWNER, "o.type, o.id, t.number, t.folded, t.exact", "current"),
            "search_date": Digested(_OWNER, "o.type, o.id, t.number, t.starts, t.ends", "current"),
            "search_quantity": Digested(
                _OWNER, "o.type, o.id, t.number, t.low, t.high, t.code, t.unit", "current"
            ),
            "search_part": Digested(
                _OWNER,
                "o.type, o.id, t.number, t.terms, t.low, t.high, t.code, t.unit, t.low2, t.high2",
                "current",
            ),
            "search_word": Digested("''", "t.term, t.number, t.text"),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Supersedes what gets a further version, then copies the new rows in.

        A version that comes after a newer one (its citizen was parked) takes its place among the past ones.
        """
        histories: dict[Key, list[_Version]] = {}
        for version in _versions(facts):
            histories.setdefault(version.key, []).append(version)
        if not histories:
            return
        standing = _look(connection, histories)
        newer, late = _told_apart(histories, standing)
        _add_words(connection, chain.from_iterable(histories.values()))
        _supersede(connection, [history[0] for key, history in newer.items() if key in standing])
        pks = {key: standing[key].pk if key in standing else history[0].pk for key, history in newer.items()}
        _copy(connection, "copy_past", PAST, (row for h in newer.values() for row in _past_rows(h, pks)))
        _copy_newest(connection, [history[-1] for history in newer.values()], pks)
        if late:
            _add_late(connection, late, standing)


class _Standing(NamedTuple):
    """The current version of a resource before the batch. pk: which it keeps."""

    pk: int
    version: int


def _look(connection: Connection, keys: Iterable[Key]) -> dict[Key, _Standing]:
    """Those of the resources that are there."""
    rows = connection.execute(_sql["standing"], _names(keys)).fetchall()
    return {Key(*row[:2]): _Standing(*row[2:]) for row in rows}


def _told_apart(
    histories: Mapping[Key, list[_Version]], standing: Mapping[Key, _Standing]
) -> tuple[dict[Key, list[_Version]], list[_Version]]:
    """(what is newer than the current versions, what is older)."""
    newer: dict[Key, list[_Version]] = {}
    late: list[_Version] = []
    for key, history in histories.items():
        least = standing[key].version if key in standing else 0
        late += [version for version in history if version.number < least]
        later = [version for version in history if version.number > least]
        if later:
            newer[key] = sorted(later, key=lambda version: version.number)
    return newer, late


def _supersede(connection: Connection, first: Sequence[_Version]) -> None:
    if first:
        positions = [version.position for version in first]
        connection.execute(_sql["supersede"], {**_names(v.key for v in first), "positions": positions})


def _copy_newest(connection: Connection, newest: Sequence[_Version], pks: Mapping[Key, int]) -> None:
    rows = [_Rows(version, pks[version.key]) for version in newest]
    _copy(connection, "copy_current", CURRENT, (row.current for row in rows))
    _copy(connection, "copy_identifier", IDENTIFIER, (i for row in rows for i in row.identifiers))
    _copy(connection, "copy_compartment", COMPARTMENT, (c for row in rows for c in row.compartments))
    searched = no_rows()
    for version in newest:
        if version.resource.json:
            add_rows(searched, version.key, pks[version.key], version.entries)
    for table, columns in TABLES.items():
        _copy_rows(connection, _COPY[table], list(columns.values()), iter(searched[table]))


def _add_words(connection: Connection, versions: Iterable[_Version]) -> None:
    """Of every version, also one that is none of the current ones: which those are depends on the batch."""
    words = {word.term: word for version in versions for word in version.entries.words}
    if words:
        in_order = sorted(words.values())  # Two that add words at once never wait for each other.
        numbers, texts, terms = (list(column) for column in zip(*in_order, strict=True))
        connection.execute(_sql["add_words"], {"numbers": numbers, "texts": texts, "terms": terms})


def _add_late(connection: Connection, late: Sequence[_Version], standing: Mapping[Key, _Standing]) -> None:
    columns = zip(*(version.past(standing[version.key].pk, until=0) for version in late), strict=True)
    connection.execute(_sql["add_late"], dict(zip(_LATE, map(list, columns), strict=True)))
    connection.execute(_sql["join_intervals"], _names({version.key for version in late}))
    first = [version for version in late if version.number == 1]
    if first:
        connection.execute(
            _sql["begin"], {**_names(v.key for v in first), "pks": [version.pk for version in first]}
        )


def _names(keys: Iterable[Key]) -> dict[str, list[Any]]:
    types, ids = zip(*keys, strict=True)
    return {"types": list(types), "ids": list(ids), "kinds": [KINDS[type_] for type_ in types]}


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
        for place, resource in enumerate(recorded.resources):
            stated = resource.version
            if stated.action != "move":
                key, said = Key(stated.type, stated.id), resource.json
                entries = entries_of(key, said) if said else Entries()
                yield _Version(
                    key, resource, recorded.position, place, last_updated, recorded.subject, entries
                )


def _patients(key: Key, resource: dict[str, Any]) -> list[UUID]:
    """Subject ids of the Patients in whose compartments a resource is."""
    if not resource:
        return []
    if key.type == "Patient":
        return [subject_of(key.reference)]
    return [subject_of(reference) for reference in sorted(patient_references(resource))]


def _past_rows(history: list[_Version], pks: Mapping[Key, int]) -> Iterator[tuple[Any, ...]]:
    """Versions that were superseded within the batch."""
    for version, later in pairwise(history):
        yield version.past(pks[version.key], later.position)


def _copy(connection: Connection, query: str, types: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    _copy_rows(connection, _sql[query], types, rows)


def _copy_rows(
    connection: Connection, statement: str | Composed, types: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    first = next(rows, None)
    if first is None:
        return
    with connection.cursor() as cursor:
        cursor.adapters.register_dumper(None, TermsDumper)
        with cursor.copy(statement) as copy:
            copy.set_types(types)
            copy.write_row(first)
            for row in rows:
                copy.write_row(row)
