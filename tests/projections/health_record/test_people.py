"""A chart of a person that several Patients are."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ehr.linking import Act
from ehr.values import subject_of
from projections.database import ViewDatabase
from projections.health_record.chart import Chart
from projections.health_record.queries import read_chart
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.pairing import judge_all, judgement
from tests.projections.citizens.stating import Json, Record, follow, put


def patient(id_: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, "name": [{"text": f"Thử {id_}"}]} | more


def visit(id_: str, whose: str, day: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{whose}"},
        "period": {"start": day, "end": day},
    }


def allergy(whose: str) -> Json:
    about = {"reference": f"Patient/{whose}"}
    return {
        "resourceType": "AllergyIntolerance",
        "id": "al",
        "patient": about,
        "code": {"text": "Penicillin"},
    }


PLACE: list[tuple[str, Json]] = [
    ("45901", patient("a", birthDate="1990-05-15")),
    ("45902", patient("b", birthDate="1990", deceasedBoolean=True)),
    ("45903", patient("c")),
    ("45901", visit("va", "a", "2026-01-05")),
    ("45902", visit("vb", "b", "2026-02-05")),
    ("45902", allergy("b")),
    ("45903", visit("vc", "c", "2026-03-05")),
]
LINK, UNLINK = judgement(Act.LINK, "a", "b"), judgement(Act.UNLINK, "a", "b")


def state(url: str, place: Sequence[tuple[str, Json]]) -> None:
    async def work() -> None:
        async with Record(url) as record:
            for facility, resource in place:
                await record.state(put(resource), facility=facility)

    asyncio.run(work())


@pytest.fixture
def filled(database: str) -> str:
    state(database, PLACE)
    return database


def chart_of(url: str, id_: str) -> Chart:
    async def read() -> Chart:
        views = ViewDatabase(url, size=1)
        await views.open()
        try:
            async with views.connection() as connection:
                return await read_chart(connection, subject_of(f"Patient/{id_}"), 0.0)
        finally:
            await views.close()

    return asyncio.run(read())


def followed(url: str) -> None:
    follow(url, HealthRecord(), Links())


def visits(chart: Chart) -> list[tuple[str, int | None]]:
    return [(one.origin.id, chart.sources.number(one.origin.reference)) for one in chart.visits]


def test_it_has_the_entries_of_all_of_them_and_says_whose_they_are(filled: str) -> None:
    judge_all(filled, LINK)
    followed(filled)
    chart = chart_of(filled, "a")
    assert visits(chart) == [("vb", 2), ("va", 1)]
    assert [str(chart.facility(one)) for one in chart.visits] == ["45902", "45901"]
    assert chart.sources.patient("Encounter/vb") == "b"
    assert [one.code.text for one in chart.known_allergies] == ["Penicillin"]
    assert chart.standing.complete
    told = [(one.number, one.patient, one.entries) for one in chart.patients]
    assert told == [(1, "a", 2), (2, "b", 3)]
    assert visits(chart_of(filled, "b")) == [("vb", 1), ("va", 2)]
    assert visits(chart_of(filled, "c")) == [("vc", None)]
    assert chart_of(filled, "c").patients == []


def test_who_it_is_is_told_by_the_patient_that_was_asked_for(filled: str) -> None:
    judge_all(filled, LINK)
    followed(filled)
    for id_ in "ab":
        person = chart_of(filled, id_).person
        assert person is not None
        assert person.name == f"Thử {id_}"
    state(filled, [("45902", patient("b", active=False))])
    followed(filled)
    chart = chart_of(filled, "b")
    assert [(one.name, one.active) for one in chart.persons] == [("Thử a", True), ("Thử b", False)]


def test_taken_back_each_has_its_own_again(filled: str) -> None:
    """Link, facts, unlink shows the same as the facts alone."""
    beyond = [("45901", visit("later", "a", "2026-04-05")), ("45902", patient("b", birthDate="1991"))]
    judge_all(filled, LINK)
    state(filled, beyond)
    judge_all(filled, UNLINK)
    followed(filled)
    for id_, expected in (("a", ["later", "va"]), ("b", ["vb"])):
        chart = chart_of(filled, id_)
        assert visits(chart) == [(visit_, None) for visit_ in expected]
        assert {entry.origin.id for entry in chart.entries} == {*expected, id_} | (
            {"al"} if id_ == "b" else set()
        )
        assert chart.patients == []


class Refusing(HealthRecord):
    """A view that cannot project one citizen's allergies."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        types = {resource.version.type for fact in facts for resource in fact.resources}
        if "AllergyIntolerance" in types:
            raise ValueError
        super().project(connection, facts)


class Undecided(Links):
    """A view that cannot project decisions."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        if any(not one.resources for one in facts):
            raise ValueError
        super().project(connection, facts)


def test_a_linked_patient_that_waits_makes_the_chart_incomplete(filled: str) -> None:
    judge_all(filled, LINK)
    follow(filled, Refusing(), Links())
    standing = chart_of(filled, "a").standing
    assert (standing.parked_since, standing.complete) == (6, False)
    assert chart_of(filled, "c").standing.complete


def test_decisions_that_cannot_be_shown_make_every_chart_incomplete(filled: str) -> None:
    (judged,) = judge_all(filled, LINK)
    follow(filled, HealthRecord(), Undecided())
    for id_ in "abc":
        standing = chart_of(filled, id_).standing
        assert (standing.unlinked_since, standing.parked_since) == (judged.position, None)
        assert not standing.complete


def test_a_chart_speaks_up_to_where_links_are_known(filled: str) -> None:
    followed(filled)
    (judged,) = judge_all(filled, LINK)
    follow(filled, HealthRecord())
    standing = chart_of(filled, "a").standing
    assert (standing.position, standing.behind) == (judged.position - 1, 1)
