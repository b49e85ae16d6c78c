"""What is wrong with the facts of a record is told once for each reason."""

import pytest

from ehr.event_store import verifying
from ehr.event_store.connections import connect
from ehr.event_store.restoring import Flaw
from ehr.event_store.verifying import Flaws, verify_store
from tests.stating import create, migrated, observation, request, state_all


def test_of_each_reason_the_first_flaw_is_kept(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many facts are damaged, and in however many batches they are read."""
    monkeypatch.setattr(verifying, "BATCH", 3)
    migrated(database)
    for n in range(10):
        state_all(database, request(create(observation("1", n))))
    assert verify_store(database).flaws == []
    with connect(database) as connection:
        connection.execute("update record.facts set state = '\\x00' where notification_id > 2")
        connection.execute("update record.facts set size = 2 where notification_id in (5, 9)")
    flaws = verify_store(database).flaws
    assert flaws == [
        Flaws(Flaw(3, "it cannot be decoded"), 8),
        Flaws(Flaw(5, "its flush is not whole"), 2),
    ]
