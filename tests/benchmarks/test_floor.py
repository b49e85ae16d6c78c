"""The raw floor takes bundle after bundle, and leaves nothing behind."""

from itertools import islice

from backbone.embedded_postgres import EmbeddedPostgres
from benchmarks import floor
from benchmarks.corpus import corpus
from ehr.event_store.connections import connect
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from tests.benchmarks.test_corpus import SYNTHEA
from tests.stating import migrated, value


def test_every_bundle_is_written(postgres: EmbeddedPostgres, database: str) -> None:
    with connect(migrated(database)) as connection:
        ensure_generation(connection, FhirResources())
    measured = floor.measure(database, postgres.pid, list(islice(corpus([SYNTHEA], 10**9), 4)))
    assert measured.rate > 0
    assert measured.cpu > 0
    assert value(database, "select count(*) from views.generations") == 1
