"""A chart as it is read from a projected view: whole, with names, and honest about what it lacks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from ehr.event_store.connections import connect
from ehr.requests import Change
from ehr.values import subject_of
from projections.database import ViewDatabase
from projections.generations import ensure_generation
from projections.health_record.chart import Chart
from projections.health_record.queries import read_chart
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.projections.citizens.stating import Json, Record, follow, put

CITIZEN = subject_of("Patient/p1")
CODE = {"system": "http://fhir.ehealth.gov.vn/core/sid/provider-code", "value": "45901"}
PEOPLE: list[Json] = [
    {"resourceType": "Patient", "id": "p1", "name": [{"text": "Hồ Văn Thử"}]},
    {"resourceType": "Organization", "id": "o1", "name": "Trạm Y tế xã Lìa", "identifier": [CODE]},
    {"resourceType": "Practitioner", "id": "d1", "name": [{"text": "Lan"}]},
    {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/d1"}},
    {"resourceType": "Medication", "id": "m1", "code": {"text": "Amoxicillin 500 mg"}},
]
CARE: list[Json] = [
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "participant": [
            {"individual": {"reference": "Practitioner/d1"}},
            {"individual": {"reference": "PractitionerRole/r1"}},
            {"individual": {"reference": "Practitioner/unheard"}},
        ],
        "serviceProvider": {"reference": "Organization/o1"},
    },
    {
        "resourceType": "MedicationRequest",
        "id": "q1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationReference": {"reference": "Medication/m1"},
    },
]


class Refusing(HealthRecord):
    """A view that cannot project one citizen's encounters."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        if any(resource.version.type == "Encounter" for fact in facts for resource in fact.resources):
            raise ValueError
        super().project(connection, facts)


def changes(resources: Sequence[Json]) -> list[Change]:
    return [put(resource, index) for index, resource in enumerate(resources)]


async def state(url: str, *transactions: Sequence[Json]) -> None:
    async with Record(url) as record:
        for resources in transactions:
            await record.state(*changes(resources))


def reading(url: str, read: Callable[[Any], Awaitable[Chart]]) -> Chart:
    async def run() -> Chart:
        views = ViewDatabase(url, size=1)
        await views.open()
        try:
            async with views.connection() as connection:
                return await read(connection)
        finally:
            await views.close()

    return asyncio.run(run())


def chart_of(url: str, patience: float = 0.0) -> Chart:
    return reading(url, lambda connection: read_chart(connection, CITIZEN, patience))


def test_a_chart_has_everything_by_name(database: str) -> None:
    asyncio.run(state(database, PEOPLE, CARE))
    follow(database, HealthRecord(), Links())
    chart = chart_of(database)
    (visit,) = chart.visits
    assert [chart.name(one) for one in visit.practitioners] == ["Lan", "Lan", "Practitioner/unheard"]
    assert str(chart.facility(visit)) == "Trạm Y tế xã Lìa"
    (medicine,) = chart.medicines
    assert chart.medicine_name(medicine) == "Amoxicillin 500 mg"
    assert str(chart.facility(medicine)) == "Trạm Y tế xã Lìa"
    assert chart.person is not None
    assert chart.person.name == "Hồ Văn Thử"
    assert chart.standing.complete
    assert chart.standing.last_updated is not None


def test_no_code_of_a_facility_makes_a_chart_unreadable(database: str) -> None:
    async def stated() -> None:
        async with Record(database) as record:
            await record.state(*changes(PEOPLE), facility="45901\0")

    asyncio.run(stated())
    follow(database, HealthRecord(), Links())
    assert chart_of(database).person is not None


def test_nobody_is_an_empty_and_complete_chart(database: str) -> None:
    asyncio.run(state(database))
    follow(database, HealthRecord(), Links())
    chart = chart_of(database)
    assert (chart.entries, chart.standing.complete, chart.standing.position) == ([], True, 0)


def test_a_view_that_lags_says_by_how_much(database: str) -> None:
    asyncio.run(state(database, PEOPLE))
    follow(database, HealthRecord(), Links())
    asyncio.run(state(database, CARE))
    standing = chart_of(database).standing
    assert (standing.behind, standing.complete) == (2, False)
    assert standing.parked_since is None


def test_a_chart_waits_for_what_is_recorded_already(database: str) -> None:
    asyncio.run(state(database, PEOPLE, CARE))

    async def read(connection: Any) -> Chart:
        late = asyncio.get_running_loop().run_in_executor(None, follow, database, HealthRecord(), Links())
        chart = await read_chart(connection, CITIZEN, patience=30)
        await late
        return chart

    with connect(database) as connection:
        for view in (HealthRecord(), Links()):
            ensure_generation(connection, view)
    chart = reading(database, read)
    assert chart.standing.complete
    assert len(chart.visits) == 1


def test_a_parked_citizen_is_incomplete_since_a_position(database: str) -> None:
    asyncio.run(state(database, PEOPLE, CARE))
    follow(database, Refusing(), Links())
    chart = chart_of(database)
    assert chart.person is not None
    assert (chart.visits, chart.medicines) == ([], [])
    assert (chart.standing.parked_since, chart.standing.behind) == (len(PEOPLE) + 1, 0)
    assert not chart.standing.complete


@pytest.mark.parametrize("text", ["\u2028", "𝔘", "'; drop table sheet; --", '{"a":"\\u0001"}', "x" * 100_000])
def test_odd_texts_come_back(database: str, text: str) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": text},
    }
    asyncio.run(state(database, [condition]))
    follow(database, HealthRecord(), Links())
    (problem,) = chart_of(database).problems
    assert problem.latest.code.text in (text, text.strip() or None, f"{text[:400]}…")


def test_two_organizations_with_one_code_give_one_name(database: str) -> None:
    twins = [{**PEOPLE[1], "id": id_, "name": name} for id_, name in (("o1", "Bb"), ("o2", "Aa"))]
    asyncio.run(state(database, twins, [CARE[1]]))
    follow(database, HealthRecord(), Links())
    chart = chart_of(database)
    assert str(chart.facility(chart.medicines[0])) == "Aa"


def test_two_stations_of_one_name_are_told_apart_by_their_codes(database: str) -> None:
    """By the Organization that the provider is, and by the one that a role belongs to. A room is called
    as who stated the visit."""
    code = {**CODE, "value": "45902"}
    twin = {**PEOPLE[1], "id": "o2", "identifier": [code]}
    role = {"resourceType": "PractitionerRole", "id": "r2", "organization": {"reference": "Organization/o2"}}
    room = {"resourceType": "Location", "id": "l1", "name": "Trạm Y tế xã Lìa"}
    whom = ["Organization/o1", "Organization/o2", "PractitionerRole/r2", "Location/l1"]
    visits = [
        CARE[0] | {"id": f"e{number}", "serviceProvider": {"reference": reference}}
        for number, reference in enumerate(whom)
    ]
    asyncio.run(state(database, [*PEOPLE, twin, role, room], visits))
    follow(database, HealthRecord(), Links())
    chart = chart_of(database)
    found = {one.origin.id: chart.facility(one) for one in chart.visits}
    assert {id_: place.key if place else None for id_, place in found.items()} == {
        "e0": "45901",
        "e1": "45902",
        "e2": "45902",
        "e3": "45901",
    }
    assert {str(place) for place in found.values()} == {
        f"Trạm Y tế xã Lìa ({code})" for code in (45901, 45902)
    }
