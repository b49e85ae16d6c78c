"""Where Kafka keeps the log, nothing is appended before it is known to have no more than the store."""

from contextlib import closing

import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Uncompared
from ehr.event_store.connections import connect
from ehr.event_store.relaying import RelayPost, keep_by_kafka, standing
from tests.conftest import fresh_database
from tests.stating import create, looking, migrated, observation, request, state_all, value

END = "select coalesce(max(notification_id), 0) from record.facts"


def state(url: str) -> int:
    """States a fact; gives where the record ends."""
    state_all(url, request(create(observation("1", 1))))
    end: int = value(url, END)
    return end


def test_nothing_is_appended_before_the_tails_are_compared(database: str) -> None:
    migrated(database)
    assert state(database) == 1
    with closing(connect(database)) as connection:
        keep_by_kafka(connection)
        with pytest.raises(Uncompared):
            state(database)
        with closing(RelayPost(database)) as post:
            with pytest.raises(Uncompared):
                state(database)
            post.agree()
            assert state(database) == 2
            post.disagree("the log has more")
            with pytest.raises(Uncompared):
                state(database)
            post.leave()
        assert state(database) == 3


def test_what_was_compared_counts_for_one_life_of_the_database(database: str) -> None:
    """It may have been restored meanwhile: then it is another past."""
    migrated(database)
    with closing(RelayPost(database)) as post:
        post.agree()
        assert state(database) == 1
        with looking(database) as connection:
            connection.execute(
                "create or replace function record.incarnation() returns text "
                "language sql as $$ select 'later' $$"
            )
            told = standing(connection)
        assert told is not None
        assert not told.compared
        with pytest.raises(Uncompared):
            state(database)
        post.agree()
        assert state(database) == 2


def test_what_was_compared_is_not_known_of_a_copy(postgres: EmbeddedPostgres, database: str) -> None:
    """Made within the same life of the server, with all that is noted in it."""
    migrated(database)
    with closing(RelayPost(database)) as post:
        post.agree()
        assert state(database) == 1
    with looking(database) as connection:
        name = connection.info.dbname
    with fresh_database(postgres, template=name) as copy:
        with pytest.raises(Uncompared):
            state(copy)
        with closing(RelayPost(copy)) as post:
            post.agree()
            assert state(copy) == 2
    assert state(database) == 2


def test_all_requests_of_a_flush_are_told_why(database: str) -> None:
    migrated(database)
    with closing(RelayPost(database)) as post:
        for _ in range(2):
            with pytest.raises(Uncompared, match="/readyz"):
                state_all(database, *(request(create(observation("1", n))) for n in range(5)))
        post.agree()
        state_all(database, *(request(create(observation("1", n))) for n in range(5)))
    assert value(database, END) == 5
