"""That a hang is told from slowness, and who is behind it."""

from contextlib import closing
from typing import LiteralString

import pytest

from backbone.wiring import view_named
from ehr.event_store.migrations import migrate
from projections.generations import MIGRATIONS, Generation, add_generation
from projections.projector import Projector
from streams.notification_log import NotificationLog
from tests.faults.arriving import STILL_SECONDS, hung
from tests.stating import looking, migrated

END = 20


@pytest.fixture
def url(database: str) -> str:
    with looking(migrated(database)) as connection:
        migrate(connection, "views", MIGRATIONS)
    return database


@pytest.fixture
def generations(url: str) -> dict[str, Generation]:
    names = ["citizens", "facilities"]
    with looking(url) as connection:
        return {name: add_generation(connection, view_named(name)) for name in names}


GO_ON = "update views.generations set position = position + 1"


class Time:
    """Passes only while somebody pauses, ``step`` seconds each time; then the views do this."""

    def __init__(self, url: str, happens: LiteralString, step: float) -> None:
        self._url, self._happens, self._step = url, happens, step
        self.passed = 0.0

    def now(self) -> float:
        return self.passed

    def pause(self, _: float) -> None:
        self.passed += self._step
        with looking(self._url) as connection:
            connection.execute(self._happens)


def test_slow_views_are_waited_for(url: str, generations: dict[str, Generation]) -> None:
    time = Time(url, GO_ON, STILL_SECONDS - 1)
    assert hung(url, generations, END, time.now, time.pause) == []
    assert time.passed == END * (STILL_SECONDS - 1)


def test_a_view_that_stands_still_hangs_though_another_goes_on(
    url: str, generations: dict[str, Generation]
) -> None:
    time = Time(url, f"{GO_ON} where view = 'citizens'", STILL_SECONDS / 4)
    log = NotificationLog(url)
    with closing(log), closing(Projector(view_named("facilities"), log, url)) as holder:
        assert holder.take()
        first, *at_work = hung(url, generations, END, time.now, time.pause)
    assert first == f"facilities hung: citizens at 5, facilities at 0 of {END}"
    assert time.passed == STILL_SECONDS * 5 / 4
    assert [line for line in at_work if "ehr stand by facilities" in line and line.endswith("has the lease")]


def test_to_go_back_and_forth_is_not_to_go_on(url: str, generations: dict[str, Generation]) -> None:
    time = Time(url, "update views.generations set position = 1 - position", STILL_SECONDS / 4)
    first, *_ = hung(url, generations, END, time.now, time.pause)
    assert first.startswith("citizens and facilities hung: ")
