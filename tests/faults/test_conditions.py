"""Conditions that are searches, raced; and what would be found if they were not looked at under the lock.

2,000 requests a trial: `make faults ONLY=conditions`.
"""

from tests.faults.conditions import race
from tests.faults.losing import TrustingCommit
from tests.stating import migrated


def test_there_are_never_two_of_one_condition(database: str) -> None:
    raced = race(migrated(database), 600, seed=1)
    assert raced.wrong == []
    assert raced.stated > 100
    assert len(raced.asked.requests) == 5
    assert raced.asked.lost > 0


def test_two_are_found_where_nothing_is_looked_at_under_the_lock(database: str) -> None:
    """The planted bug: what was found when a request was resolved is believed."""
    raced = race(migrated(database), 600, seed=1, commits=TrustingCommit)
    assert any("there were two" in wrong for wrong in raced.wrong)
