"""Comparing log and store: while both are written to, and when a byte of a broker's disk is another one."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from backbone.embedded_kafka import EmbeddedKafka
from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.verifying import verify_store
from streams import relay, verifying
from streams.broker import Access, Place
from streams.relay import Way, refill
from streams.verifying import Finding, compare
from tests.conftest import fresh_database
from tests.faults.telling import tell
from tests.kafka_broker import MEMORY, OPTIONS
from tests.stating import create, migrated, observation, request, state_all
from tests.streams.relaying import relayed, way

HEADER = 61
"""Bytes of a batch before its records (https://kafka.apache.org/documentation/#recordbatch)."""

UNREAD = range(12, 17)
"""Of these, no reader of a current batch makes use: the leader's epoch, and the version of the format."""


@pytest.fixture(scope="module")
def disk() -> Iterator[tuple[Access, Path]]:
    """A broker of this module's own, and where it keeps its bytes."""
    with TemporaryDirectory(prefix="ehr-test-") as place:
        Path(place).chmod(0o711)
        with EmbeddedKafka(Path(place) / "kafka", memory=MEMORY, options=OPTIONS) as kafka:
            yield Access(kafka.servers), Path(place)


@pytest.fixture(scope="module")
def on_disk(module_database: str, disk: tuple[Access, Path]) -> tuple[Way, Path]:
    """A record with a history, its way to the log, and the file that holds this."""
    tell(migrated(module_database), 1, 5)
    to = way(module_database, disk[0], Place("test.disk", 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "batches", lambda records: [records[:1], records[1:]])
        refill(to)
    (segment,) = disk[1].rglob("test.disk-0/*.log")
    return to, segment


def places(content: bytes, number: int) -> list[int]:
    """Places of bytes that readers make use of: all kinds of a batch's header, and some of its records."""
    second = 12 + int.from_bytes(content[8:12], "big")
    chance = random.Random(number)
    kept = [second + at for at in (0, 5, 7, 8, 10, 11, 17, 20, 23, 30, 45, 57, 60)]
    return kept + [chance.randrange(second + HEADER, len(content)) for _ in range(number)]


def test_a_flipped_byte_on_a_disk_is_named(
    on_disk: tuple[Way, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "PATIENCE_SECONDS", 0.2)
    to, segment = on_disk
    assert compare(to).findings == []
    content = segment.read_bytes()
    second = 12 + int.from_bytes(content[8:12], "big")
    assert not set(places(content, 30)) & {second + at for at in UNREAD}
    for at in places(content, 30):
        write(segment, at, content[at] ^ 1)
        found = compare(to).findings
        write(segment, at, content[at])
        assert len(found) == 1, at
        assert found[0].what.startswith("offset "), (at, found)
    assert compare(to).findings == []


def test_of_each_kind_the_first_one_is_kept(
    database: str, postgres: EmbeddedPostgres, kafka: Access, place: Place
) -> None:
    """However long a log is that belongs to another store."""
    with fresh_database(postgres) as other:
        tell(migrated(other), 1, 5)
        refill(way(other, kafka, place))
        end = verify_store(other).position
    found = compare(way(migrated(database), kafka, place)).findings
    assert found == [Finding("too many", "position 1: the log has it, the store has not", end)]
    assert end > 1


def write(file: Path, at: int, byte: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(bytes([byte]))


def test_it_compares_while_both_are_written_to(database: str, kafka: Access, place: Place) -> None:
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            state_all(database, *(request(create(observation("1", n))) for n in range(20)))

    migrated(database)
    with relayed(database, kafka, place):
        writer = threading.Thread(target=write_on)
        writer.start()
        try:
            ends = []
            for _ in range(4):
                compared, store = compare(way(database, kafka, place)), verify_store(database)
                assert (compared.findings, compared.lags, store.flaws, store.tables) == ([], False, [], {})
                ends.append(store.position)
        finally:
            stop.set()
            writer.join()
    assert ends == sorted(set(ends))
