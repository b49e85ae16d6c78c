"""Parked citizens: who waits and why, and how they are taken up again."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeGuard
from uuid import UUID

from psycopg.errors import DeadlockDetected, LockNotAvailable

from ehr.event_store.connections import connect
from ehr.sql import load_queries
from projections.faults import is_fault
from projections.generations import (
    Generation,
    hold_alone,
    queries,
    require_own_code,
    serving,
    use_schema,
)
from projections.view import Connection, View
from streams.event_log import EventLog, LogUnreachable
from streams.recorded_fact import Entry, Quarantined, RecordedFact, TooNew

FACTS = 128
"""Facts in one read: while those of parked citizens among them are projected, the projector waits."""

PAUSE_SECONDS = 0.05
"""Before what the projector was in the way of is tried again."""

Late = dict[UUID, set[str]]
"""Citizen -> references of what appears late."""

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


def retry(
    view: View, log: EventLog, conninfo: str, late: Late | None = None
) -> tuple[list[Released], list[Parked]]:
    """Projects the facts of the parked citizens of the serving generation, in one pass over the log.

    Gives those who were released, and those of whom some fact still cannot be projected: they wait from that
    one on, for its reason. Raises Held, OtherCode when the generation is to be rebuilt first, and
    LogUnreachable.

    late: filled with what has appeared, also of those who still wait, and when the pass is interrupted.
    """
    with connect(conninfo) as connection:
        hold_alone(connection, view.name)
        generation = serving(connection, view.name)
        if generation is None:
            return [], []
        require_own_code(view, generation)
        use_schema(connection, generation)
        late = {} if late is None else late
        released = _Pass(view, log, connection, generation, late).run()
        still = [one for one in _parked_in(connection, generation) if one.subject not in released]
    return [Released(subject, sorted(late.get(subject, ()))) for subject in released], still


class _Pass:
    """One way along the log with everyone who waits in a generation.

    The facts of all of them come in the log's order, as they would have come to the projector: what moves to
    a citizen comes after what its former subject waited for.
    """

    def __init__(
        self, view: View, log: EventLog, connection: Connection, generation: Generation, late: Late
    ) -> None:
        self._view = view
        self._log = log
        self._connection = connection
        self._place: dict[str, str | int] = {"view": generation.view, "generation": generation.number}
        self._generation = generation
        self._late = late
        self._waiting: dict[UUID, int] = {}  # who goes along -> since which position it waits
        self._stuck: set[UUID] = set()
        self._known = 0  # the position up to which these two are known
        self._after = 0

    def run(self) -> list[UUID]:
        """Those who were released."""
        row = self._connection.execute(queries["position"], self._place).fetchone()
        assert row is not None
        self._look(row[0])
        if not self._waiting:
            return []
        self._after = min(self._waiting.values()) - 1
        while not self._step():
            pass
        return list(self._waiting)

    def _look(self, position: int) -> None:
        """Learns who waits, and whom the projector has parked up to a position."""
        self._known = position
        for one in _parked_in(self._connection, self._generation):
            if one.subject not in self._stuck:
                self._waiting.setdefault(one.subject, one.since_position)

    def _step(self) -> bool:
        """Goes on by one read; True when the generation's position is reached and all are released."""
        entries = self._log.read(self._after, FACTS)
        concerned = any(self._concerns(entry) for entry in entries)
        if entries and entries[-1].position < self._known and not concerned:
            self._after = entries[-1].position
            return False
        return self._try_portion(entries)

    def _try_portion(self, entries: Sequence[Entry]) -> bool:
        """The projector may have written what stands in the way, and wait for this: then it comes first."""
        while True:
            before = dict(self._waiting), set(self._stuck), self._known
            try:
                with self._connection.transaction():
                    shown, reached = self._portion(entries)
            except (LockNotAvailable, DeadlockDetected):
                self._waiting, self._stuck, self._known = before
                time.sleep(PAUSE_SECONDS)
                continue
            for fact in shown:
                references = {f"{one.version.type}/{one.version.id}" for one in fact.resources}
                self._late.setdefault(fact.subject, set()).update(references)
            return reached

    def _portion(self, entries: Sequence[Entry]) -> tuple[list[RecordedFact], bool]:
        """Within the transaction: what was projected, and whether that is all. The projector stands still."""
        self._connection.execute(_sql["not_for_long"])
        row = self._connection.execute(queries["hold"], self._place).fetchone()
        assert row is not None
        if not entries and self._after < self._known:
            raise LogUnreachable(
                f"The log ends at position {self._after}, before what {self._view.name} shows."
            )
        if not entries or entries[-1].position >= self._known:
            self._look(row[0])
        entries = [entry for entry in entries if entry.position <= self._known]
        shown = [fact for entry in entries if (fact := self._take(entry))]
        self._after = entries[-1].position if entries else self._known
        if self._after == row[0]:
            self._release()
            return shown, True
        self._wait_on({fact.subject for fact in shown} - self._stuck)
        return shown, False

    def _concerns(self, entry: Entry) -> TypeGuard[RecordedFact | TooNew]:
        since = self._waiting.get(entry.subject)
        return since is not None and since <= entry.position and not isinstance(entry, Quarantined)

    def _take(self, entry: Entry) -> RecordedFact | None:
        """The fact, once it is projected; None when it is nobody's who goes along, or cannot be projected."""
        if not self._concerns(entry):
            return None
        reason = entry.reason if isinstance(entry, TooNew) else self._hindrance(entry)
        if reason or isinstance(entry, TooNew):
            self._stick(entry, reason)
            return None
        return entry

    def _hindrance(self, fact: RecordedFact) -> str:
        """Projects a fact; gives why it cannot be projected, if so."""
        if fact.fact.moved_from in self._stuck:
            return "moved from a parked citizen"
        try:
            with self._connection.transaction():
                self._view.project(self._connection, [fact])
        except Exception as error:
            if not is_fault(error):
                raise
            return type(error).__name__
        return ""

    def _stick(self, entry: RecordedFact | TooNew, reason: str) -> None:
        del self._waiting[entry.subject]
        self._stuck.add(entry.subject)
        waits = {"subject": entry.subject, "position": entry.position, "reason": reason}
        self._connection.execute(_sql["wait_for"], {**self._place, **waits})

    def _wait_on(self, subjects: Iterable[UUID]) -> None:
        for subject in subjects:
            waits = {"subject": subject, "position": self._after + 1}
            self._connection.execute(_sql["wait_on"], {**self._place, **waits})

    def _release(self) -> None:
        if not self._waiting:
            return
        for subject in self._waiting:
            self._connection.execute(_sql["release"], {**self._place, "subject": subject})
        self._connection.execute(queries["release"], self._place)
        self._connection.execute(_sql["announce"], {"view": self._view.name, "position": "parked"})
