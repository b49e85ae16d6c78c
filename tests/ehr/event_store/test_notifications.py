"""The record's notifications: what a reader believes of the end of the record."""

import psycopg
import pytest

from ehr.event_store.notifications import Notifications
from tests.stating import create, looking, migrated, observation, request, state_all

END_OTHERS = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where (datname, usename) = (current_database(), current_user) and pid <> pg_backend_pid()
"""
EMPTY = "truncate record.facts, record.subjects, record.flushes, record.heads, record.claims, record.answers"


def state(url: str, facts: int) -> None:
    state_all(url, request(*(create(observation("1", n)) for n in range(facts))))


def test_a_record_that_was_restored_to_an_earlier_end_has_nothing_new(database: str) -> None:
    url = migrated(database)
    state(url, 3)
    notifications = Notifications(url)
    assert notifications.read(0, 10)[-1].position == 3
    with looking(url) as connection:
        connection.execute(END_OTHERS)
        connection.execute(EMPTY)
    state(url, 1)
    with pytest.raises(psycopg.OperationalError):
        notifications.read(1, 10)
    assert notifications.read(1, 10) == []
    assert notifications.wait(1, 0.01) is False
    state(url, 1)
    assert notifications.wait(1, 20) is True
    notifications.close()
