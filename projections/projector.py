"""The projector: carries a view along the log, so that each fact takes effect exactly once.

The position is advanced by compare and swap in the transaction that writes the rows. Of two projectors of one
generation only one can commit what follows a position; a late commit of a projector that was believed dead
changes nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog

from ehr.event_store.connections import connect
from ehr.event_store.lease import Lease
from ehr.garbage import no_search_for_cycles
from ehr.sql import load_queries
from projections.faults import is_fault
from projections.generations import (
    Generation,
    NoSuchGeneration,
    ensure_generation,
    queries,
    require_own_code,
    use_schema,
)
from projections.view import View
from streams.event_log import EventLog
from streams.recorded_fact import Entry, Quarantined, RecordedFact, TooNew

FACTS = 512
"""Facts in one read; a read ends with a whole flush."""

RESOURCES = 4096
"""Resources in one transaction, about; at least one flush."""

_sql = load_queries(Path(__file__).with_name("projector.sql"))
log = structlog.get_logger()


class Overtaken(Exception):
    """Another projector has advanced this generation, or it no longer serves."""


class Projector:
    """One view's projector. Without ``generation`` it follows whichever generation serves."""

    def __init__(
        self, view: View, event_log: EventLog, conninfo: str, generation: Generation | None = None
    ) -> None:
        """Connects at the first step. ``event_log`` outlives the projector."""
        self.view = view
        self.position = 0
        self._log = event_log
        self._conninfo = conninfo
        self._fixed = generation
        self._connection: psycopg.Connection[Any] | None = None
        self._lease: Lease | None = None
        self._generation: Generation | None = None
        self._parked: set[UUID] = set()
        self._releases = 0

    def step(self, until: int | None = None) -> int:
        """Projects the next entries; gives how many it passed.

        Raises what is trouble and no fault of a fact (faults.py): psycopg.Error and MemoryError; what reading
        the log raises; NoSuchGeneration when the one it was made for was dropped; OtherCode when the
        generation is to be rebuilt first.

        until: a position, the end of a flush, beyond which it does not go.
        """
        passed = 0
        try:
            connection = self._ready()
            with no_search_for_cycles():
                for batch in _batches(self._next(until)):
                    self._project(connection, batch)
                    passed += len(batch)
        except Overtaken:
            self._generation = None
        except psycopg.ProgrammingError:
            if not self._was_dropped():
                raise
            self._generation = None
        return passed

    def wait(self, seconds: float) -> bool:
        """Whether the log has more, at once or within so many seconds."""
        return self._log.wait(self.position, seconds)

    def take(self) -> bool:
        """Whether this is the one that works, of all projectors that follow whichever generation of the view
        serves. It stays so until its connection ends. Raises psycopg.OperationalError, and HeldByAnotherRole
        (ehr.event_store.lease)."""
        self._connected()
        assert self._lease is not None
        return self._lease.take()

    def release(self) -> None:
        """Lets another one work; ``take`` asks for it again. Raises psycopg.OperationalError."""
        if self._lease is not None:
            self._lease.release()

    def keep(self) -> None:
        """Says that this projector is alive, while it has nothing to do; see ``Lease.keep``."""
        if self._lease is not None:
            self._lease.keep()

    def close(self) -> None:
        """Closes the connection; the next step opens it again."""
        if self._connection:
            self._connection.close()
        self._connection = self._generation = self._lease = None

    def _next(self, until: int | None) -> Sequence[Entry]:
        entries = self._log.read(self.position, FACTS)
        return entries if until is None else [entry for entry in entries if entry.position <= until]

    def _ready(self) -> psycopg.Connection[Any]:
        connection = self._connected()
        if self._generation is None:
            self._take_up(connection)
        return connection

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._conninfo)
            self._connection.execute(_sql["lazily"])
            self._connection.execute(_sql["call_itself"], {"does": "stand by", "view": self.view.name})
            self._lease = Lease(self._connection, f"views.project.{self.view.name}")
            self._generation = None
        return self._connection

    def _take_up(self, connection: psycopg.Connection[Any]) -> None:
        """Finds the generation, its position and its parked citizens."""
        generation = self._fixed or self._serving(connection)
        require_own_code(self.view, generation)
        place = self._place(generation)
        row = connection.execute(queries["position"], place).fetchone()
        if row is None:
            raise NoSuchGeneration(generation.schema) if self._fixed else Overtaken
        self.position, _, self._releases = row
        self._parked = {row[0] for row in connection.execute(_sql["parked"], place)}
        use_schema(connection, generation)
        self._generation = generation

    def _serving(self, connection: psycopg.Connection[Any]) -> Generation:
        """The generation that serves. Others see by the connection's name whether this code projects it."""
        generation = ensure_generation(connection, self.view)
        own = generation.code_version == self.view.code_version
        does = "project" if own else "await"
        connection.execute(_sql["call_itself"], {"does": does, "view": self.view.name})
        return generation

    def _was_dropped(self) -> bool:
        """Whether the generation is gone with its tables, which is why they are not found."""
        if self._connection is None or self._generation is None:
            return False
        place = self._place(self._generation)
        return self._connection.execute(queries["position"], place).fetchone() is None

    def _project(self, connection: psycopg.Connection[Any], batch: Sequence[Entry]) -> None:
        parked = set(self._parked)
        try:
            with connection.transaction():
                self._write(connection, batch)
                self._advance(connection, batch)
        except Overtaken:
            raise
        except Exception as error:
            if not is_fault(error):
                raise
            self._parked = parked
            self._project_one_by_one(connection, batch)
        self.position = batch[-1].position

    def _project_one_by_one(self, connection: psycopg.Connection[Any], batch: Sequence[Entry]) -> None:
        """The same batch, a savepoint for each fact: what cannot be projected parks its citizen."""
        with connection.transaction():
            for entry in batch:
                self._write_or_park(connection, entry)
            self._advance(connection, batch)

    def _write_or_park(self, connection: psycopg.Connection[Any], entry: Entry) -> None:
        try:
            with connection.transaction():
                self._write(connection, [entry])
        except Exception as error:
            if not is_fault(error):
                raise
            self._park(connection, entry, type(error).__name__)

    def _write(self, connection: psycopg.Connection[Any], batch: Sequence[Entry]) -> None:
        facts: list[RecordedFact] = []
        for entry in batch:
            if isinstance(entry, Quarantined):
                self._quarantine(connection, entry)
            elif entry.subject in self._parked:
                continue
            elif isinstance(entry, TooNew):
                self._park(connection, entry, entry.reason)
            elif entry.fact.moved_from in self._parked:
                # What the former subject still waits for comes before this.
                self._park(connection, entry, "moved from a parked citizen")
            else:
                facts.append(entry)
        if facts:
            self.view.project(connection, facts)

    def _advance(self, connection: psycopg.Connection[Any], batch: Sequence[Entry]) -> None:
        place = {**self._place(), "releases": self._releases, "told": self._fixed is not None}
        place |= {"old": batch[0].position - 1, "new": batch[-1].position}
        if connection.execute(queries["advance"], place).rowcount != 1:
            raise Overtaken
        connection.execute(_sql["announce"], {"view": self.view.name, "position": batch[-1].position})

    def _park(self, connection: psycopg.Connection[Any], entry: Entry, reason: str) -> None:
        place = {**self._place(), "subject": entry.subject, "position": entry.position, "reason": reason}
        connection.execute(_sql["park"], place)
        connection.execute(_sql["announce"], {"view": self.view.name, "position": "parked"})
        self._parked.add(entry.subject)
        log.error("citizen parked", view=self.view.name, position=entry.position, reason=reason)

    def _quarantine(self, connection: psycopg.Connection[Any], entry: Quarantined) -> None:
        place = {
            **self._place(),
            "subject": entry.subject,
            "position": entry.position,
            "reason": entry.reason,
        }
        connection.execute(_sql["quarantine"], place)
        log.error("record quarantined", view=self.view.name, position=entry.position)

    def _place(self, generation: Generation | None = None) -> dict[str, Any]:
        generation = generation or self._generation
        assert generation is not None
        return {"view": generation.view, "generation": generation.number}


def _batches(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Whole flushes, until a batch has enough resources."""
    batches: list[Sequence[Entry]] = []
    batch: list[Entry] = []
    resources = 0
    for entry in entries:
        if entry.position == entry.transaction and resources >= RESOURCES:
            batches.append(batch)
            batch, resources = [], 0
        batch.append(entry)
        resources += len(entry.resources) if isinstance(entry, RecordedFact) else 1
    return [*batches, batch] if batch else batches
