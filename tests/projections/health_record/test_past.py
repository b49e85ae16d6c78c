"""A chart as it was: by position, by time, by facility, and honest about what it lacks."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from ehr.linking import Act
from ehr.requests import Change
from ehr.values import subject_of
from projections.database import Reader, ViewDatabase
from projections.fhir_resources.view import FhirResources
from projections.generations import ensure_generation
from projections.health_record import past as past_module
from projections.health_record.past import (
    Moment,
    Past,
    TooMuchPast,
    moment_at,
    moment_before,
    read_past,
)
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.pairing import judge_all, judgement
from tests.projections.citizens.people import organization
from tests.projections.citizens.stating import Record, delete, follow, put
from tests.projections.health_record.test_people import Refusing, allergy, patient, visit
from tests.stating import looking

Result = TypeVar("Result")

STORY: list[tuple[str, Change]] = [
    ("45901", put(organization("o1", "45901", "Trạm cũ"))),  # 1
    ("45901", put(patient("a"))),  # 2
    ("45901", put(visit("va", "a", "2024-01-05"))),  # 3
    ("45902", put(patient("b"))),  # 4
    ("45902", put(allergy("b"))),  # 5
    ("45902", put(visit("va", "a", "2024-01-06"))),  # 6
    ("45901", put(organization("o1", "45901", "Trạm mới"))),  # 7
    ("45902", delete("AllergyIntolerance", "al")),  # 8
    ("45902", delete("Encounter", "va")),  # 9
]


@pytest.fixture
def told(database: str) -> str:
    async def state() -> None:
        async with Record(database) as record:
            for facility, change in STORY:
                await record.state(change, facility=facility)

    asyncio.run(state())
    judge_all(database, judgement(Act.LINK, "a", "b"))  # 10
    judge_all(database, judgement(Act.UNLINK, "a", "b"))  # 11
    return database


def reading(url: str, work: Callable[[Reader], Awaitable[Result]]) -> Result:
    async def read() -> Result:
        views = ViewDatabase(url, size=1)
        await views.open()
        try:
            async with views.connection() as connection:
                return await work(connection)
        finally:
            await views.close()

    return asyncio.run(read())


def then(url: str, position: int, facility: str | None = None, id_: str = "a") -> Past:
    async def read(connection: Reader) -> Past:
        moment = await moment_at(connection, position)
        assert moment is not None
        return await read_past(connection, subject_of(f"Patient/{id_}"), moment, facility, 0.0)

    return reading(url, read)


def shown(past: Past) -> dict[str, str | None]:
    return {one.origin.reference: one.at for one in past.chart.entries}


def followed(url: str) -> str:
    follow(url, HealthRecord(), Links(), FhirResources())
    return url


def test_it_is_what_was_stated_by_then(told: str) -> None:
    followed(told)
    assert shown(then(told, 1)) == {}
    assert shown(then(told, 2)) == {"Patient/a": None}
    assert shown(then(told, 3)) == {"Patient/a": None, "Encounter/va": "2024-01-05"}
    assert shown(then(told, 8)) == {"Patient/a": None, "Encounter/va": "2024-01-06"}
    assert shown(then(told, 9)) == {"Patient/a": None}
    standing = then(told, 8).chart.standing
    assert (standing.position, standing.complete) == (8, True)


def test_it_goes_by_the_links_of_then(told: str) -> None:
    followed(told)
    by_position = {position: set(shown(then(told, position))) for position in (9, 10, 11)}
    assert by_position == {9: {"Patient/a"}, 10: {"Patient/a", "Patient/b"}, 11: {"Patient/a"}}
    assert [one.patient for one in then(told, 10).chart.patients] == ["a", "b"]


def test_what_a_facility_had_recorded_is_nobody_elses(told: str) -> None:
    """Not amended and not retracted by another one."""
    followed(told)
    own = then(told, 9, "45901")
    assert shown(own) == {"Patient/a": None, "Encounter/va": "2024-01-05"}
    (entry,) = own.chart.visits
    assert entry.origin.amended_at is None
    assert own.facilities == {"45901", "45902"}
    assert shown(then(told, 8, "45902")) == {"Encounter/va": "2024-01-06"}
    assert shown(then(told, 8, "45903")) == {}
    assert set(shown(then(told, 5, "45902", "b"))) == {"Patient/b", "AllergyIntolerance/al"}


def test_names_are_those_of_then(told: str) -> None:
    followed(told)

    def name(position: int, facility: str | None = None) -> str:
        chart = then(told, position, facility).chart
        return str(chart.facility(chart.visits[0]))

    assert [name(5), name(7)] == ["Trạm cũ", "45902"]
    assert name(7, "45901") == "Trạm mới"


def test_facilities_are_told_apart_by_the_codes_of_then(database: str) -> None:
    """Also where another facility states the visits, and a code was put right later."""

    def seen(id_: str, at: str) -> Change:
        return put(visit(id_, "a", "2024-01-05") | {"serviceProvider": {"reference": f"Organization/{at}"}})

    async def state() -> None:
        async with Record(database) as record:
            for change in (
                put(organization("o1", "45901", "Trạm số 1")),  # 1
                put(organization("o2", "45901", "Trạm số 1")),  # 2
                put(patient("a")),  # 3
                seen("v1", "o1"),  # 4
                seen("v2", "o2"),  # 5
                put(organization("o2", "45902", "Trạm số 1")),  # 6
            ):
                await record.state(change, facility="45000")

    asyncio.run(state())
    followed(database)

    def told(position: int) -> list[str]:
        chart = then(database, position).chart
        return sorted(f"{one.origin.id} {chart.facility(one)}" for one in chart.visits)

    assert told(4) == ["v1 Trạm số 1"]
    assert told(5) == ["v1 Trạm số 1", "v2 Trạm số 1"]
    assert told(6) == ["v1 Trạm số 1 (45901)", "v2 Trạm số 1 (45902)"]


def test_a_moment_is_after_the_last_fact_before_it(told: str) -> None:
    with looking(told) as connection:
        times = dict(connection.execute("select notification_id, last_updated from record.facts").fetchall())

    async def positions(connection: Reader) -> list[int]:
        found = [
            await moment_before(connection, at) for n in sorted(times) for at in (times[n], later(times[n]))
        ]
        return [one.position if one else 0 for one in found]

    def later(moment: datetime) -> datetime:
        return moment + timedelta(milliseconds=1)

    expected = [at for n in sorted(times) for at in (n - 1, n)]
    assert reading(told, positions) == expected
    assert reading(told, lambda connection: moment_at(connection, 12)) is None
    assert reading(told, lambda connection: moment_at(connection, 0)) is None
    last = reading(told, lambda connection: moment_before(connection, datetime(2999, 1, 1, tzinfo=UTC)))
    assert last == Moment(11, times[11])


def test_before_everything_there_is_no_moment(told: str) -> None:
    assert (
        reading(told, lambda connection: moment_before(connection, datetime(1999, 1, 1, tzinfo=UTC))) is None
    )


@pytest.mark.parametrize(("limit", "most"), [("MOST_FACTS", 2), ("MOST_BYTES", 900)])
def test_more_than_fits_a_page_is_refused_with_its_number(
    told: str, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    followed(told)
    monkeypatch.setattr(past_module, limit, most)
    assert set(shown(then(told, 3))) == {"Patient/a", "Encounter/va"}
    with pytest.raises(TooMuchPast) as refused:
        then(told, 9)
    assert refused.value.facts == 4
    assert refused.value.size > 900


LENGTH, VERSIONS = 1 << 20, 20


def amended_at_length(url: str) -> str:
    """A visit in versions that are small as they are stored, and large as they are read."""

    async def state() -> None:
        async with Record(url) as record:
            await record.state(put(patient("a")))
            for n in range(VERSIONS):
                long = visit("va", "a", f"2024-01-{n + 1:02}") | {
                    "text": {"status": "empty", "div": " " * LENGTH}
                }
                await record.state(put(long))

    asyncio.run(state())
    return followed(url)


def test_what_unpacks_to_too_much_is_refused(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    amended_at_length(database)
    monkeypatch.setattr(past_module, "MOST_UNPACKED", 3 * LENGTH)
    monkeypatch.setattr(past_module, "MOST_BYTES", LENGTH // 2)
    assert shown(then(database, 3))["Encounter/va"] == "2024-01-02"
    with pytest.raises(TooMuchPast) as refused:
        then(database, VERSIONS)
    assert (refused.value.facts, refused.value.size // LENGTH) == (VERSIONS, 3)
    assert set(shown(then(database, VERSIONS, "45909"))) == set(), "what others stated was unpacked"


def test_what_nobody_has_changed_since_is_not_made_anew(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    followed(told)
    monkeypatch.setattr(past_module, "MOST_UNPACKED", 0)
    assert shown(then(told, 9)) == {"Patient/a": None}
    for position, facility in ((8, None), (9, "45901")):
        with pytest.raises(TooMuchPast):
            then(told, position, facility)


def test_one_version_at_a_time_is_unpacked(database: str) -> None:
    amended_at_length(database)
    tracemalloc.start()
    try:
        assert shown(then(database, VERSIONS))["Encounter/va"] == f"2024-01-{VERSIONS - 1:02}"
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < VERSIONS // 2 * LENGTH


def test_what_waits_is_missing_from_then_on_and_is_said(told: str) -> None:
    follow(told, Refusing(), Links(), FhirResources())
    before, after = then(told, 4, id_="b").chart, then(told, 8, id_="b").chart
    assert before.standing.complete
    assert (after.standing.parked_since, after.standing.complete) == (5, False)
    assert [entry.origin.reference for entry in after.entries] == ["Patient/b"]


def test_a_view_that_forgets_streams_is_never_complete(told: str) -> None:
    """As one is that older code has built, while it is rebuilt."""
    followed(told)
    with looking(told) as connection:
        connection.execute("update views.generations set code_version = 2 where view = 'health_record'")
    assert not then(told, 8).chart.standing.complete


def test_a_view_that_is_behind_says_so(told: str) -> None:
    with looking(told) as connection:
        for view in (HealthRecord(), Links(), FhirResources()):
            ensure_generation(connection, view)
    assert then(told, 3).chart.standing.behind == 3
    followed(told)
    assert then(told, 3).chart.standing.behind == 0
