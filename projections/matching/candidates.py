"""Who may be the same person as somebody, and how far each agrees."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.dates import ZONE
from ehr.matching.blocking import COMMON, is_of_number
from ehr.matching.frequencies import Counted, Frequencies, counts_of
from ehr.matching.judging import Verdict, judge
from ehr.matching.names import Name
from ehr.matching.person import Person, as_of
from ehr.matching.spelling import telex
from ehr.sql import load_queries
from projections.database import Reader
from projections.matching.prepared import decoded, keys_of
from projections.matching.view import column_of

_sql = load_queries(Path(__file__).with_name("queries.sql"))

AT_MOST = 200
"""Candidates that are compared with one person."""

_WORTH = {"n": 64, "t": 8, "y": 4, "m": 4, "p": 4, "d": 2, "g": 2}
"""How much each kind of key tells (ehr.matching.blocking): of many candidates those come first who share a
number."""

LEAST = 2
"""Of surname and day in common alone nothing follows: the given name is another (ehr.matching.judging)."""


class Candidate(NamedTuple):
    """A Patient as the view ``matching`` has it, and as its numbers stand today. version: of the Patient."""

    subject: UUID
    patient: str
    version: int
    person: Person


class Judged(NamedTuple):
    """A candidate, and what the rules say of it."""

    candidate: Candidate
    verdict: Verdict


async def candidates(
    connection: Reader, person: Person, *, at_most: int, but: UUID | None = None
) -> list[Candidate]:
    """Patients that share a key with a person, the most telling ones first. but: a subject that is left out.

    A key that more than COMMON people share is none: a station may state its own telephone for everybody. Of
    those who share a number so many are looked at: it has an owner, however many it was scanned for.
    """
    keys = keys_of(person)
    numbers = [is_of_number(key) for key in keys.values()]
    asked = {"keys": list(keys), "worths": worths(person, keys.values()), "numbers": numbers}
    asked_of = {"common": COMMON, "most": at_most, "but": but, "least": LEAST}
    cursor = await connection.execute(_sql["candidates"], asked | asked_of, binary=True)
    on = today()
    return [_candidate(on, *row) for row in await cursor.fetchall()]


async def people(connection: Reader, subjects: Collection[UUID]) -> dict[UUID, Candidate]:
    """The Patients of these subjects, as far as the view has them."""
    cursor = await connection.execute(_sql["people"], {"subjects": list(subjects)}, binary=True)
    on = today()
    return {row[0]: _candidate(on, *row) for row in await cursor.fetchall()}


async def frequencies(connection: Reader, person: Person, others: Iterable[Person]) -> Frequencies:
    """How common names are where these people live, as far as it takes to compare the one with the others."""
    called = {place for other in others for place in _called(person, other)}
    counts = {count: column_of(count) for place in called for count in counts_of(*place)}
    if not counts:
        return Counted({})
    columns = (list(column) for column in zip(*counts.values(), strict=True))
    asked = dict(zip(("communes", "words", "parts"), columns, strict=True))
    cursor = await connection.execute(_sql["counts"], asked, binary=True)
    found = {row[:3]: row[3] for row in await cursor.fetchall()}
    return Counted({count: found.get(column, 0) for count, column in counts.items()})


async def judged(
    connection: Reader, person: Person, *, at_most: int = AT_MOST, but: UUID | None = None
) -> list[Judged]:
    """The candidates with what the rules say of each, the weightiest first."""
    return await judged_with(
        connection, person, await candidates(connection, person, at_most=at_most, but=but)
    )


async def judged_with(connection: Reader, person: Person, others: Sequence[Candidate]) -> list[Judged]:
    """What the rules say of a person and each of the others, the weightiest first."""
    known = await frequencies(connection, person, [one.person for one in others])
    found = [Judged(one, judge(person, one.person, known)) for one in others]
    return sorted(found, key=lambda one: one.verdict.weight, reverse=True)


def today() -> str:
    """The day (ISO) in Viet Nam."""
    return datetime.now(ZONE).date().isoformat()


def worths(person: Person, keys: Iterable[str]) -> list[int]:
    """How much each of a person's keys tells."""
    given = {telex(name.given) for name in person.every_name}
    surnames = {telex(name.surname) for name in person.every_name} - given
    return [
        1 if kind == "d" and rest.rpartition("|")[2] in surnames else _WORTH[kind]
        for kind, _, rest in (key.partition("|") for key in keys)
    ]


def _candidate(
    on: str, subject: UUID, patient: str, version: int, prepared: bytes, mothers: bytes | None
) -> Candidate:
    return Candidate(subject, patient, version, as_of(decoded(prepared, mothers), on))


def _called(one: Person, other: Person) -> Iterator[tuple[str | None, Name]]:
    """Both names in both communes. Of many namesakes they are the same again and again."""
    return product((one.commune, other.commune), (*one.every_name, *other.every_name))
