"""Parked citizens: who waits and why, and how they are taken up again."""

from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psycopg

from ehr.event_store.connections import connect
from ehr.sql import load_queries
from projections.generations import Generation, queries, serving, use_schema
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


def quarantined(connection: Connection) -> list[Unreadable]:
    """Every record that could not be decoded, by view."""
    return [Unreadable(*row) for row in connection.execute(_sql["quarantined"])]


def retry(view: View, log: EventLog, conninfo: str) -> tuple[list[Released], list[Parked]]:
    """Projects the facts of the parked citizens of the serving generation.

    Gives those who were released, and those whose facts still cannot be projected: they stay as they are.
    """
    released: list[Released] = []
    still: list[Parked] = []
    with connect(conninfo) as connection:
        generation = serving(connection, view.name)
        if generation is None:
            return [], []
        waiting = [p for p in parked(connection) if p[:2] == (view.name, generation.number)]
        use_schema(connection, generation)
        for one in waiting:
            resources = _retry_one(view, log, connection, generation, one)
            if resources is None:
                still.append(one)
            else:
                released.append(Released(one.subject, resources))
    return released, still


def _retry_one(
    view: View, log: EventLog, connection: Connection, generation: Generation, one: Parked
) -> list[str] | None:
    """References that appear now; None when the facts cannot be projected."""
    names = {"view": one.view, "generation": one.generation, "subject": one.subject}
    try:
        facts = _facts_of(log, one.subject, one.since_position - 1, generation.position)
        with connection.transaction():
            row = connection.execute(queries["hold"], names).fetchone()
            assert row is not None
            facts += _facts_of(log, one.subject, max(generation.position, one.since_position - 1), row[0])
            for fact in facts:
                view.project(connection, [fact])
            connection.execute(_sql["release"], names)
            connection.execute(queries["release"], names)
            connection.execute(_sql["announce"], {"view": view.name, "position": "parked"})
    except psycopg.OperationalError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong, the citizen stays parked
        return None
    return sorted({f"{r.version.type}/{r.version.id}" for fact in facts for r in fact.resources})


def _facts_of(log: EventLog, subject: UUID, after: int, end: int) -> list[RecordedFact]:
    """The subject's facts beyond ``after`` up to ``end``. Raises when one of them cannot be read yet."""
    found: list[RecordedFact] = []
    while after < end:
        entries = log.read(after, FACTS)
        its = (entry for entry in entries if entry.subject == subject and entry.position <= end)
        found += [_readable(entry) for entry in its if not isinstance(entry, Quarantined)]
        after = entries[-1].position
    return found


class NotReadable(Exception):
    """A fact of the citizen needs newer code than this."""


def _readable(entry: RecordedFact | TooNew) -> RecordedFact:
    if isinstance(entry, TooNew):
        raise NotReadable
    return entry
