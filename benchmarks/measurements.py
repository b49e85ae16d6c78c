"""What is measured, in order; each measurement leaves data that the next ones use."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import psycopg
import uvloop

from backbone import wiring
from benchmarks import floor, load
from benchmarks.corpus import Bundle, corpus
from benchmarks.house import House
from benchmarks.small_requests import transactions
from projections.fhir_resources.view import FhirResources
from projections.rebuild import rebuild
from simulation.feed import feed
from simulation.province import Province
from streams.notification_log import NotificationLog

IMPORT_CLIENTS = 4
READ_CLIENTS = 32
TRANSACTION_CLIENTS = (1, 8, 64)
EVERYTHING_RESOURCES = 1000
PROVINCE_CITIZENS = 500
WARM_SECONDS = 3
"""For worker processes to be up, as they are in a server that runs for longer than a benchmark."""
Seen = Callable[[bytes], None] | None


class Row(NamedTuple):
    """One line of the table. value: the figure, where others are held against it."""

    work: str
    figure: str
    note: str
    value: float = 0.0


def measure(house: House, paths: Sequence[Path], seconds: float) -> Iterator[Row]:
    """Every row, as soon as it is known."""
    bundles = bundles_of(paths)
    references: list[str] = []
    least = floor.measure(house.database, house.postgres.pid, _patients(bundles))
    yield Row(
        "raw floor: same validator, COPY of the same rows",
        f"{least.rate:,.0f} resources/s",
        _micro(least.cpu),
    )
    imported = import_all(house, bundles, references)
    note = f"{imported.note}, {imported.value / least.rate:.0%} of the floor's rate"
    yield imported._replace(note=note)
    yield from _bytes(house)
    yield from _transactions(house, references, seconds)
    yield from _reads(house, references, seconds)
    yield from _everything(house)
    yield from _rebuild(house)
    yield from _province(house)


def bundles_of(paths: Sequence[Path]) -> list[Bundle]:
    """Every bundle once."""
    return list(takewhile(lambda bundle: bundle.copy == 0, corpus(paths, 1 << 60)))


def _patients(bundles: Sequence[Bundle]) -> list[Bundle]:
    return [bundle for bundle in bundles if "Information" not in bundle.name]


def import_all(house: House, bundles: Sequence[Bundle], references: list[str]) -> Row:
    """Facilities first, one after the other; then the patients, which are what is timed.

    references: takes up what was made.
    """
    facilities = [bundle for bundle in bundles if "Information" in bundle.name]
    patients = _patients(bundles)

    def remember(body: bytes) -> None:
        entries = orjson.loads(body)["entry"]
        references.extend(e["response"]["location"].partition("/_history/")[0] for e in entries)

    _run(house, (load.post("/fhir", bundle.body) for bundle in facilities), 1)
    time.sleep(WARM_SECONDS)
    resources = sum(bundle.resources for bundle in patients)
    used = house.cpu()
    done = _run(house, (load.post("/fhir", b.body) for b in patients), IMPORT_CLIENTS, remember)
    cpu = 1e6 * (house.cpu() - used) / resources
    rate = resources / done.seconds
    work = f"import, {IMPORT_CLIENTS} clients, {resources:,} resources"
    return Row(work, f"{rate:,.0f} resources/s", f"{_micro(cpu)}, {done.refused} refused", rate)


def _bytes(house: House) -> Iterator[Row]:
    wait_for_views(house)
    with psycopg.connect(house.database, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        resources = _value(connection, "select count(*) from fhir_resources.current")
        whole = _value(connection, "select pg_database_size(current_database())")
        record = _value(connection, _SIZE, ["record"])
        views = {name: _value(connection, _SIZE, [f"{name}_1"]) for name in wiring.VIEWS}
    parts = ", ".join(f"{name} {size / resources:,.0f}" for name, size in {"record": record, **views}.items())
    yield Row("store and views on disk, without WAL", f"{whole / resources:,.0f} bytes/resource", parts)


def _transactions(house: House, references: list[str], seconds: float) -> Iterator[Row]:
    for clients in TRANSACTION_CLIENTS:
        yield small_writes(house, references, clients, seconds)


def small_writes(house: House, references: list[str], clients: int, seconds: float) -> Row:
    """Visits of patients among the references, each client with one at a time."""
    patients = [reference for reference in references if reference.startswith("Patient/")]
    requests = (load.post("/fhir", body) for body in transactions(patients, clients))
    return _timed(house, f"Encounter + 2 Observations, {clients} clients", clients, seconds, requests)


def _reads(house: House, references: list[str], seconds: float) -> Iterator[Row]:
    shuffled = random.Random(1).sample(references, len(references))
    requests = (load.get(f"/fhir/{reference}") for reference in cycle(shuffled))
    yield _timed(house, f"read by id, {READ_CLIENTS} connections", READ_CLIENTS, seconds, requests)


def _everything(house: House) -> Iterator[Row]:
    with psycopg.connect(house.database) as connection:
        row = connection.execute(_NEAREST, [EVERYTHING_RESOURCES]).fetchone()
    assert row is not None
    patient, resources = row
    request = load.get(f"/fhir/Patient/{patient}/$everything?_count={EVERYTHING_RESOURCES}")
    done = _run(house, iter([request] * 40), 1)
    figure = f"{done.quantile(0.5):.1f} ms median"
    yield Row(
        f"$everything, first page, {resources:,} resources", figure, f"p99 {done.quantile(0.99):.1f} ms"
    )


def _rebuild(house: House) -> Iterator[Row]:
    log, started = NotificationLog(house.database), time.perf_counter()
    result = rebuild(FhirResources(), log, house.database)
    seconds = time.perf_counter() - started
    log.close()
    with psycopg.connect(house.database) as connection:
        resources = _value(connection, "select count(*) from fhir_resources.current")
    note = f"{resources:,} resources, compared and switched: {result.switched}"
    yield Row("rebuild of fhir_resources, online", f"{resources / seconds:,.0f} resources/s", note)


def _province(house: House) -> Iterator[Row]:
    """Visits of the simulated province, drawn beforehand: a bundle each, with conditions and keys."""
    sendings = list(Province(1, PROVINCE_CITIZENS))
    used, started = house.cpu(), time.perf_counter()
    told = uvloop.run(feed(house.base, sendings, concurrency=IMPORT_CLIENTS))
    rate = told.resources / (time.perf_counter() - started)
    cpu = 1e6 * (house.cpu() - used) / told.resources
    note = f"{told.accepted:,} visits and the like, {_micro(cpu)}, {len(told.refused)} refused"
    yield Row(f"simulated province, {PROVINCE_CITIZENS} citizens", f"{rate:,.0f} resources/s", note)


def _timed(house: House, work: str, clients: int, seconds: float, requests: Iterator[bytes]) -> Row:
    _run(house, load.until(1.0, requests), clients)
    used, commits = house.cpu(), _commits(house)
    done = _run(house, load.until(seconds, requests), clients)
    cpu = 1e3 * (house.cpu() - used) / len(done.latencies)
    note = f"p50 {done.quantile(0.5):.1f} ms, p99 {done.quantile(0.99):.1f} ms, {cpu:.2f} ms CPU each"
    note += f", {done.refused} refused" if done.refused else ""
    flushes = _commits(house) - commits
    if flushes:
        note += f", {len(done.latencies) / flushes:.0f} a flush"
    return Row(work, f"{done.rate:,.0f} a second", note)


def _run(house: House, requests: Iterator[bytes], clients: int, seen: Seen = None) -> load.Outcome:
    return uvloop.run(load.run(house.base, requests, clients, seen))


def _commits(house: House) -> int:
    with psycopg.connect(house.database) as connection:
        return _value(connection, "select count(*) from record.flushes")


def wait_for_views(house: House) -> None:
    with psycopg.connect(house.database, autocommit=True) as connection:
        while _value(connection, _BEHIND):
            time.sleep(0.1)


def _value(connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any] = ()) -> int:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return int(row[0] or 0)


def _micro(cpu: float) -> str:
    return f"{cpu:.0f} µs CPU a resource"


_SIZE = """select sum(pg_total_relation_size(c.oid))
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = %s and c.relkind = 'r'"""
_BEHIND = """select count(*) from views.generations
             where state = 'serving' and position < (select max(notification_id) from record.facts)"""
_NEAREST = """select id, n from fhir_resources.current join (
                  select patient, count(*) n from fhir_resources.compartment group by patient
              ) c on c.patient = subject
              where type = 'Patient' order by abs(n - %s) limit 1"""
