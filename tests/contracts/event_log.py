"""What every keeper of the log promises (streams/event_log.py). An adapter's test says how to make one."""

import threading
from typing import Protocol

import pytest

from streams.event_log import EventLog
from streams.recorded_fact import RecordedFact


class Kept(Protocol):
    """A log under test and a way to state facts that will be on it."""

    log: EventLog

    def state(self, flushes: list[int]) -> None:
        """States so many flushes; the numbers are how many facts each has."""
        ...


class EventLogContract:
    """Inherit it, and give the fixture ``kept``."""

    def test_an_empty_log_ends_at_0_and_has_nothing_to_read(self, kept: Kept) -> None:
        assert kept.log.end() == 0
        assert list(kept.log.read(0, 10)) == []
        assert kept.log.wait(0, 0.01) is False

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_positions_are_contiguous_and_flushes_whole(self, kept: Kept, limit: int) -> None:
        kept.state([1, 3, 2, 4, 1])
        seen = 0
        while entries := kept.log.read(seen, limit):
            assert [entry.position for entry in entries] == list(range(seen + 1, seen + 1 + len(entries)))
            assert entries[0].position == entries[0].transaction
            assert entries[-1].position == entries[-1].transaction + entries[-1].size - 1
            seen = entries[-1].position
        assert seen == kept.log.end() == 11

    def test_what_was_read_reads_the_same_again(self, kept: Kept) -> None:
        kept.state([2, 2])
        first, again = kept.log.read(0, 10), kept.log.read(0, 10)
        assert [_content(entry) for entry in first] == [_content(entry) for entry in again]

    def test_what_was_stated_before_the_wait_wakes_it(self, kept: Kept) -> None:
        kept.log.wait(0, 0.01)
        kept.state([1])
        assert kept.log.wait(0, 20) is True

    def test_what_is_stated_during_the_wait_wakes_it(self, kept: Kept) -> None:
        woken: list[bool] = []
        waiter = threading.Thread(target=lambda: woken.append(kept.log.wait(0, 20)))
        waiter.start()
        kept.state([1])
        waiter.join()
        assert woken == [True]

    def test_no_wake_up_is_lost_between_reading_and_waiting(self, kept: Kept) -> None:
        seen = 0
        for _ in range(30):
            stating = threading.Thread(target=kept.state, args=([1],))
            stating.start()
            assert kept.log.wait(seen, 20) is True
            seen = kept.log.read(seen, 10)[-1].position
            stating.join()
        assert seen == 30


def _content(entry: object) -> object:
    assert isinstance(entry, RecordedFact)
    return (entry.position, entry.subject, entry.subject_sequence, entry.content_hash, entry.last_updated)
