"""Parked citizens: who waits and why, and how they are taken up again."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ehr.event_store.connections import connect
from ehr.sql import load_queries
from projections.faults import is_fault
from projections.generations import Generation, queries, require_own_code, serving, use_schema
from projections.projector import FACTS
from projections.view import Connection, View
from streams.event_log import EventLog
from streams.recorded_fact import Quarantined, RecordedFact, TooNew

_sql = load_queries(Path(__file__).with_name("projector.sql"))


class Parked(NamedTuple):
    """A citizen whose facts a view leaves out since a position. reason: the kind of error."""

    view: str
    generation: int
    subject: UUID
    since_position: int
    reason: str


class Unreadable(NamedTuple):
    """A record that a view has passed over, because it cannot be decoded."""

    view: str
    generation: int
    position: int
    subject: UUID
    reason: str


class Released(NamedTuple):
    """A citizen taken up again. resources: references that appear late, for readers with cursors to know."""

    subject: UUID
    resources: list[str]


def parked(connection: Connection) -> list[Parked]:
    """Everyone who waits, in every generation that is not retired."""
    return [Parked(*row) for row in connection.execute(_sql["waiting"])]


def _parked_in(connection: Connection, generation: Generation) -> list[Parked]:
    return [one for one in parked(connection) if one[:2] == generation[:2]]


def quarantined(connection: Connection) -> list[Unreadable]:
    """Every record that could not be decoded, by view."""
    return [Unreadable(*row) for row in connection.execute(_sql["quarantined"])]


def retry(view: View, log: EventLog, conninfo: str) -> tuple[list[Released], list[Parked]]:
    """Projects the facts of the parked citizens of the serving generation.

    Gives those who were released, and those whose facts still cannot be projected: they stay as they are.
    Raises OtherCode when the generation is to be rebuilt first.
    """
    released: list[Released] = []
    still: list[Parked] = []
    with connect(conninfo) as connection:
        generation = serving(connection, view.name)
        if generation is None:
            return [], []
        require_own_code(view, generation)
        waiting = {p.subject: p for p in _parked_in(connection, generation)}
        use_schema(connection, generation)
        while waiting:
            one = next(iter(waiting.values()))
            found = _retry_one(view, log, connection, generation, waiting, one)
            released += found
            still += [] if found else [one]
            for subject in {one.subject, *(r.subject for r in found)}:
                del waiting[subject]
    return released, still


def _retry_one(
    view: View,
    log: EventLog,
    connection: Connection,
    generation: Generation,
    waiting: Mapping[UUID, Parked],
    one: Parked,
) -> list[Released]:
    """The citizen, with those from whom something moved to it; none when they cannot be released."""
    try:
        group, facts = _with_former(log, waiting, one, generation.position)
        with connection.transaction():
            row = connection.execute(queries["hold"], _place(generation)).fetchone()
            assert row is not None
            facts += _facts_of(log, group, max(generation.position, min(group.values()) - 1), row[0])
            others = {p.subject: p for p in _parked_in(connection, generation) if p.subject not in group}
            for fact in facts:
                former = others.get(fact.fact.moved_from) if fact.fact.moved_from else None
                if former and former.since_position < fact.position:
                    raise NotYet
                view.project(connection, [fact])
            _release(connection, generation, group)
    except Exception as error:
        if not is_fault(error):
            raise
        return []
    return [Released(subject, _references(facts, subject)) for subject in group]


def _with_former(
    log: EventLog, waiting: Mapping[UUID, Parked], one: Parked, end: int
) -> tuple[dict[UUID, int], list[RecordedFact]]:
    """(since which position each of those who belong together waits, their facts in order).

    Whoever something moved from has to come first; where things moved to and fro, they come together.
    """
    group = {one.subject: one.since_position}
    while True:
        facts = _facts_of(log, group, min(group.values()) - 1, end)
        moved = [
            (f.fact.moved_from, f.position) for f in facts if f.fact.moved_from in waiting.keys() - group
        ]
        former = {s: since for s, at in moved if s and (since := waiting[s].since_position) < at}
        if not former:
            return group, facts
        group |= former


def _release(connection: Connection, generation: Generation, subjects: Iterable[UUID]) -> None:
    for subject in subjects:
        connection.execute(_sql["release"], {**_place(generation), "subject": subject})
    connection.execute(queries["release"], _place(generation))
    connection.execute(_sql["announce"], {"view": generation.view, "position": "parked"})


def _place(generation: Generation) -> dict[str, str | int]:
    return {"view": generation.view, "generation": generation.number}


def _references(facts: Sequence[RecordedFact], subject: UUID) -> list[str]:
    its = (fact for fact in facts if fact.subject == subject)
    return sorted({f"{r.version.type}/{r.version.id}" for fact in its for r in fact.resources})


def _facts_of(log: EventLog, group: Mapping[UUID, int], after: int, end: int) -> list[RecordedFact]:
    """What the subjects wait for, beyond ``after`` up to ``end``. Raises when some cannot be read yet."""
    found: list[RecordedFact] = []
    while after < end:
        entries = log.read(after, FACTS)
        its = (e for e in entries if e.position <= end and e.position >= group.get(e.subject, end + 1))
        found += [_readable(entry) for entry in its if not isinstance(entry, Quarantined)]
        after = entries[-1].position
    return found


class NotYet(Exception):
    """A fact of the citizen needs newer code, or comes after what another one waits for."""


def _readable(entry: RecordedFact | TooNew) -> RecordedFact:
    if isinstance(entry, TooNew):
        raise NotYet
    return entry
