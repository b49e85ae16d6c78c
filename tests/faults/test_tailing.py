"""A reader follows writers; and what it would find if positions or commits were made in another way.

100,000 events: `make faults`.
"""

from ehr.event_store.connections import connect
from tests.faults.losing import RepeatingCommit
from tests.faults.tailing import follow
from tests.stating import migrated


def test_a_reader_meets_every_event_once_and_in_order(database: str) -> None:
    followed = follow(migrated(database), 3_000)
    assert followed.wrong == []
    assert followed.events >= 3_000
    assert followed.written.refused > 0
    assert followed.written.lost > 0
    assert followed.trouble.rolled_back > 0


def test_positions_from_a_sequence_are_found_to_leave_gaps_and_lose_events(database: str) -> None:
    """The planted bug: a number is taken when an event is written, and not when it becomes visible."""
    plant_a_sequence(migrated(database))
    wrong = ""
    for _ in range(10):  # Whether a reader passes a gap that is filled later is a matter of moments.
        wrong += " ".join(follow(database, 3_000).wrong)
        if "events were never met" in wrong:
            break
    assert "gaps were met" in wrong
    assert "events were never met" in wrong


def plant_a_sequence(url: str) -> None:
    """In place of the counter that is locked until the commit."""
    with connect(url) as connection:
        connection.execute("create sequence planted")
        row = connection.execute("select pg_get_functiondef('record.append'::regproc)").fetchone()
        assert row is not None
        definition = row[0]
        for sound, faulty in {
            "perform pg_advisory_xact_lock(hashtext('record.append'));": "",
            "f.topic, f.state, base + f.index": "f.topic, f.state, nextval('planted')",
        }.items():
            assert definition.count(sound) == 1
            definition = definition.replace(sound, faulty)
        connection.execute(definition)


def test_a_flush_that_is_repeated_is_found_to_be_applied_twice(database: str) -> None:
    """The planted bug: a flush of unknown outcome is sent again."""
    wrong = " ".join(follow(migrated(database), 3_000, RepeatingCommit).wrong)
    assert "events were acknowledged and" in wrong
    assert "stored more than once" in wrong
