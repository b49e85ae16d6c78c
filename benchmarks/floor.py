"""The floor: the least that any server on this database must do to take the same bundles.

The same validator, the same compression, and binary COPY of the same rows of ``fhir_resources`` into the same
indexed tables, one transaction a Bundle, in one process: no HTTP, no record, no decisions, no references.
"""

import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from benchmarks.corpus import Bundle
from benchmarks.processes import cpu_seconds
from ehr.bodies import make_body
from ehr.compression import compress
from ehr.event_store.connections import connect
from ehr.facts import ResourceRecorded, ResourceVersion
from ehr.requests import Change
from ehr.values import new_id
from fhir_api.bundles import BundleLimits, parse_bundle
from fhir_api.intake import warm
from projections.fhir_resources.view import FhirResources
from projections.generations import add_generation, drop_generation, use_schema
from streams.recorded_fact import RecordedFact, RecordedResource

LIMITS = BundleLimits(64 << 20, 25_000, 8 << 20)
NOBODY = UUID(int=0)


class Floor(NamedTuple):
    """rate: resources a second. cpu: microseconds a resource, of this process and the database."""

    rate: float
    cpu: float


def measure(database: str, postgres: int, bundles: Sequence[Bundle]) -> Floor:
    """postgres: process id of the server."""
    with connect(database) as connection:
        generation = add_generation(connection, FhirResources())
        use_schema(connection, generation)
        warm()
        list(_versions(bundles[0].body))
        resources, started, used = 0, time.perf_counter(), cpu_seconds(postgres, os.getpid())
        for position, bundle in enumerate(bundles, 1):
            fact = _fact(bundle.body, position)
            with connection.transaction():
                FhirResources().project(connection, [fact])
            resources += len(fact.resources)
        seconds, cpu = time.perf_counter() - started, cpu_seconds(postgres, os.getpid()) - used
        drop_generation(connection, generation)
    return Floor(resources / seconds, 1e6 * cpu / resources)


def _fact(body: bytes, position: int) -> RecordedFact:
    versions = list(_versions(body))
    fact = ResourceRecorded(
        event_id="", schema_version=1, subject=NOBODY, stream=NOBODY, resources=versions, actor="",
        happened_at="", recorded_at="",
    )  # fmt: skip
    return RecordedFact(
        position,
        position,
        1,
        NOBODY,
        1,
        NOBODY,
        1,
        "2026-01-01T00:00:00.000Z",
        b"",
        fact,
        [RecordedResource(v) for v in versions],
    )


def _versions(body: bytes) -> Iterator[ResourceVersion]:
    for wish in parse_bundle(body, LIMITS).wishes:
        assert isinstance(wish, Change)
        id_ = new_id()
        made = make_body(wish.raw, id_)
        yield ResourceVersion(wish.type, id_, 1, "create", made.splice, compress(made.bytes))
