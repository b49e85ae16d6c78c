"""What the record keeps beside its facts follows from them: a record made of the facts alone is the same."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import sql

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.notifications import NotificationRow, Notifications
from ehr.event_store.restoring import Flawed, Overtaken, Restoring
from tests.conftest import fresh_database
from tests.faults.telling import answers, tell
from tests.stating import looking, migrated, value

TABLES = ("facts", "heads", "claims", "subjects", "answers")


@dataclass
class Two:
    """A record with a history, and a database for another one."""

    told: str
    empty: str

    def rows(self) -> list[NotificationRow]:
        """All facts of the first one."""
        with closing(Notifications(self.told)) as notifications:
            return list(notifications.read(0, 100_000))


@pytest.fixture
def two(postgres: EmbeddedPostgres, database: str) -> Iterator[Two]:
    with fresh_database(postgres) as other:
        yield Two(migrated(database), migrated(other))


def flushes(rows: list[NotificationRow]) -> list[list[NotificationRow]]:
    return [
        [row for row in rows if row.transaction == begin] for begin in sorted({r.transaction for r in rows})
    ]


def restore(url: str, batches: list[list[NotificationRow]]) -> None:
    with closing(Restoring(url)) as restoring:
        for batch in batches:
            restoring.add(batch)


def table(url: str, name: str) -> list[tuple[object, ...]]:
    """All rows; but answers without a fact, which are kept in the store alone."""
    query = sql.SQL("select * from record.{} t where (to_jsonb(t) ->> 'position') is distinct from '0'")
    with looking(url) as connection:
        return sorted(connection.execute(query.format(sql.Identifier(name))).fetchall(), key=str)


@pytest.mark.parametrize("seed", range(3))
def test_a_record_of_the_facts_alone_is_the_same_and_decides_alike(two: Two, seed: int) -> None:
    tell(two.told, seed, 30)
    restore(two.empty, flushes(two.rows()) if seed else [two.rows()])
    for name in TABLES:
        assert table(two.empty, name) == table(two.told, name), name
    with looking(two.told) as connection:
        connection.execute("delete from record.answers where position = 0")
    assert answers(two.empty, seed + 100, 60) == answers(two.told, seed + 100, 60)


def test_histories_are_of_every_kind(two: Two) -> None:
    tell(two.told, 1, 30)
    for query in (
        "select count(*) from record.facts where size > 1",
        "select count(*) from record.heads where deleted",
        "select count(*) from record.claims where system = ''",
        "select count(*) from record.claims where system like 'blake2b:%'",
        "select count(*) from record.claims where system like 'Encounter/%'",
        "select count(*) from record.answers where position > 0",
        "select count(*) from record.answers where position = 0",
        "select count(*) from record.facts where topic = 'ResourceRetracted'",
        "select count(*) from record.facts where topic = 'RecordsLinked'",
        "select count(*) from record.facts where topic = 'LinkProposed'",
        "select count(*) from record.facts where state like '%moved_to%'::bytea",
        "select count(*) from record.facts where state like '%parts%'::bytea",
    ):
        assert value(two.told, query) > 0, query


def test_it_goes_on_where_it_was_interrupted(two: Two) -> None:
    tell(two.told, 1, 10)
    whole = flushes(two.rows())
    restore(two.empty, whole[:3])
    restore(two.empty, whole[3:])
    assert table(two.empty, "heads") == table(two.told, "heads")


def test_it_does_not_go_on_when_something_else_has_written(two: Two) -> None:
    tell(two.told, 1, 5)
    whole = flushes(two.rows())
    with closing(Restoring(two.empty)) as restoring:
        restoring.add(whole[0])
        restore(two.empty, whole[1:2])
        with pytest.raises(Overtaken):
            restoring.add(whole[1])


@pytest.mark.parametrize("field", NotificationRow._fields)
def test_what_no_record_has_written_is_not_restored(two: Two, field: str) -> None:
    tell(two.told, 1, 5)
    whole = flushes(two.rows())
    restore(two.empty, whole[:4])
    row, before = whole[4][0], whole[0][0]
    wrong: dict[str, Any] = {
        "subject": before.subject,
        "stream": before.stream,
        "last_updated": before.last_updated,
        "topic": "EncounterRetracted",
        "state": row.state[:-1],
    }
    damaged = {field: wrong.get(field) or getattr(row, field) + 1}
    with closing(Restoring(two.empty)) as restoring, pytest.raises(Flawed) as refused:
        restoring.add([row._replace(**damaged), *whole[4][1:]])
    assert refused.value.flaw.position == row.position
    assert value(two.empty, "select max(notification_id) from record.facts") == whole[3][-1].position
    assert value(two.empty, "select max(sequence) from record.subjects") == max(
        row.subject_sequence for flush in whole[:4] for row in flush
    )
