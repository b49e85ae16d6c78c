"""A small campaign of cut connections, and that it finds what is planted. 10,000 cuts: `make faults`."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from streams.broker import Access, Administration, Partition, Place, Sent, Writer
from streams.topics import Wish, ensure_topic
from tests.faults import stores
from tests.faults.cutting import broker_behind_proxy, cut
from tests.faults.proxy import Fault, Proxy
from tests.stating import migrated

PRODUCE = 0


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with broker_behind_proxy(1) as proxy:
        yield proxy


class Forgetful(Writer):
    """The planted bug: it takes what it has sent for confirmed, and goes on with another producer."""

    def __init__(self, access: Access, place: Place) -> None:
        self._to = replace(access, patience=0.1), place
        super().__init__(*self._to)

    def write(self, records: Sequence[Sent], at: int | None = None) -> int:  # noqa: ARG002 - it believes
        if super().write(records) < len(records):
            self.close()
            super().__init__(*self._to)
        return len(records)


def test_every_fact_is_there_once_and_in_order(proxy: Proxy, database: str) -> None:
    found = cut(proxy, [migrated(database)], 40)
    assert found.wrong == []
    assert found.cuts >= 40
    assert proxy.faults[Fault.ANSWER_LOST] > 0


def test_a_relay_that_goes_on_behind_what_was_not_confirmed_is_found(
    proxy: Proxy, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "HEALING_SECONDS", 10.0)  # The sound one refuses what was left, and waits.
    wrong = " ".join(cut(proxy, [migrated(database)], 20, Forgetful).wrong)
    assert "holes" in wrong
    assert "breaks in the order of a citizen" in wrong


def test_a_writer_that_hears_no_answer_sends_nothing_again(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker may have lost the log's end meanwhile, and what is sent again would stand behind a hole."""
    topic = Wish("unanswered", copies=1)
    access = Access(proxy.address, patience=1.0)
    with closing(Administration(access)) as administration:
        ensure_topic(administration, topic)
    lost: list[bytes] = []

    def first_answer_lost(self: Proxy, message: bytes) -> Fault | None:
        if struct.unpack_from(">h", message, 4) != (PRODUCE,):
            return None
        lost.append(message)
        return Fault.ANSWER_LOST if len(lost) == 1 else None

    monkeypatch.setattr(Proxy, "fault_for", first_answer_lost)
    place = Place(topic.name, 0)
    with closing(Writer(access, place)) as writer, closing(Partition(access, place)) as partition:
        assert writer.write([Sent(b"key", b"value", [])]) == 0
        assert partition.end() == 1
    assert len(lost) == 1
