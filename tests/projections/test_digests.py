"""Digests see whatever is wrong in a view: a damaged value in each column of every table of every view."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg import sql

from backbone.wiring import VIEWS
from ehr.linking import Act
from projections.digests import differences
from projections.generations import Generation, add_generation, ensure_generation
from projections.projector import Projector
from projections.view import Connection, View
from streams.notification_log import NotificationLog
from tests.pairing import CAPTURED, judge_all, judgement
from tests.stating import create, looking, migrated, observation, patient, request, state_all, update

ORGANIZATION = {
    "resourceType": "Organization",
    "id": "station",
    "name": "Trạm y tế xã Ba Vì",
    "identifier": [{"system": "urn:test", "value": "01234"}],
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "visit",
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/one"},
    "serviceProvider": {"reference": "Organization/station"},
    "period": {"start": "2024-03-01T08:00:00+07:00", "end": "2024-03-01T09:00:00+07:00"},
}
PRESSURE = {
    **observation("one", 2),
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "effectiveDateTime": "2024-03-01T08:10:00+07:00",
    "referenceRange": [{"low": {"value": 90}}],
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "valueQuantity": {
                "value": 128,
                "system": "http://unitsofmeasure.org",
                "code": "mm[Hg]",
                "unit": "mmHg",
            },
        }
    ],
}
MOTHER = {
    "resourceType": "RelatedPerson",
    "patient": {"reference": "Patient/one"},
    "relationship": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}
    ],
    "name": [{"text": "Trần Thị Ba"}],
}
DAMAGE = {
    "jsonb": "{} || '[0]'",
    "text": "coalesce({0} || 'x', 'x')",
    "bytea": "coalesce({0} || '\\x00'::bytea, '\\x00')",
    "uuid": "gen_random_uuid()",
    "boolean": "not {0}",
    "ARRAY": "array_append({0}, null)",
    "double precision": "coalesce({0} + 1, 1)",
    "numeric": "coalesce({0} + 1, 1)",
    "smallint": "{0} + 100",
    "integer": "coalesce({0} + 1000, 1)",
    "bigint": "coalesce({0} + 1000000, 1)",
    "date": "coalesce({0} + 1, '2024-01-01'::date)",
    "timestamp with time zone": "coalesce({0} + interval '1 second', now())",
}
"""Type of a column -> another value than the one that is there."""

TABLES = [(name, table) for name, make in VIEWS.items() for table in make().tables]
Pair = dict[str, tuple[Generation, Generation]]


@pytest.fixture(scope="module")
def pairs(module_database: str) -> Pair:
    """Two generations of each view, made from the same facts."""
    url = migrated(module_database)
    for id_, birth in (("one", "1970-02"), ("two", "2001-12-31")):
        person = {**patient(f"Nguyễn Văn {id_}", id_), "id": id_, "birthDate": birth}
        person |= {"deceasedDateTime": "2024-02-01"}
        telecom = {"telecom": [{"system": "phone", "value": "0912345678"}]}
        state_all(url, request(update(person)))
        state_all(url, request(update({**person, **telecom}), create({**observation(id_, 1)})))
    state_all(url, request(update(ORGANIZATION), update(ENCOUNTER), create(PRESSURE), create(MOTHER)))
    judge_all(url, judgement(Act.LINK, "one", "two", *CAPTURED))
    return {name: _pair(url, make()) for name, make in VIEWS.items()}


def _pair(url: str, view: View) -> tuple[Generation, Generation]:
    with looking(url) as connection:
        pair = ensure_generation(connection, view), add_generation(connection, view)
    for generation in pair:
        with (
            closing(NotificationLog(url)) as log,
            closing(Projector(view, log, url, generation)) as projector,
        ):
            while projector.step():
                pass
    return pair


@pytest.fixture
def connection(module_database: str) -> Iterator[Connection]:
    with looking(module_database) as one:
        yield one


def _columns(connection: Connection, schema: str, table: str) -> dict[str, str]:
    """Column -> type."""
    query = "select column_name, data_type from information_schema.columns where table_schema = %s"
    return dict(connection.execute(query + " and table_name = %s", [schema, table]).fetchall())


def _seen(
    connection: Connection, view: View, pair: tuple[Generation, Generation], damage: sql.Composed
) -> list[str]:
    """Names of the tables in which differences are found when the second generation is damaged."""
    with connection.transaction(force_rollback=True):
        assert connection.execute(damage).rowcount == 1
        return [one.table for one in differences(connection, view, *pair)]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_every_damaged_value_is_seen(pairs: Pair, connection: Connection, name: str, table: str) -> None:
    view, pair = VIEWS[name](), pairs[name]
    assert differences(connection, view, *pair) == []
    columns = _columns(connection, pair[1].schema, table)
    for column, type_ in columns.items():
        update_one = sql.SQL(
            "update {table} set {column} = {damage} where ctid = (select max(ctid) from {table})"
        ).format(
            table=sql.Identifier(pair[1].schema, table),
            column=sql.Identifier(column),
            damage=sql.SQL(DAMAGE[type_]).format(sql.Identifier(column)),
        )
        if column not in view.tables[table].outside:
            assert table in _seen(connection, view, pair, update_one), column
    assert view.tables[table].outside.keys() <= columns.keys()


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_every_row_that_is_missing_or_too_many_is_seen(
    pairs: Pair, connection: Connection, name: str, table: str
) -> None:
    view, pair = VIEWS[name](), pairs[name]
    one = sql.SQL("delete from {table} where ctid = (select max(ctid) from {table})").format(
        table=sql.Identifier(pair[1].schema, table)
    )
    assert table in _seen(connection, view, pair, one)
    assert table in _seen(connection, view, (pair[1], pair[0]), one)


@pytest.mark.parametrize("table", ["identifier", "compartment"])
def test_rows_that_lead_to_another_resource_are_seen(pairs: Pair, connection: Connection, table: str) -> None:
    """Also when two resources have changed places: each table has the same values as before."""
    view, pair = VIEWS["fhir_resources"](), pairs["fhir_resources"]
    schema = pair[1].schema
    other = sql.SQL(
        "update {table} set pk = (select pk from {current} c where (c.type, c.id) = ('Patient', 'two'))"
        " where pk = (select pk from {current} c where (c.type, c.id) = ('Patient', 'one'))"
    ).format(table=sql.Identifier(schema, table), current=sql.Identifier(schema, "current"))
    assert _seen(connection, view, pair, other) == [table]
    swap = sql.SQL("update {current} set pk = -pk where type = 'Patient' and id = 'one'").format(
        current=sql.Identifier(schema, "current")
    )
    assert table in _seen(connection, view, pair, swap)
