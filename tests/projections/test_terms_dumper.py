"""Arrays of terms arrive as they are."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect
from projections.fhir_resources.terms_dumper import TermsDumper

TERMS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40)


@given(st.lists(TERMS, min_size=1, max_size=10))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_terms_are_copied_as_they_are(database: str, rows: list[list[int]]) -> None:
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (place int4, terms int8[])")
        cursor.adapters.register_dumper(None, TermsDumper)
        with cursor.copy("copy t from stdin (format binary)") as copy:
            copy.set_types(["int4", "int8[]"])
            for row in enumerate(rows):
                copy.write_row(row)
        assert [terms for (terms,) in cursor.execute("select terms from t order by place")] == rows
