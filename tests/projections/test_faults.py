"""What is a fact's fault parks its citizen; trouble parks nobody and is tried again (docs/consistency.md)."""

import random
from collections.abc import Sequence

import psycopg
import pytest
from psycopg import errors

from projections.carrying import Carrier
from projections.faults import is_fault
from projections.fhir_resources.view import FhirResources
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.replaying import catch_up, fresh_digest, projector, serving_digest
from tests.stating import create, looking, migrated, patient, request, state_all, value

FAULTS = [
    ZeroDivisionError(),
    RecursionError(),
    errors.ProgramLimitExceeded(),
    errors.NumericValueOutOfRange(),
    errors.UniqueViolation(),
    errors.CardinalityViolation(),
    errors.RaiseException(),
    psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    psycopg.ProgrammingError("cannot adapt type"),
]
TROUBLE = [
    MemoryError(),
    psycopg.OperationalError("the connection is closed"),
    psycopg.InterfaceError("the cursor is closed"),
    errors.AdminShutdown(),
    errors.DeadlockDetected(),
    errors.DiskFull(),
    errors.OutOfMemory(),
    errors.QueryCanceled(),
    errors.UndefinedColumn(),
    errors.UndefinedTable(),
    errors.InternalError_(),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_what_follows_from_values_is_a_fault(error: Exception) -> None:
    assert is_fault(error)


@pytest.mark.parametrize("error", TROUBLE, ids=lambda error: type(error).__name__)
def test_everything_else_of_the_database_is_trouble(error: Exception) -> None:
    assert not is_fault(error)


class TooLong(FhirResources):
    """Does not cut a text that it puts into an index."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        super().project(connection, facts)
        marked = [one for fact in facts for one in fact.resources if one.json.get("language") == "vi"]
        for _ in marked:
            connection.execute("insert into identifier values ('Patient', %s, '', 1)", [incompressible()])


def incompressible() -> str:
    """More than fits into a page of an index."""
    chance = random.Random(1)
    return "".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(1000))


def test_a_value_that_no_index_takes_parks_its_citizen_alone(database: str) -> None:
    url = migrated(database)
    state_all(url, request(create({**patient("A"), "language": "vi"})))
    state_all(url, request(create(patient("B"))))
    catch_up(url, TooLong())
    assert value(url, "select array_agg(reason) from views.parked") == ["ProgramLimitExceeded"]
    assert value(url, "select count(*) from fhir_resources.current") == 1
    assert value(url, "select position from views.generations") == 2


def test_what_the_database_lacks_parks_nobody_and_is_tried_again(database: str) -> None:
    url = migrated(database)
    state_all(url, request(create(patient("A"))))
    catch_up(url)
    state_all(url, request(create(patient("B", "1"))))
    with projector(url) as one, looking(url) as connection:
        connection.execute("alter table fhir_resources_1.identifier rename to elsewhere")
        assert Carrier(one).step() == 0
        assert value(url, "select count(*) from views.parked") == 0
        connection.execute("alter table fhir_resources_1.elsewhere rename to identifier")
        while not Carrier(one).step():
            assert value(url, "select count(*) from views.parked") == 0
    assert serving_digest(url) == fresh_digest(url)
