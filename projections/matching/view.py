"""Projects Patients to what is compared of them, and to keys that those share who may be one person."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from ehr.communes.table import MERGED
from ehr.dates import ZONE
from ehr.matching.frequencies import Count, counts_of
from ehr.matching.person import MOST_NAMES, Person, person_of, read_person
from ehr.sql import load_queries
from projections.matching.prepared import decoded, decoded_mothers, encoded, encoded_mothers, keys_of
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))

TYPES = frozenset({"Patient", "RelatedPerson"})
"""What people are compared by is in these."""


class Matching:
    """See ``projections.view.View``.

    Rows follow from what is stated now, in whatever order it came: names are counted for those who are there.
    """

    name = "matching"
    code_version = 2
    """Raised as well when ehr.matching reads another person from a Patient, or other keys from a person."""
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "person": Digested("subject::text", "subject, patient, version, prepared, mothers"),
            "block_key": Digested("subject::text", "key, subject"),
            "relative": Digested("subject::text", "subject, id, mothers"),
            "name_count": Digested("''", "commune, word, part, people"),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Of each resource in the batch the newest version counts."""
        stated = _newest(facts)
        if not stated:
            return
        asked = {"subjects": list({place.subject for place in stated})}
        former = {row[0]: _Kept(*row) for row in connection.execute(_sql["former"], asked)}
        kept = dict(former)
        for place, one in stated.items():
            if place.type == "Patient":
                kept.pop(place.subject, None)
                if one.resource.body:
                    kept[place.subject] = _prepared(place, one)
        _state_relatives(connection, stated)
        mothers = _mothers(connection, asked)
        kept = {subject: one._replace(mothers=mothers.get(subject)) for subject, one in kept.items()}
        _change(connection, former, kept)


class _Place(NamedTuple):
    """A resource among those of a subject."""

    subject: UUID
    type: str
    id: str


class _Stated(NamedTuple):
    """The newest version of a resource within the batch."""

    recorded: RecordedFact
    resource: RecordedResource


class _Kept(NamedTuple):
    """A row of the table ``person``."""

    subject: UUID
    patient: str
    version: int
    prepared: bytes
    mothers: bytes | None


def _newest(facts: Sequence[RecordedFact]) -> dict[_Place, _Stated]:
    """A resource that moved to another subject leaves the former one as if it were deleted there."""
    return {
        _Place(recorded.subject, resource.version.type, resource.version.id): _Stated(recorded, resource)
        for recorded in facts
        for resource in recorded.resources
        if resource.version.type in TYPES
    }


def _prepared(place: _Place, stated: _Stated) -> _Kept:
    """As of the day on which it was recorded: whoever reads it says what has ended since."""
    on = datetime.fromisoformat(stated.recorded.last_updated).astimezone(ZONE).date().isoformat()
    person = read_person(stated.resource.body, units=MERGED, on=on)
    return _Kept(place.subject, place.id, stated.resource.version.version, encoded(person), None)


def _state_relatives(connection: Connection, stated: Mapping[_Place, _Stated]) -> None:
    relatives = {place: one for place, one in stated.items() if place.type == "RelatedPerson"}
    _run(
        connection,
        "forget_relatives",
        ("subjects", "ids"),
        [(place.subject, place.id) for place in relatives],
    )
    said = (
        (place.subject, place.id, encoded_mothers(person_of({}, relatives=[one.resource.json]).mothers))
        for place, one in relatives.items()
        if one.resource.version.body
    )
    _run(connection, "add_relatives", ("subjects", "ids", "mothers"), [row for row in said if row[2]])


def _mothers(connection: Connection, asked: Mapping[str, Any]) -> dict[UUID, bytes | None]:
    """All that the relatives of each subject say."""
    said: defaultdict[UUID, list[bytes]] = defaultdict(list)
    for subject, _, mothers in connection.execute(_sql["relatives"], asked):
        said[subject].append(mothers)
    return {
        subject: encoded_mothers(
            list(dict.fromkeys(name for mothers in some for name in decoded_mothers(mothers)))[:MOST_NAMES]
        )
        for subject, some in said.items()
    }


def _change(connection: Connection, former: Mapping[UUID, _Kept], kept: Mapping[UUID, _Kept]) -> None:
    """Of people, keys and counts what is other than it was."""
    before, after = set(former.values()), set(kept.values())
    gone, come = before - after, after - before
    _run(
        connection,
        "forget_people",
        ("subjects",),
        [(one.subject,) for one in gone if one.subject not in kept],
    )
    _run(connection, "state_people", _PERSON, come)
    lost, won = _people(gone), _people(come)
    old, new = set(_keys(lost)), set(_keys(won))
    _run(connection, "forget_keys", ("keys", "subjects"), old - new)
    _run(connection, "add_keys", ("keys", "subjects"), new - old)
    counted = Counter(_counts(won))
    counted.subtract(Counter(_counts(lost)))
    # In order: two that count at once never wait for each other.
    rows = sorted((*place, people) for place, people in counted.items() if people)
    _run(connection, "count_names", _COUNT, rows)
    _run(connection, "forget_names", _COUNT[:3], [row[:3] for row in rows if row[3] < 0])


def _people(kept: Iterable[_Kept]) -> list[tuple[UUID, Person]]:
    return [(one.subject, decoded(one.prepared, one.mothers)) for one in kept]


def _keys(people: Iterable[tuple[UUID, Person]]) -> Iterator[tuple[int, UUID]]:
    for subject, person in people:
        for key in keys_of(person):
            yield key, subject


def _counts(people: Iterable[tuple[UUID, Person]]) -> Iterator[tuple[str, str, str]]:
    """Columns of ``name_count``."""
    for _, person in people:
        for name in person.names[:1]:
            yield from (column_of(count) for count in counts_of(person.commune, name))


def column_of(count: Count) -> tuple[str, str, str]:
    """commune, word and part as the table ``name_count`` has them."""
    return (count.commune or "").replace("\0", " "), count.word, count.part


_PERSON = ("subjects", "patients", "versions", "prepared", "mothers")
_COUNT = ("communes", "words", "parts", "people")


def _run(connection: Connection, query: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """A statement that takes the rows as one array for each column."""
    arrays = [list(column) for column in zip(*rows, strict=True)]
    if arrays:
        connection.execute(_sql[query], dict(zip(columns, arrays, strict=True)))
