"""The rows that facts about people leave, whatever the batches."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect
from ehr.event_store.migrations import migrate
from ehr.requests import Change
from ehr.systems import TEMPORARY_ID
from ehr.values import subject_of
from projections.citizens import view
from projections.citizens.patient import MOST_NAMES, MOST_NUMBERS, MOST_TELEPHONES, spelled
from projections.citizens.view import Citizens
from projections.generations import MIGRATIONS
from streams.recorded_fact import RecordedFact
from tests.projections.citizens.people import Json, encounter, patient
from tests.projections.citizens.stating import (
    Record,
    cut,
    delete,
    drop_generation,
    facts_of,
    project,
    put,
    rows,
    run,
)

VIEW = Citizens()
LAP = ("19435", "Xã Hướng Lập")
PHUNG = ("19441", "Xã Hướng Phùng")


@pytest.fixture
def views(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        yield connection


def stated(url: str, *requests: Sequence[Change]) -> list[RecordedFact]:
    async def state() -> None:
        async with Record(url) as record:
            for request in requests:
                await record.state(*request)

    run(state())
    return facts_of(url)


def table(connection: psycopg.Connection[Any], facts: Sequence[RecordedFact], name: str) -> list[Any]:
    project(connection, VIEW, [facts])
    return rows(connection, VIEW)[name]


def test_a_patient_becomes_a_person(database: str, views: psycopg.Connection[Any]) -> None:
    stated_patient = patient(
        "p1",
        "Hồ Văn Thử",
        "1990-05",
        cccd="045090000017",
        bhyt="GD4454500000017",
        commune=LAP,
        gender="male",
        telecom=[
            {"system": "phone", "value": "+84 912 345 678"},
            {"system": "email", "value": "a@example.vn"},
        ],
        deceasedDateTime="2026-01",
        active=False,
    )
    facts = stated(database, [put(stated_patient)])
    project(views, VIEW, [facts])
    found = rows(views, VIEW)
    subject = subject_of("Patient/p1")
    [person] = found["person"]
    assert person[:5] == (subject, "p1", "Hồ Văn Thử", "male", "1990-05")
    assert [day.isoformat() for day in person[5:7]] == ["1990-05-01", "1990-05-31"]
    assert person[7:] == (
        "19435", "Xã Hướng Lập", "44", "Tỉnh Quảng Trị", "Thôn Mẫu, Xã Hướng Lập", "0912345678", True,
        "2026-01", False, ["19435"],
    )  # fmt: skip
    assert {row[1] for row in found["identifier"]} == {"045090000017", "4500000017"}
    assert found["telephone"] == [(subject, "0912345678")]
    assert [(row[1], *row[3:]) for row in found["person_name"]] == [("Hồ Văn Thử", *person[5:7])]
    assert {row[0] for row in found["name_word"]} == {
        "ho", "van", "thu", "ho van", "ho thu", "thu van",
    }  # fmt: skip


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Patient", "id": "p"},
        {"resourceType": "Patient", "id": "p", "name": [{"extension": [{"url": "x", "valueString": "y"}]}]},
        {"resourceType": "Patient", "id": "p", "_birthDate": {"id": "b"}, "birthDate": "0001"},
        {"resourceType": "Patient", "id": "p", "birthDate": "9999-12-31"},
        {
            "resourceType": "Patient",
            "id": "p",
            "name": [{"given": [None, "Thử"], "_given": [{"id": "a"}, None]}, {"text": "ạ" * 5000}],
        },
        {
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{"system": "s"}, {"value": "v" * 5000}, {"value": "-"}],
        },
        {"resourceType": "Patient", "id": "p", "name": [{"text": "%_\\ '; drop table person; --"}]},
        {"resourceType": "Patient", "id": "p", "name": [{"text": "a\u0000b"}], "telecom": [{"value": "1"}]},
        {
            "resourceType": "Patient",
            "id": "p",
            "address": [
                {"use": "old", "text": "Cũ"},
                {
                    "line": [None, "Thôn Mẫu"],
                    "city": "Huế",
                    "extension": [
                        {"url": "http://example.vn/other", "valueDecimal": 1.5},
                        {
                            "url": "http://fhir.ehealth.gov.vn/core/StructureDefinition/extension-administrative-address",
                            "extension": [{"url": "ward", "valueString": "Hướng Lập"}, {"url": "state"}],
                        },
                    ],
                },
            ],
        },
        {
            "resourceType": "Patient",
            "id": "p",
            "multipleBirthInteger": 2,
            "contact": [{"name": {"text": "Mẹ"}}],
            "link": [{"other": {"reference": "Patient/q"}, "type": "seealso"}],
            "photo": [{"contentType": "image/png", "data": "AAAA"}],
        },
    ],
)
def test_any_valid_patient_has_one_row(database: str, views: psycopg.Connection[Any], resource: Json) -> None:
    assert len(table(views, stated(database, [put(resource)]), "person")) == 1


def test_western_names_and_several_names(database: str, views: psycopg.Connection[Any]) -> None:
    names = [
        {"use": "maiden", "family": "Smith-Jones", "given": ["Ann"]},
        {"use": "official", "family": "Ullrich385", "given": ["Adam631", "Lee"], "prefix": ["Mr."]},
    ]
    facts = stated(database, [put(patient("p", name=None, birth=None) | {"name": names})])
    project(views, VIEW, [facts])
    found = rows(views, VIEW)
    assert found["person"][0][2] == "Ullrich385 Adam631 Lee"
    assert {row[1] for row in found["person_name"]} == {"Smith-Jones Ann", "Ullrich385 Adam631 Lee"}
    assert {"smithjones", "smith", "jones", "ann"} <= {row[0] for row in found["name_word"]}


def test_an_update_takes_the_place_of_the_former_rows(database: str, views: psycopg.Connection[Any]) -> None:
    facts = stated(
        database,
        [put(patient("p", "Hồ Văn Thử", "1990", cccd="045090000017", commune=LAP))],
        [put(patient("q", "Hồ Văn Thử", "1991"))],
        [put(patient("p", "Hồ Thị Thử", "1990-01-02", cccd="045190000018", commune=PHUNG))],
    )
    for batches in ([facts], [[fact] for fact in facts]):
        project(views, VIEW, batches)
        found = rows(views, VIEW)
        assert [(row[1], row[2], row[7]) for row in sorted(found["person"], key=lambda row: row[1])] == [
            ("p", "Hồ Thị Thử", "19441"),
            ("q", "Hồ Văn Thử", None),
        ]
        assert [row[1] for row in found["identifier"]] == ["045190000018"]
        assert {row[2] for row in found["name_word"]} == {" ho van thu ", " ho thi thu "}


def test_a_deleted_patient_leaves_the_look_up(database: str, views: psycopg.Connection[Any]) -> None:
    first = patient(
        "p", "Hồ Văn Thử", cccd="045090000017", telecom=[{"system": "phone", "value": "0912345678"}]
    )
    facts = stated(database, [put(first)], [delete("Patient", "p")])
    for batches in ([facts], [[fact] for fact in facts]):
        project(views, VIEW, batches)
        found = rows(views, VIEW)
        assert found.pop("former_number") == [("045090000017", subject_of("Patient/p"))]
        assert not any(found.values())


def test_a_number_that_was_left_out_or_replaced_is_never_forgotten(
    database: str, views: psycopg.Connection[Any]
) -> None:
    slip = {"system": TEMPORARY_ID, "value": "MT-45901-20261120-A10017-6"}
    facts = stated(
        database,
        [put(patient("p", "Con bà Hồ Thị Lành", identifier=[slip]))],
        [put(patient("p", "Hồ Văn Thử", cccd="045090000017"))],
        [put(patient("p", "Hồ Văn Thử", cccd="045090000018"))],
        [put(patient("p", "Hồ Văn Thử"))],
    )
    numbers = ("045090000017", "045090000018", "MT4590120261120A100176")
    for batches in ([facts], [facts[:2], facts[2:]], [[fact] for fact in facts]):
        project(views, VIEW, batches)
        found = rows(views, VIEW)
        assert found["identifier"] == []
        assert found["former_number"] == [(key, subject_of("Patient/p")) for key in numbers]


def test_of_a_patient_without_end_so_much_is_read(database: str, views: psycopg.Connection[Any]) -> None:
    many = {
        "name": [{"text": f"Hồ Văn Thử {n}"} for n in range(300)],
        "identifier": [{"system": "urn:test", "value": f"BN{n}"} for n in range(300)],
        "telecom": [{"system": "phone", "value": f"0912345{n}"} for n in range(100, 400)],
    }
    project(views, VIEW, [stated(database, [put(patient("p") | many)])])
    found = rows(views, VIEW)
    assert len(found["person_name"]) == MOST_NAMES
    assert len(found["identifier"]) == MOST_NUMBERS
    assert len(found["telephone"]) == MOST_TELEPHONES


def test_rows_are_written_some_at_a_time(
    database: str, views: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = stated(
        database,
        [put(patient("p", "Hồ Văn Thử Một", commune=LAP)), put(patient("q", "Hồ Thị Thử Hai"), 1)],
        [put(patient("p", "Hồ Văn Ba")), put(patient("q", "Hồ Thị Bốn"), 1)],
    )
    project(views, VIEW, [[fact] for fact in facts])
    expected = rows(views, VIEW)
    monkeypatch.setattr(view, "MOST_ROWS", 1)
    project(views, VIEW, [[fact] for fact in facts])
    assert rows(views, VIEW) == expected


def test_a_patient_that_comes_back_is_found_again(database: str, views: psycopg.Connection[Any]) -> None:
    first = patient("p", "Hồ Văn Thử")
    facts = stated(database, [put(first)], [delete("Patient", "p")], [put(first | {"gender": "male"})])
    for batches in ([facts], [facts[:1], facts[1:]], [facts[:2], facts[2:]]):
        project(views, VIEW, batches)
        assert [row[1] for row in rows(views, VIEW)["person"]] == ["p"]


def test_visits_are_kept_with_their_facility(database: str, views: psycopg.Connection[Any]) -> None:
    provider = {"serviceProvider": {"reference": "Organization/o1"}}

    async def state() -> None:
        async with Record(database) as record:
            await record.state(
                put(encounter("e1", "p", "2026-10-01T08:00:00+07:00", **provider)), facility=None
            )
            await record.state(put(encounter("e2", "p", "2026-10", **provider)), facility="45902")
            await record.state(put(encounter("e3", "p", None, status="planned")))
            await record.state(put(encounter("e4", "p", None)))
            await record.state(put(encounter("e5", "p", "2026-11-01", status="entered-in-error")))

    run(state())
    found = table(views, facts_of(database), "visit")
    assert sorted((row[1], row[3], row[4]) for row in found) == [
        ("e1", "2026-10-01T08:00:00+07:00", "Organization/o1"),
        ("e2", "2026-10", "45902"),
        ("e4", None, "45901"),
    ]


def test_a_visit_moves_with_its_encounter(database: str, views: psycopg.Connection[Any]) -> None:
    facts = stated(
        database,
        [put(encounter("e", "p", "2026-10-01"))],
        [put(encounter("e", "q", "2026-10-01"))],
    )
    for batches in ([facts], [[fact] for fact in facts]):
        assert [row[:2] for row in table(views, facts, "visit")] == [(subject_of("Patient/q"), "e")]
        project(views, VIEW, batches)


def test_a_retracted_encounter_is_no_visit(database: str, views: psycopg.Connection[Any]) -> None:
    facts = stated(
        database,
        [put(encounter("e1", "p", "2026-10-01"))],
        [put(encounter("e2", "p", "2026-10-02"))],
        [delete("Encounter", "e2")],
    )
    assert [row[1] for row in table(views, facts, "visit")] == ["e1"]


def test_a_name_is_known_where_its_bearer_is_seen_and_lives(
    database: str, views: psycopg.Connection[Any]
) -> None:
    former = ("19438", "Xã Hướng Việt")  # became part of 19435
    facts = stated(
        database,
        [put(encounter("e1", "p", "2026-10-01"))],
        [put(patient("p", "Hồ Thử", "1990", commune=former))],
        [put(encounter("e2", "p", "2026-10-02"))],
        [delete("Encounter", "e1")],
        [put(patient("p", "Hồ Mới", "1990", commune=PHUNG))],
        [delete("Encounter", "e2")],
    )
    expected = [
        (1, set()),
        (2, {("c19435", "Hồ Thử"), ("f45901", "Hồ Thử")}),
        (4, {("c19435", "Hồ Thử"), ("f45901", "Hồ Thử")}),
        (5, {("c19441", "Hồ Mới"), ("f45901", "Hồ Mới")}),
        (6, {("c19441", "Hồ Mới")}),
    ]
    for until, known in expected:
        for batches in ([facts[:until]], [[fact] for fact in facts[:until]]):
            project(views, VIEW, batches)
            assert {row[:2] for row in rows(views, VIEW)["known_at"]} == {
                (place, spelled(name)) for place, name in known
            }


@pytest.fixture(scope="module")
def log(module_database: str) -> list[RecordedFact]:
    chance = random.Random(20261005)
    return stated(module_database, *([_any_change(chance)] for _ in range(160)))


@pytest.fixture(scope="module")
def at_once(module_database: str, log: list[RecordedFact]) -> dict[str, list[Any]]:
    with connect(module_database) as connection:
        migrate(connection, "views", MIGRATIONS)
        project(connection, VIEW, [log])
        return rows(connection, VIEW)


@settings(max_examples=25, deadline=None)
@given(places=st.lists(st.integers(0, 10_000), max_size=30))
def test_any_batches_give_the_same_rows(
    module_database: str, log: list[RecordedFact], at_once: dict[str, list[Any]], places: list[int]
) -> None:
    with connect(module_database) as connection:
        generation = project(connection, VIEW, cut(log, places))
        found = rows(connection, VIEW)
        drop_generation(connection, generation)
    assert found == at_once
    assert found["person"]
    assert found["visit"]
    assert {row[0][0] for row in found["known_at"]} == {"c", "f"}


def _any_change(chance: random.Random) -> Change:
    """Of few people and few encounters, so that they are changed often."""
    person, visit = f"p{chance.randrange(8)}", f"e{chance.randrange(12)}"
    kind = chance.random()
    if kind < 0.12:
        return delete("Patient", person)
    if kind < 0.2:
        return delete("Encounter", visit)
    if kind < 0.6:
        commune = chance.choice((LAP, PHUNG, ("19438", "Xã Hướng Việt"), None))
        name = " ".join(chance.choice(("Hồ Lý H'Nao", "Văn Thị A", "Thử Thúy Thuý"))[::1].split()[:2])
        number = f"0450900000{chance.randrange(12):02d}"
        return put(
            patient(
                person,
                f"{name} {chance.randrange(3)}",
                chance.choice(("1990", "1991-02")),
                cccd=number,
                commune=commune,
            )
        )
    status = chance.choice(("finished", "planned", "in-progress"))
    at = {"serviceProvider": {"reference": f"Organization/o{chance.randrange(3)}"}}
    return put(encounter(visit, person, f"2026-10-{chance.randrange(1, 29):02d}", status=status, **at))
