"""Which facilities are silent, as of when; how much they send over time; in which order they are told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from ehr.event_store.connections import connect_async
from projections.citizens.view import Citizens
from projections.facilities.queries import Asked, Sender, senders
from projections.facilities.sender import UNKNOWN
from projections.facilities.silence import Silence, silence
from projections.facilities.trends import Oddities, Volume, oddities, trend, volume
from projections.facilities.view import Facilities
from tests.projections.citizens.people import organization, patient
from tests.projections.citizens.stating import Record, follow, put, run
from tests.projections.facilities.sending import DAYS, send_daily

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
"""Ten in the morning in Vietnam, on a Friday."""

Result = TypeVar("Result")


def read(url: str, reader: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
    async def ask() -> Result:
        async with await connect_async(url) as connection:
            return await reader(connection, *arguments)

    return run(ask())


def told(url: str, *names: str, now: datetime = NOW) -> Silence:
    found = read(url, silence, now, names)
    assert found is not None
    return found


def state(url: str, facility: str | None, at: datetime, *resources: dict[str, Any]) -> None:
    async def send() -> None:
        async with Record(url) as record:
            changes = [put(one, index) for index, one in enumerate(resources)]
            await record.state(*changes, facility=facility, at=f"{at:%Y-%m-%dT%H:%M:%S.000Z}")

    run(send())


@pytest.fixture(scope="module")
def place(module_database: str) -> str:
    """One facility sends as ever, one has fallen silent, of one it is not known; facts that name none."""
    url = module_database
    send_daily(url, "regular", NOW - timedelta(days=1))
    send_daily(url, "silent", NOW - timedelta(days=9), "q")
    state(
        url, "new", NOW, organization("o-new", "new", "Ánh sáng"), organization("o-silent", "silent", "Đông")
    )
    state(url, None, NOW, patient("r"))
    follow(url, Facilities())
    return url


def test_those_are_silent_who_send_nothing_for_twice_their_usual_gap(place: str) -> None:
    found = told(place, "regular", "silent", "new", "nobody")
    assert (found.at, found.senders, found.silent, found.unjudged) == (NOW, 3, 1, 1)
    assert [(one.facility, one.name, one.usual_gap) for one in found.silent_ones] == [("silent", "Đông", 24)]
    assert [one.facility for one in found.regular_ones] == ["regular"]
    assert [one.facility for one in found.unjudged_ones] == ["new"]
    assert told(place, now=NOW + timedelta(days=2)).silent == 2


def test_a_facility_is_told_of_by_any_of_its_names(place: str) -> None:
    assert [one.facility for one in told(place, "Organization/o-silent").of_these] == ["silent"]
    assert told(place, UNKNOWN).of_these == []


def test_without_a_view_nothing_is_told(database: str) -> None:
    state(database, "a", NOW, patient("p"))
    follow(database, Citizens())
    assert read(database, silence, NOW) is None


def test_a_view_that_lags_makes_nobody_silent(database: str) -> None:
    send_daily(database, "regular", NOW - timedelta(days=1))
    follow(database, Facilities())
    later = NOW + timedelta(days=30)
    assert told(database, "regular", now=later).silent == 1
    state(database, "regular", later, patient("p"))
    found = told(database, "regular", now=later)
    assert (found.at, found.silent) == (NOW - timedelta(days=1), 0), "as of the last fact that it shows"


def test_who_sends_under_another_name_since_is_not_silent(database: str) -> None:
    send_daily(database, "45901", NOW - timedelta(days=9))
    state(database, "other", NOW, organization("o1", "45901", "Trạm"))
    provider = {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}}
    provider |= {"serviceProvider": {"reference": "Organization/o1"}}
    state(database, None, NOW, provider)
    follow(database, Facilities())
    found = told(database, "45901")
    assert (found.senders, found.silent, found.unjudged) == (2, 0, 2)
    state(database, "other", NOW, organization("o1", "45902", "Trạm"))
    follow(database, Facilities())
    assert told(database).silent == 1, "the two names are two facilities again"


def names(found: list[Sender]) -> list[str]:
    return [one.facility for one in found]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        (Asked(), ["new", "silent", "regular", UNKNOWN]),
        (Asked(backwards=True), ["regular", "silent", "new", UNKNOWN]),
        (Asked("silence"), ["silent", "regular", "new", UNKNOWN]),
        (Asked("last"), ["new", UNKNOWN, "regular", "silent"]),
        (Asked("last", backwards=True), ["silent", "regular", "new", UNKNOWN]),
        (Asked("resources"), ["silent", "regular", "new", UNKNOWN]),
        (Asked("facts"), ["silent", "regular", "new", UNKNOWN]),
        (Asked("lag"), ["silent", "regular", "new", UNKNOWN]),
        (Asked("silence", limit=2), ["silent", "regular"]),
        (Asked("silence", limit=2, offset=1), ["regular", "new"]),
    ],
)
def test_senders_are_told_in_many_orders(place: str, asked: Asked, order: list[str]) -> None:
    assert names(read(place, senders, date(2026, 11, 1), asked)) == order


def test_volumes_over_time(place: str) -> None:
    days = dict(read(place, trend, date(2026, 1, 1), "day", ["regular"]))
    assert len(days) == DAYS
    assert set(days.values()) == {Volume(1, 1, 1, 1800)}
    weeks = dict(read(place, trend, date(2026, 1, 1), "week", ["regular"]))
    assert all(day.weekday() == 0 for day in weeks)
    assert sum(one.visits for one in weeks.values()) == DAYS
    together = dict(read(place, trend, date(2026, 1, 1), "day"))
    assert together[date(2026, 11, 11)] == Volume(2, 2, 2, 3600)
    assert together[date(2026, 11, 11)].lag == 1800
    assert read(place, volume, date(2026, 11, 11), date(2026, 11, 12)) == Volume(3, 3, 3, 5400)
    assert read(place, volume, date(2020, 1, 1), date(2020, 1, 2)) == Volume(0, 0, 0, 0)


def test_oddities(place: str) -> None:
    assert read(place, oddities) == Oddities(ahead=0, unknown=1)
