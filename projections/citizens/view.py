"""Projects facts to the people who are registered and to where they were seen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from ehr.dates import span
from ehr.names import fold
from ehr.sql import load_queries
from projections.citizens.patient import Citizen, read_patient
from projections.citizens.words import word_keys
from projections.facilities.sender import facility_of, read_encounter
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))

NOT_SEEN = {"planned", "cancelled", "entered-in-error"}
"""States of an Encounter in which the person was not there (https://hl7.org/fhir/R4/valueset-encounter-status.html)."""


class Citizens:
    """See ``projections.view.View``."""

    name = "citizens"
    code_version = 6
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "person": Digested(
                "subject::text",
                "subject, id, name, sex, birth_date, born_from, born_until, commune, commune_name, province,"
                " province_name, address, telephone, deceased, deceased_on, active, communes",
            ),
            "identifier": Digested("subject::text", "subject, key, system, value, use, kind, obtained"),
            "former_number": Digested("subject::text", "key, subject"),
            "telephone": Digested("subject::text", "subject, number"),
            "person_name": Digested("subject::text", "subject, name, spelled, born_from, born_until"),
            "known_at": Digested("subject::text", "place, spelled, born_from, born_until, subject"),
            "name_word": Digested("''", "word, spelled, folded"),
            "known_word": Digested("''", "word, names"),
            "visit": Digested("subject::text", "subject, encounter, starts, started, facility"),
            "tally": Digested("''", "what, which, number"),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Of each resource in the batch the newest version counts."""
        people, visits = _newest(facts, "Patient"), _newest(facts, "Encounter")
        touched = list(dict.fromkeys((place.subject,) for place in (*people, *visits)))
        before = _tallies(connection, touched)
        _keep_numbers(connection, facts, people)
        _state_people(connection, people)
        _state_visits(connection, visits)
        _run(connection, "add_known", ("subjects",), touched)
        _keep_tallies(connection, before, _tallies(connection, touched))


MOST_ROWS = 10_000
"""That a statement takes at a time."""


class _Stated(NamedTuple):
    """The newest version of a resource within the batch. new: whether the batch holds its first version."""

    recorded: RecordedFact
    resource: RecordedResource
    new: bool


class _Place(NamedTuple):
    """A resource among those of a subject."""

    subject: UUID
    id: str


def _newest(facts: Sequence[RecordedFact], type_: str) -> dict[_Place, _Stated]:
    """A resource that moved to another subject leaves the former one as if it were deleted there."""
    found: dict[_Place, _Stated] = {}
    for place, recorded, resource in _versions(facts, type_):
        new = found[place].new if place in found else resource.version.version == 1
        found[place] = _Stated(recorded, resource, new)
    return found


def _versions(
    facts: Sequence[RecordedFact], type_: str
) -> Iterator[tuple[_Place, RecordedFact, RecordedResource]]:
    for recorded in facts:
        for resource in recorded.resources:
            if resource.version.type == type_:
                yield _Place(recorded.subject, resource.version.id), recorded, resource


def _tallies(connection: Connection, subjects: Sequence[tuple[UUID]]) -> Counter[tuple[str, str]]:
    """What these people count for now, by (what, which)."""
    found: Counter[tuple[str, str]] = Counter()
    for what, which, number in _run(connection, "tallies", ("subjects",), subjects):
        found[what, which] += number
    return found


def _keep_tallies(
    connection: Connection, before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]
) -> None:
    """Last of all: whoever else counts waits from here on, where several fill at once."""
    changes = [(*key, after[key] - before[key]) for key in sorted({*before, *after})]
    changed = [change for change in changes if change[2]]
    _run(connection, "add_tallies", _TALLY, changed)
    _run(connection, "forget_tallies", _TALLY[:2], [change[:2] for change in changed])


def _keep_numbers(
    connection: Connection, facts: Sequence[RecordedFact], newest: dict[_Place, _Stated]
) -> None:
    """Of the versions of Patients that are not the newest ones within the batch."""
    rows = {
        (place.subject, number.key)
        for place, _, resource in _versions(facts, "Patient")
        if resource is not newest[place].resource and resource.body
        for number in read_patient(resource.body).numbers
    }
    _run(connection, "keep_numbers", _IDENTIFIER[:2], list(rows))


def _state_people(connection: Connection, stated: dict[_Place, _Stated]) -> None:
    former = [(place.subject,) for place, s in stated.items() if not s.new]
    left = {row[0] for row in _run(connection, "forget_people", ("subjects",), former)}
    bodies = ((place, s.resource.body) for place, s in stated.items())
    _add_people(connection, {place: read_patient(body) for place, body in bodies if body})
    words = _words(left)
    _run(connection, "forget_words", _WORD[:2], [row[:2] for row in words])
    _run(connection, "forget_unknown_words", _WORD[:1], [row[:1] for row in words])


def _add_people(connection: Connection, people: dict[_Place, Citizen]) -> None:
    numbers = [(place.subject, *number) for place, one in people.items() for number in one.numbers]
    telephones = [(place.subject, number) for place, one in people.items() for number in one.telephones]
    names = [(place.subject, *name, *one.birth[1:]) for place, one in people.items() for name in one.names]
    _run(connection, "add_people", _PERSON, [_person(place, one) for place, one in people.items()])
    _run(connection, "add_identifiers", _IDENTIFIER, numbers)
    _run(connection, "add_telephones", _TELEPHONE, telephones)
    _run(connection, "add_names", _NAME, names)
    _run(
        connection,
        "add_words",
        _WORD,
        _words({name.spelled for one in people.values() for name in one.names}),
    )


def _person(place: _Place, citizen: Citizen) -> tuple[Any, ...]:
    residence = citizen.residence
    return (
        *place, citizen.name, citizen.sex, *citizen.birth,
        residence.commune, residence.commune_name, residence.province, residence.province_name,
        residence.address, next(iter(citizen.telephones), None), citizen.deceased, citizen.deceased_on,
        citizen.active, "\n".join(residence.today),
    )  # fmt: skip


def _words(spelled: Iterable[str]) -> list[tuple[str, str, str]]:
    """(word, spelled, folded) for each word, and each two, of each name: in order, so that two that are
    filled at once never wait for each other."""
    return sorted((word, name, folded) for name in spelled for word, folded in _folded(name))


def _folded(spelled: str) -> Iterator[tuple[str, str]]:
    folded = fold(spelled)
    for word in word_keys(folded.split()):
        yield word, f" {folded} "


def _state_visits(connection: Connection, stated: dict[_Place, _Stated]) -> None:
    former = [place for place, s in stated.items() if not s.new]
    _run(connection, "forget_visits", _VISIT[:2], former)
    rows = (_visit(place, s) for place, s in stated.items() if s.resource.version.body)
    _run(connection, "add_visits", _VISIT, [row for row in rows if row])
    _run(connection, "forget_known", _VISIT[:1], list(dict.fromkeys(place[:1] for place in former)))


def _visit(place: _Place, stated: _Stated) -> tuple[_Place, ...] | tuple[Any, ...] | None:
    encounter = read_encounter(stated.resource.body)
    if encounter.status in NOT_SEEN:
        return None
    started = encounter.starts or encounter.ends
    facility = facility_of(stated.recorded) or encounter.provider
    return (*place, _beginning(started), started, facility)


def _beginning(text: str | None) -> datetime | None:
    meant = span(text) if text else None
    return meant.start if meant else None


_PERSON = (
    "subjects", "ids", "names", "sexes", "birth_dates", "earliest", "latest", "communes", "commune_names",
    "provinces", "province_names", "addresses", "telephones", "deceased", "deceased_on", "active", "today",
)  # fmt: skip
_IDENTIFIER = ("subjects", "keys", "systems", "values", "uses", "kinds", "obtained")
_TELEPHONE = ("subjects", "numbers")
_NAME = ("subjects", "names", "spelled", "earliest", "latest")
_WORD = ("words", "spelled", "folded")
_VISIT = ("subjects", "encounters", "starts", "started", "facilities")
_TALLY = ("whats", "whiches", "numbers")


def _run(
    connection: Connection, query: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Runs a statement that takes the rows as one array for each column, some at a time; gives what it
    returns."""
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), MOST_ROWS):
        arrays = map(list, zip(*rows[start : start + MOST_ROWS], strict=True))
        cursor = connection.execute(_sql[query], dict(zip(columns, arrays, strict=True)))
        found += cursor.fetchall() if cursor.description else []
    return found
