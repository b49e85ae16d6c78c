"""What Kafka costs as the keeper of the log: the same work as without it, on the same cores, in one run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from benchmarks.house import House
from benchmarks.measurements import Row, bundles_of, import_all, small_writes, wait_for_views
from ehr.event_store.notifications import NotificationRow, Notifications
from projections.fhir_resources.view import FhirResources
from projections.rebuild import rebuild
from streams.broker import Access, Administration, Place, Sent, Writer
from streams.event_log import EventLog
from streams.kafka_log import KafkaLog
from streams.log_record import to_record
from streams.notification_log import NotificationLog
from streams.relay import WINDOW, Way, refill
from streams.topics import Wish, ensure_topic

TOPIC = "ehr.facts"


def measure(house: House, paths: Sequence[Path], seconds: float, embedded: float) -> Iterator[Row]:
    """Every row, as soon as it is known. embedded: resources/s of the import without Kafka."""
    assert house.kafka
    references: list[str] = []
    imported = import_all(house, bundles_of(paths), references)
    note = f"{imported.note}, {imported.value / embedded:.0%} of the rate without Kafka"
    yield imported._replace(work=f"with Kafka: {imported.work}", note=note)
    lone = small_writes(house, references, 1, seconds)
    yield lone._replace(work=f"with Kafka: {lone.work}")
    wait_for_views(house)
    house.supervisor.stop()
    access = Access(house.kafka.servers)
    yield from _relay(house, access)
    yield from _rebuilds(house, access)


def _relay(house: House, access: Access) -> Iterator[Row]:
    """The relay reads, hashes and sends; the bare producer sends the same records, made beforehand."""
    with closing(Notifications(house.database)) as store:
        records = [to_record(row) for row in _all_rows(store)]
    size = sum(len(record.value) for record in records) / len(records)
    _send([*records[:WINDOW]], access, Wish("bench.warm", copies=1))
    bare = len(records) / _send(records, access, Wish("bench.bare", copies=1))
    facts = f"{len(records):,} facts of {size:,.0f} bytes"
    yield Row("bare producer, same records, acks=all", f"{bare:,.0f} facts/s", facts)
    started = time.perf_counter()
    refill(Way(house.database, access, Wish("bench.relay", copies=1), 0))
    rate = len(records) / (time.perf_counter() - started)
    yield Row("relay alone, a new topic from the store", f"{rate:,.0f} facts/s", f"{rate / bare:.0%} of it")


def _all_rows(store: Notifications) -> Iterator[NotificationRow]:
    position = 0
    while rows := store.read(position, WINDOW):
        yield from rows
        position = rows[-1].position


def _send(records: Sequence[Sent], access: Access, wish: Wish) -> float:
    """Seconds."""
    with closing(Administration(access)) as administration:
        ensure_topic(administration, wish)
    with closing(Writer(access, Place(wish.name, 0))) as writer:
        started = time.perf_counter()
        for begin in range(0, len(records), WINDOW):
            window = records[begin : begin + WINDOW]
            assert writer.write(window) == len(window)
        return time.perf_counter() - started


def _rebuilds(house: House, access: Access) -> Iterator[Row]:
    """While nothing else is done."""
    with psycopg.connect(house.database) as connection:
        row = connection.execute("select count(*) from fhir_resources.current").fetchone()
    assert row
    with closing(NotificationLog(house.database)) as log:
        store = row[0] / _rebuild(house, log)
    yield Row(
        "rebuild of fhir_resources from the store", f"{store:,.0f} resources/s", f"{row[0]:,} resources"
    )
    with closing(KafkaLog(access, Place(TOPIC, 0))) as log:
        kafka = row[0] / _rebuild(house, log)
    yield Row(
        "rebuild of fhir_resources from Kafka", f"{kafka:,.0f} resources/s", f"{kafka / store:.0%} of it"
    )


def _rebuild(house: House, log: EventLog) -> float:
    """Seconds."""
    started = time.perf_counter()
    assert rebuild(FhirResources(), log, house.database).switched
    return time.perf_counter() - started
