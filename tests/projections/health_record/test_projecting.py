"""Facts of a real record become sheets: amended, retracted, moved, and the same however they are batched."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.requests import Change
from ehr.values import Key, stream_of, subject_of
from projections.generations import MIGRATIONS
from projections.health_record.kinds import AnyEntry, Problem, Visit
from projections.health_record.sheets import unpack
from projections.health_record.view import HealthRecord
from streams import recorded_fact
from streams.recorded_fact import RecordedFact
from tests.projections.citizens.stating import (
    Json,
    Record,
    cut,
    delete,
    drop_generation,
    facts_of,
    project,
    put,
    rows,
)

VIEW = HealthRecord()
CITIZEN, OTHER = subject_of("Patient/p1"), subject_of("Patient/p2")
Connection = psycopg.Connection[Any]
Statement = tuple[list[Change], str | None, str]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database) as connection:
        migrate(connection, "record")
        migrate(connection, "views", MIGRATIONS)
        yield connection


def of(type_: str, id_: str, patient: str = "p1", **elements: Any) -> Json:
    return {"resourceType": type_, "id": id_, "subject": {"reference": f"Patient/{patient}"}, **elements}


def problem(id_: str, text: str, patient: str = "p1", encounter: str | None = None, **elements: Any) -> Json:
    if encounter:
        elements["encounter"] = {"reference": f"Encounter/{encounter}"}
    return of("Condition", id_, patient, code={"text": text}, **elements)


def encounter(id_: str, patient: str = "p1", **elements: Any) -> Json:
    return of("Encounter", id_, patient, status="finished", **{"class": {"code": "AMB"}}, **elements)


def put_all(*resources: Json) -> list[Change]:
    return [put(resource, index) for index, resource in enumerate(resources)]


def stated(url: str, statements: Sequence[Statement]) -> list[RecordedFact]:
    async def state() -> None:
        async with Record(url) as record:
            for changes, facility, at in statements:
                await record.state(*changes, facility=facility, at=at)

    asyncio.run(state())
    return facts_of(url)


def at(hour: int) -> str:
    return f"2026-10-05T{hour:02}:00:00.000Z"


def shown(connection: Connection, subject: object = CITIZEN) -> dict[str, AnyEntry]:
    query = "select entries from sheet where subject = %s"
    sheets = [unpack(row[0]) for row in connection.execute(query, [subject], binary=True)]
    return {entry.origin.reference: entry for sheet in sheets for entry in sheet}


def texts(connection: Connection, subject: object = CITIZEN) -> dict[str, str | None]:
    found = shown(connection, subject)
    return {key: entry.code.text for key, entry in found.items() if isinstance(entry, Problem)}


def test_an_encounter_and_what_came_with_it_are_one_sheet(database: str, connection: Connection) -> None:
    bundle = put_all(encounter("e1"), problem("c1", "Sốt", encounter="e1"), problem("c2", "Ho"))
    facts = stated(database, [(bundle, "45901", at(8))])
    project(connection, VIEW, [facts])
    (row,) = connection.execute(
        "select entries from sheet where stream = %s", [stream_of(Key("Encounter", "e1"))], binary=True
    ).fetchall()
    assert [entry.origin.reference for entry in unpack(row[0])] == ["Encounter/e1", "Condition/c1"]
    assert set(shown(connection)) == {"Encounter/e1", "Condition/c1", "Condition/c2"}
    visit = shown(connection)["Encounter/e1"]
    assert isinstance(visit, Visit)
    assert (visit.origin.facility, visit.origin.recorded_at, visit.origin.amended_at) == (
        "45901",
        at(8),
        None,
    )


def test_an_amendment_replaces_and_keeps_when_it_was_first_recorded(
    database: str, connection: Connection
) -> None:
    facts = stated(
        database,
        [
            (put_all(encounter("e1"), problem("c1", "Sốt", encounter="e1")), "45901", at(8)),
            (put_all(problem("c1", "Sốt xuất huyết", encounter="e1")), "45902", at(9)),
        ],
    )
    project(connection, VIEW, [facts[:1], facts[1:]])
    entry = shown(connection)["Condition/c1"]
    assert texts(connection) == {"Condition/c1": "Sốt xuất huyết"}
    assert (entry.origin.recorded_at, entry.origin.amended_at) == (at(8), at(9))
    assert entry.origin.facility == "45902"


def test_a_later_resource_of_an_encounter_is_a_sheet_of_its_own(
    database: str, connection: Connection
) -> None:
    late = (put_all(problem("c1", "Sốt", encounter="e1")), "45901", at(9))
    facts = stated(database, [(put_all(encounter("e1")), "45901", at(8)), late])
    project(connection, VIEW, [facts])
    assert shown(connection)["Condition/c1"].encounter == "e1"
    assert connection.execute("select count(*) from sheet").fetchone() == (2,)


def test_a_retracted_resource_vanishes_and_leaves_an_empty_sheet(
    database: str, connection: Connection
) -> None:
    """By which the past finds what it was."""
    facts = stated(
        database,
        [
            (
                put_all(encounter("e1"), problem("c1", "Sốt", encounter="e1"), problem("c2", "Ho")),
                None,
                at(8),
            ),
            ([delete("Condition", "c1")], None, at(9)),
            ([delete("Condition", "c2")], None, at(10)),
        ],
    )
    project(connection, VIEW, [facts[:2], facts[2:]])
    assert set(shown(connection)) == {"Encounter/e1"}
    assert connection.execute("select count(*) from sheet").fetchone() == (2,)


def test_what_was_entered_in_error_leaves_the_sheet(database: str, connection: Connection) -> None:
    error: Json = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    facts = stated(
        database,
        [
            (put_all(problem("c1", "Sốt")), None, at(8)),
            (put_all(problem("c1", "Sốt", **error)), None, at(9)),
        ],
    )
    project(connection, VIEW, [facts[:1], facts[1:]])
    assert shown(connection) == {}


@pytest.mark.parametrize("together", [True, False])
def test_a_moved_resource_leaves_the_former_citizen(
    database: str, connection: Connection, together: bool
) -> None:
    facts = stated(
        database,
        [
            (put_all(problem("c1", "Sốt", "p1"), problem("c2", "Ho", "p1")), None, at(8)),
            (put_all(problem("c1", "Sốt cao", "p2")), None, at(9)),
        ],
    )
    project(connection, VIEW, [facts] if together else [[fact] for fact in facts])
    assert texts(connection, CITIZEN) == {"Condition/c2": "Ho"}
    assert texts(connection, OTHER) == {"Condition/c1": "Sốt cao"}


def test_a_modifier_extension_is_marked(database: str, connection: Connection) -> None:
    modified: Json = {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}
    plain, without, escaped = put_all(
        *(problem(f"c{n}", "Sốt", **(modified if n != 2 else {})) for n in (1, 2, 3))
    )
    escaped = replace(escaped, raw=escaped.raw.replace(b"modifierE", rb"modifier\u0045"))
    project(connection, VIEW, [stated(database, [([plain, without, escaped], None, at(8))])])
    found = shown(connection)
    assert [found[f"Condition/c{n}"].origin.modified for n in (1, 2, 3)] == [True, False, True]


def test_the_directory_follows_amendments_and_retractions(database: str, connection: Connection) -> None:
    code = {"system": "http://fhir.ehealth.gov.vn/core/sid/provider-code", "value": "45901"}
    station = {"resourceType": "Organization", "id": "o1", "identifier": [code]}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "Practitioner/x"},
    }
    facts = stated(
        database,
        [
            (put_all({**station, "name": "Trạm cũ"}, role), None, at(8)),
            (put_all({**station, "name": "Trạm mới"}), None, at(9)),
            (put_all({"resourceType": "Location", "id": "l1", "name": "Phòng 2"}), None, at(10)),
            ([delete("Location", "l1")], None, at(11)),
        ],
    )
    project(connection, VIEW, [facts[:3], facts[3:]])
    assert sorted(connection.execute("select * from directory")) == [
        ("Organization/o1", "Trạm mới", "45901", None),
        ("PractitionerRole/r1", None, None, "Practitioner/x"),
    ]


def test_types_that_a_chart_does_not_show_are_not_unpacked(
    database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unshown = {
        "resourceType": "Basic",
        "id": "b1",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p1"},
    }
    facts = stated(database, [(put_all(unshown), None, at(8))])
    unpacked: list[bytes] = []
    monkeypatch.setattr(recorded_fact, "decompress", unpacked.append)
    project(connection, VIEW, [facts])
    assert not unpacked
    assert connection.execute("select count(*) from sheet").fetchone() == (0,)


def test_the_view_says_up_to_when_it_has_come(database: str, connection: Connection) -> None:
    facts = stated(
        database,
        [(put_all(problem("c1", "Sốt")), None, at(8)), (put_all(problem("c2", "Ho")), None, at(9))],
    )
    project(connection, VIEW, [[facts[1]], [facts[0]]])
    (row,) = connection.execute("select to_json(last_updated)#>>'{}' from progress").fetchall()
    assert row[0].startswith(facts[1].last_updated[:19])


HISTORY: list[Statement] = [
    (put_all({"resourceType": "Patient", "id": "p1", "name": [{"text": "Hồ Văn Thử"}]}), "45901", at(1)),
    (put_all(encounter("e1"), problem("c1", "Sốt", encounter="e1"), problem("c2", "Ho")), "45901", at(2)),
    (put_all({"resourceType": "Organization", "id": "o1", "name": "Trạm cũ"}), None, at(3)),
    (put_all(problem("c1", "Sốt cao", encounter="e1")), "45902", at(4)),
    ([delete("Condition", "c2")], "45901", at(5)),
    (put_all(problem("c1", "Sốt cao", "p2")), None, at(6)),
    (put_all(problem("c2", "Ho lại"), {"resourceType": "Organization", "id": "o1"}), None, at(7)),
    (put_all(problem("c1", "Trở về", "p1"), encounter("e1", period={"start": "2026"})), "45901", at(8)),
    ([delete("Encounter", "e1"), delete("Organization", "o1", 1)], None, at(9)),
]  # fmt: skip


def test_any_batching_gives_the_same_rows(database: str, connection: Connection) -> None:
    facts = stated(database, HISTORY)
    project(connection, VIEW, [facts])
    whole = rows(connection, VIEW)
    assert texts(connection) == {"Condition/c1": "Trở về", "Condition/c2": "Ho lại"}

    @given(st.lists(st.integers(0, len(facts))))
    @settings(max_examples=40, deadline=None)
    def same(places: list[int]) -> None:
        generation = project(connection, VIEW, cut(facts, places))
        try:
            assert rows(connection, VIEW) == whole
        finally:
            drop_generation(connection, generation)

    same()
