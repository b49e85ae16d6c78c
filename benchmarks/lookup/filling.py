"""Fills the views by what projects them, and by nothing else, but from facts that no record holds.

Registering a million people takes hours of deciding that no look-up reads; the rows are the same. Processes
project different people at the same time: no row depends on who comes first. The facts have positions before
those of any record, so that what is registered afterwards comes behind them.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import orjson
import psycopg

from benchmarks.lookup.people import BLOCK, Citizen, citizens
from benchmarks.lookup.resources import Json, encounters_of, organizations, patient_of
from ehr.bodies import make_body
from ehr.compression import compress
from ehr.event_store.connections import connect
from ehr.facts import ResourceRecorded, ResourceVersion
from ehr.garbage import no_search_for_cycles
from ehr.values import Key, stream_of, subject_of
from projections.facilities.view import Facilities
from projections.generations import serving, use_schema
from projections.view import View
from streams.recorded_fact import RecordedFact, RecordedResource

BATCH: Final = 2_000
"""Citizens in one transaction, about what a projector that catches up takes at once."""

SHARE: Final = 10 * BLOCK
"""Citizens whom a process takes at a time."""

TELL_SECONDS: Final = 10.0
"""Between two lines of progress."""

AT: Final = "2026-10-05T08:00:00.000Z"

T = TypeVar("T")
_FIRST: Final = -(2**36)
_OF_A_CITIZEN: Final = 8
"""Positions: of the first citizen's Patient, and for each citizen."""


class Share(NamedTuple):
    """What a process does at a time: some citizens, from first to last (excluded), into one view.

    seen: with where they were seen; else their Patients alone.
    """

    database: str
    view: View
    seen: bool
    seed: int
    first: int
    last: int


def fill(
    database: str,
    seed: int,
    number: int,
    views: Sequence[View],
    of_patients: Sequence[View] = (),
    share: int = SHARE,
) -> None:
    """Projects so many people with their visits, and the facilities; tells how far it is.

    of_patients: views that are given the Patients alone. share: of people, a multiple of BLOCK.
    """
    with connect(database) as connection:
        _project(connection, Facilities(), list(facilities()))
    shares = [
        Share(database, view, view in views, seed, first, min(first + share, number))
        for first in range(0, number, share)
        for view in (*views, *of_patients)
    ]
    work_off(shares, fill_share)


def work_off(shares: Sequence[Share], work: Callable[[Share], int]) -> None:
    """In processes of their own, several at once; tells how far it is. work: gives the number of citizens."""
    with ProcessPoolExecutor(_processes(), get_context("spawn")) as processes:
        _tell(shares, processes.map(work, shares))


def fill_share(share: Share) -> int:
    """Projects them; gives their number."""
    people = citizens(share.seed, share.last, share.first)
    project_all(
        share, ([fact for one in batch for fact in _facts(one, share.seen)] for batch in batches(people))
    )
    return share.last - share.first


def project_all(share: Share, transactions: Iterable[Sequence[RecordedFact]]) -> None:
    """Each in one transaction, into the view of the share."""
    with connect(share.database) as connection, no_search_for_cycles():
        connection.execute("set synchronous_commit = off")
        for facts in transactions:
            _project(connection, share.view, facts)


def tidy(database: str) -> None:
    """What autovacuum does in time: visibility for scans of indexes alone, and statistics."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _processes() -> int:
    """One more than processors: while the database works for one, another one reads."""
    return 1 + len(os.sched_getaffinity(0))


def _tell(shares: Sequence[Share], filled: Iterator[int]) -> None:
    """Lines of progress. Of every citizen each view counts."""
    everybody, done, started = sum(share.last - share.first for share in shares), 0, time.perf_counter()
    told = started
    for people in filled:
        done, now = done + people, time.perf_counter()
        if now - told > TELL_SECONDS or done == everybody:
            told, rate = now, done / (now - started)
            left = (everybody - done) / rate / 60
            print(f"  {done / everybody:4.0%} filled, {rate:,.0f} a second, {left:.1f} min left", flush=True)


def batches(people: Iterator[T], size: int = BATCH) -> Iterator[list[T]]:
    """So many at a time."""
    while batch := list(islice(people, size)):
        yield batch


def _project(connection: psycopg.Connection[Any], view: View, facts: Sequence[RecordedFact]) -> None:
    generation = serving(connection, view.name)
    assert generation
    use_schema(connection, generation)
    with connection.transaction():
        view.project(connection, facts)


def facilities() -> Iterator[RecordedFact]:
    """Each facility, as it states itself."""
    for place, one in enumerate(organizations(), start=2 * _FIRST):
        yield fact_about(place, one, str(one["id"]))


def _facts(one: Citizen, seen: bool) -> Iterator[RecordedFact]:
    position = _FIRST + _OF_A_CITIZEN * one.index
    yield fact_about(position, patient_of(one), one.id, *one.facilities[:1])
    if seen:
        for place, (encounter, facility) in enumerate(encounters_of(one), start=position + 1):
            yield fact_about(place, encounter, one.id, facility)


def fact_about(position: int, resource: Json, subject_id: str, facility: str | None = None) -> RecordedFact:
    """What is stated of the Patient, or of the facility itself."""
    type_ = resource["resourceType"]
    subject = subject_of(f"{'Patient' if type_ == 'Encounter' else type_}/{subject_id}")
    version = version_of(type_, resource["id"], orjson.dumps(resource))
    return fact_of(position, subject, stream_of(Key(type_, resource["id"])), [version], facility)


def version_of(type_: str, id_: str, text: bytes) -> ResourceVersion:
    """The first of a resource, by its JSON."""
    body = make_body(text, id_)
    return ResourceVersion(type_, id_, 1, "create", body.splice, compress(body.bytes))


def fact_of(
    position: int,
    subject: UUID,
    stream: UUID,
    versions: list[ResourceVersion],
    facility: str | None = None,
    at: str = AT,
) -> RecordedFact:
    """As the record would give it: the first of its stream, and a flush of its own."""
    fact = ResourceRecorded(
        event_id="", schema_version=1, subject=subject, stream=stream, resources=versions,
        actor="benchmark", facility=facility, happened_at=at, recorded_at=at,
    )  # fmt: skip
    return RecordedFact(
        position=position, transaction=position, size=1, subject=subject, subject_sequence=1, stream=stream,
        stream_version=1, last_updated=at, state=b"", fact=fact,
        resources=[RecordedResource(version) for version in versions],
    )  # fmt: skip
