"""While one log is away, another one of the same facts is read."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from streams import fallback
from streams.event_log import EventLog, LogUnreachable
from streams.fallback import Fallback
from streams.notification_log import NotificationLog
from tests.contracts.event_log import EventLogContract, Kept
from tests.stating import migrated
from tests.streams.test_notification_log import KeptByTheRecord


class Sometimes:
    """The record's log, which counts how often it is asked and does not answer while it is away."""

    def __init__(self, url: str) -> None:
        self._log = NotificationLog(url)
        self.away = self.noticed = False
        self.trouble: Exception = LogUnreachable("away")
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        self.asked += 1
        if self.away:
            raise self.trouble
        return getattr(self._log, name)

    def close(self) -> None:
        self._log.close()


@pytest.fixture
def first(database: str) -> Sometimes:
    return Sometimes(migrated(database))


@pytest.fixture
def log(first: Sometimes, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventLog]:
    for pause in ("AWAY_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(fallback, pause, 0.0)
    with closing(Fallback(first, NotificationLog(database), lambda: first.noticed)) as log:  # type: ignore[arg-type]
        yield log


class TestFallback(EventLogContract):
    @pytest.fixture(params=[False, True])
    def kept(self, database: str, first: Sometimes, log: EventLog, request: pytest.FixtureRequest) -> Kept:
        first.away = first.noticed = request.param
        return KeptByTheRecord(log, database)


def test_it_goes_to_the_first_one_and_back_to_it(database: str, first: Sometimes, log: EventLog) -> None:
    KeptByTheRecord(log, database).state([1, 2, 1])
    assert [entry.position for entry in log.read(0, 1)] == [1]
    first.away, asked = True, first.asked
    assert [entry.position for entry in log.read(1, 1)] == [2, 3]
    assert first.asked == asked + 1
    first.noticed = True
    assert (log.end(), log.wait(3, 1)) == (4, True)
    assert first.asked == asked + 1  # nobody waits for it while it is known to be away
    first.away = first.noticed = False
    assert [entry.position for entry in log.read(3, 1)] == [4]
    assert first.asked == asked + 2


def test_it_does_without_one_that_answers_and_lacks_what_the_other_has(
    database: str, first: Sometimes, log: EventLog
) -> None:
    """As Kafka does while no relay works."""
    KeptByTheRecord(log, database).state([1])
    first.noticed, asked = True, first.asked
    assert [entry.position for entry in log.read(0, 1)] == [1]
    assert first.asked == asked
