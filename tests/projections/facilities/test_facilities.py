"""Who sends, since when, how late and how much."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from ehr.requests import Change
from projections.facilities.lags import DAY, HOUR
from projections.facilities.queries import Day, Lags, Organization, Sender, organizations, senders
from projections.facilities.sender import UNKNOWN
from projections.facilities.view import Facilities
from projections.generations import MIGRATIONS
from streams.recorded_fact import RecordedFact
from tests.projections.citizens.people import Json, encounter, organization, patient
from tests.projections.citizens.stating import (
    Record,
    cut,
    delete,
    drop_generation,
    facts_of,
    follow,
    project,
    put,
    rows,
    run,
)

VIEW = Facilities()
LONG_AGO = date(2000, 1, 1)


def state(url: str, *sendings: tuple[str, str | None, Sequence[Json | str]]) -> None:
    """(recorded_at, facility, resources or ``Type/id`` to delete), one transaction each."""

    async def send() -> None:
        async with Record(url) as record:
            for at, facility, resources in sendings:
                changes = [_change(index, one) for index, one in enumerate(resources)]
                await record.state(*changes, facility=facility, at=at)

    run(send())


def _change(index: int, wanted: Json | str) -> Change:
    if isinstance(wanted, dict):
        return put(wanted, index)
    type_, _, id_ = wanted.partition("/")
    return delete(type_, id_, index)


def report(url: str, since: date = LONG_AGO) -> dict[str, Sender]:
    async def ask() -> list[Sender]:
        async with await connect_async(url) as connection:
            return await senders(connection, since)

    follow(url, VIEW)
    return {one.facility: one for one in run(ask())}


def known(url: str, *facilities: str) -> dict[str, Organization]:
    async def ask() -> dict[str, Organization]:
        async with await connect_async(url) as connection:
            return await organizations(connection, facilities)

    follow(url, VIEW)
    return run(ask())


def observation(id_: str, encounter_id: str | None, at: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": "Nhiệt độ"},
        "subject": {"reference": "Patient/p"},
        **({"encounter": {"reference": f"Encounter/{encounter_id}"}} if encounter_id else {}),
        "effectiveDateTime": at,
    }


def test_sums_up_what_a_facility_sent(database: str) -> None:
    visit = encounter("e1", "p", "2026-10-05T07:00:00Z")
    visit["period"]["end"] = "2026-10-05T07:30:00Z"
    state(
        database,
        ("2026-10-05T08:00:00.000Z", "45901", [patient("p", "Hồ Văn Thử")]),
        (
            "2026-10-05T08:00:00.000Z",
            "45901",
            [visit, observation("o1", "e1", "2026-10-05T07:10:00Z"), observation("o2", "e1", "2026-10-05")],
        ),
        ("2026-10-06T20:00:00.000Z", "45901", [observation("o3", None, "2026-10-04T20:00:00Z")]),
        ("2026-10-07T00:00:00.000Z", "45901", [observation("o3", None, "2026-10-01T20:00:00Z")]),
        ("2026-10-07T00:00:00.000Z", "45901", ["Observation/o3"]),
    )
    one = report(database)["45901"]
    assert one.first_recorded == datetime(2026, 10, 5, 8, tzinfo=UTC)
    assert one.last_recorded == datetime(2026, 10, 7, tzinfo=UTC)
    assert (one.facts, one.resources, one.organization) == (5, 7, None)
    assert one.lags == Lags([0, 1, 0, 1, 0, 0], HOUR // 2 + 2 * DAY, 2 * DAY)
    assert one.lags.mean == (HOUR // 2 + 2 * DAY) / 2
    assert one.lags.median_bucket == 1
    assert one.days == [
        Day(date(2026, 10, 5), 4, 1),
        Day(date(2026, 10, 7), 3, 0),
    ], "days begin at midnight in Vietnam"


def test_facts_without_a_facility_are_unknown_but_for_their_provider(database: str) -> None:
    provider = {"serviceProvider": {"reference": "Organization/o1"}}
    by_number = {"serviceProvider": {"identifier": {"value": "45903"}}}
    by_name = {"serviceProvider": {"display": "Trạm Y tế xã Mẫu"}}
    at = "2026-10-05T08:00:00.000Z"
    state(
        database,
        (at, None, [patient("p")]),
        (at, None, [encounter("e1", "p", None, **provider), observation("o1", "e1", "2026-10-05")]),
        (at, None, [encounter("e2", "p", None, **by_number)]),
        (at, None, [encounter("e3", "p", None, **by_name)]),
        (at, "45901", [encounter("e4", "p", None, **provider)]),
    )
    found = report(database)
    assert {facility: one.resources for facility, one in found.items()} == {
        UNKNOWN: 1,
        "Organization/o1": 2,
        "45903": 1,
        "Trạm Y tế xã Mẫu": 1,
        "45901": 1,
    }
    assert found["45901"].lags.untimed == 1


def test_facts_of_the_future_have_no_lag(database: str) -> None:
    state(database, ("2026-10-05T08:00:00.000Z", "45901", [encounter("e", "p", "2026-10-05T09:00:00Z")]))
    lags = report(database)["45901"].lags
    assert (lags.ahead, lags.facts, lags.mean, lags.median_bucket) == (1, 0, None, None)


def test_a_vaccination_of_long_ago_is_no_late_report(database: str) -> None:
    dose = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "BCG"},
        "patient": {"reference": "Patient/p"},
        "occurrenceDateTime": "2020-01-01",
    }
    at = "2026-10-05T08:00:00.000Z"
    state(
        database,
        (at, "45901", [dose | {"id": "told", "primarySource": False}]),
        (at, "45902", [dose | {"id": "given", "primarySource": True}]),
        (at, "45903", [dose | {"id": "unsaid"}]),
    )
    assert {key: one.lags.facts for key, one in report(database).items()} == {
        "45901": 0,
        "45902": 1,
        "45903": 1,
    }


def test_an_encounter_that_moves_is_no_second_fact(database: str) -> None:
    at = "2026-10-05T08:00:00.000Z"
    state(database, (at, "45901", [encounter("e", "p", None)]), (at, "45901", [encounter("e", "q", None)]))
    one = report(database)["45901"]
    assert (one.facts, one.resources) == (2, 2)


def test_days_before_are_left_out(database: str) -> None:
    state(database, ("2026-10-05T08:00:00.000Z", "45901", [patient("p")]))
    assert report(database, date(2026, 10, 6))["45901"].days == []


def test_names_facilities_by_id_and_by_code(database: str) -> None:
    at = "2026-10-05T08:00:00.000Z"
    shared = [organization(f"s{n}", "same", f"Khoa {n}") for n in (1, 2)]
    state(database, (at, "45901", [organization("o1", "45901", "Trạm Y tế xã Hướng Lập"), *shared]))
    found = known(database, "45901", "Organization/o1", "45902", "same", "Organization/s2", UNKNOWN)
    station = Organization("o1", "Trạm Y tế xã Hướng Lập", "19435", ["45901"])
    assert found["45901"] == found["Organization/o1"] == station
    assert station.aliases == ["Organization/o1", "45901"]
    assert set(found) == {"45901", "Organization/o1", "Organization/s2"}
    assert report(database)["45901"].organization == station


def test_one_facility_under_two_names_is_one_sender(database: str) -> None:
    provider = {"serviceProvider": {"reference": "Organization/o1"}}
    at = "2026-10-05T08:00:00.000Z"
    state(
        database,
        (at, "45901", [organization("o1", "45901", "Trạm Y tế xã Hướng Lập")]),
        (at, "45901", [encounter("e1", "p", "2026-10-05T07:00:00Z")]),
        ("2026-10-06T08:00:00.000Z", None, [encounter("e2", "p", "2026-10-05T07:00:00Z", **provider)]),
        ("2026-10-06T09:00:00.000Z", None, [patient("p")]),
    )
    found = report(database)
    assert set(found) == {"45901", UNKNOWN}
    one = found["45901"]
    assert (one.facts, one.resources, one.last_recorded.day) == (3, 3, 6)
    assert one.lags == Lags([0, 1, 0, 1, 0, 0], 26 * HOUR, 25 * HOUR)
    assert one.days == [Day(date(2026, 10, 5), 2, 1), Day(date(2026, 10, 6), 1, 1)]


def test_organizations_change_and_go(database: str) -> None:
    at = "2026-10-05T08:00:00.000Z"
    state(database, (at, None, [organization("o1", "45901", "Tên cũ"), organization("o2", "45902", "Còn")]))
    assert known(database, "45901")["45901"].name == "Tên cũ"
    state(database, (at, None, [organization("o1", "45909", "Tên mới"), "Organization/o2"]))
    assert known(database, "45901", "45902", "45909") == {
        "45909": Organization("o1", "Tên mới", "19435", ["45909"])
    }


def test_an_organization_without_a_name(database: str, views: psycopg.Connection[Any]) -> None:
    state(
        database,
        ("2026-10-05T08:00:00.000Z", None, [{"resourceType": "Organization", "id": "o1", "active": True}]),
    )
    project(views, VIEW, [facts_of(database)])
    assert rows(views, VIEW)["organization"] == [("o1", None, None, None)]


@pytest.fixture
def views(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        yield connection


@pytest.fixture(scope="module")
def log(module_database: str) -> list[RecordedFact]:
    chance = random.Random(7)
    state(module_database, *(_any_sending(chance) for _ in range(120)))
    return facts_of(module_database)


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
    assert all(found.values())
    assert {row[1] for row in found["facility"]} > {None}, "Organizations are found"
    assert any(row[-1] for row in found["facility"]), "rhythms are known"


def _any_sending(chance: random.Random) -> tuple[str, str | None, Sequence[Json | str]]:
    number = chance.randrange(6)
    resources: list[Json | str] = [
        organization(f"o{number}", f"4590{chance.randrange(6)}", f"Trạm {chance.randrange(3)}"),
        encounter(f"e{number}", chance.choice("pq"), f"2026-10-{chance.randrange(1, 29):02d}T01:02:03Z"),
        f"Organization/o{number}",
        observation(f"x{number}", None, f"2026-{chance.randrange(1, 13):02d}"),
    ]
    at = f"2026-10-{chance.randrange(1, 29):02d}T{chance.randrange(24):02d}:00:00.000Z"
    return at, chance.choice(("45901", "45902", None)), [chance.choice(resources)]
