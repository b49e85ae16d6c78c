"""The record from its facts alone: what append.sql keeps beside them is folded anew."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ehr.encoding import SchemaTooNew, Undecodable, decode_fact
from ehr.event_store.arrays import entries_of
from ehr.event_store.connections import Connection, connect
from ehr.event_store.notifications import NotificationRow
from ehr.facts import FACT_TYPES, AnyFact
from ehr.folding import Folded, fold
from ehr.sql import load_queries

_queries = load_queries(Path(__file__).with_name("restoring.sql"))


class Flaw(NamedTuple):
    """What is wrong with a fact, or with its place among the others."""

    position: int
    reason: str


class Flawed(Exception):
    """Facts that no record has written like this; nothing of them was restored."""

    def __init__(self, flaw: Flaw) -> None:
        """``flaw``: the first one."""
        super().__init__(f"position {flaw.position}: {flaw.reason}")
        self.flaw = flaw


class Overtaken(Exception):
    """Something else has written to the record meanwhile."""


class Folding:
    """Folds facts, in order of position, into the tables of a connection's search path."""

    def __init__(self, connection: Connection) -> None:
        """Behind the last fact that was folded into the tables; without any, they are empty."""
        self._connection = connection
        self.position = 0
        self._last_updated: datetime | None = None

    def start(self, position: int, last_updated: datetime | None) -> None:
        """The next fact comes behind this one."""
        self.position, self._last_updated = position, last_updated

    def add(self, rows: Sequence[NotificationRow]) -> list[Flaw]:
        """Folds whole flushes; gives what is wrong with them. A fact that cannot be read is left out.
        Raises SchemaTooNew where newer code has to look."""
        flaws = [*self._misplaced(rows), *self._torn(rows)]
        facts: list[tuple[int, AnyFact]] = []
        for row in rows:
            try:
                facts += _decoded(row)
            except SchemaTooNew:
                raise
            except ValueError as error:
                flaws.append(Flaw(row.position, str(error)))
        folded = fold(facts)
        flaws += [Flaw(position, "a body cannot be read") for position in folded.unreadable]
        self._write(rows, folded)
        self.start(rows[-1].position, rows[-1].last_updated)
        return sorted(flaws)

    def _misplaced(self, rows: Sequence[NotificationRow]) -> Iterator[Flaw]:
        """Rows that are not the next ones: of the record, of their subject, or of their stream."""
        subjects, streams = list({row.subject for row in rows}), list({row.stream for row in rows})
        sequences: dict[UUID, int] = dict(self._ask("sequences", subjects=subjects))
        versions: dict[UUID, int] = dict(
            self._ask("stream_versions", streams=streams, position=rows[0].position)
        )
        for position, row in enumerate(rows, self.position + 1):
            if row.position != position:
                yield Flaw(position, "it is missing")
                return
            if row.subject_sequence != sequences.get(row.subject, 0) + 1:
                yield Flaw(position, "it is not the next of its subject")
            if row.stream_version != versions.get(row.stream, 0) + 1:
                yield Flaw(position, "it is not the next of its stream")
            sequences[row.subject], versions[row.stream] = row.subject_sequence, row.stream_version

    def _torn(self, rows: Sequence[NotificationRow]) -> Iterator[Flaw]:
        """Flushes that are not as they were written."""
        before = self._last_updated
        for (begins, size, last_updated), group in groupby(
            rows, lambda row: (row.transaction, row.size, row.last_updated)
        ):
            flush = list(group)
            if begins != flush[0].position or size != len(flush):
                yield Flaw(flush[0].position, "its flush is not whole")
            if before is not None and last_updated <= before:
                yield Flaw(flush[0].position, "its time is not later than that of the flush before")
            before = last_updated

    def _write(self, rows: Sequence[NotificationRow], folded: Folded) -> None:
        flushes = {row.position: (row.transaction + row.size - 1, row.last_updated) for row in rows}
        answers = [
            (*key, answer.request_hash, entries_of(answer), *flushes[position])
            for key, (answer, position) in folded.answers.items()
        ]
        self._insert("heads", [(*key, *head) for key, head in folded.heads.items()])
        self._insert("drop_claims", folded.heads)
        self._insert("claims", [(*key, system, value) for key, system, value in folded.claims])
        self._insert("subjects", {row.subject: row.subject_sequence for row in rows}.items())
        self._insert("answers", answers)

    def _insert(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        if columns:
            self._connection.execute(_queries[query], columns, prepare=True, binary=True)

    def _ask(self, query: str, **values: Any) -> list[Any]:
        return self._connection.execute(_queries[query], values, prepare=True, binary=True).fetchall()


class Restoring(Folding):
    """Appends facts to the record as they were, each batch in one transaction, while nobody else writes.

    Every method raises psycopg.OperationalError when the connection is lost; another one goes on then.
    """

    def __init__(self, conninfo: str) -> None:
        """Connects at once; goes on behind the record's last fact."""
        super().__init__(connect(conninfo))
        self.start(*self._last())

    def add(self, rows: Sequence[NotificationRow]) -> list[Flaw]:
        """Appends whole flushes. Raises Flawed, and Overtaken when something else has written meanwhile."""
        with self._connection.transaction():
            for query in ("into_record", "lock"):
                self._connection.execute(_queries[query])
            if self._last()[0] != self.position:
                raise Overtaken
            flaws = super().add(rows)
            if flaws:
                raise Flawed(flaws[0])
            self._insert("facts", rows)
            self._connection.execute(_queries["announce"], {"position": rows[-1].position})
        return []

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _last(self) -> tuple[int, datetime | None]:
        row: tuple[int, datetime] | None = self._connection.execute(_queries["last"]).fetchone()
        return row or (0, None)


def _decoded(row: NotificationRow) -> list[tuple[int, AnyFact]]:
    """The fact of a row; nothing for an event of the library, which the record keeps without looking into it.
    Raises ValueError when the row does not say what the fact says, or the fact cannot be read."""
    try:
        fact = decode_fact(row.state)
    except SchemaTooNew:
        raise
    except Undecodable:
        if row.topic in FACT_TYPES:
            raise ValueError("it cannot be decoded") from None
        return []
    if (fact.name, fact.subject, fact.stream) != (row.topic, row.subject, row.stream):
        raise ValueError("it stands under another type, subject or stream than its own")
    return [(row.position, fact)]
