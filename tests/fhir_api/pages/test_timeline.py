"""The timeline's choice: few facilities at a glance, all within reach; of one kind, of some years or
the last months."""

from datetime import UTC, datetime

import pytest

from fhir_api.pages.chart.timeline import FEW, timeline_of
from projections.health_record.chart import Chart
from projections.health_record.entry import Named
from tests.projections.health_record.test_chart import chart, visit

NOW = datetime(2026, 2, 28, 18, tzinfo=UTC)
"""The first of March in Viet Nam."""


def seen_at(facilities: int) -> Chart:
    """One visit at each of them, that at the last one first."""
    return chart(
        *(visit(f"e{n}", f"2026-01-{n + 1:02d}", provider=Named(f"Trạm {n}")) for n in range(facilities))
    )


@pytest.mark.parametrize("facilities", [1, FEW, FEW + 1])
def test_few_are_all_named(facilities: int) -> None:
    timeline = timeline_of(seen_at(facilities), {}, 10, NOW)
    assert len(timeline.near) == facilities
    assert list(timeline.others) == []


def test_of_many_those_of_the_latest_visits_are() -> None:
    timeline = timeline_of(seen_at(20), {}, 10, NOW)
    assert [place.name for place in timeline.near] == [f"Trạm {n}" for n in range(19, 19 - FEW, -1)]
    assert len(timeline.others) == 20 - FEW


def test_the_chosen_one_is_named_too() -> None:
    seen = seen_at(20)
    last = timeline_of(seen, {}, 10, NOW).places[-1]
    timeline = timeline_of(seen, {"facility": last.token}, 10, NOW)
    assert timeline.near[-1] == last
    assert {*timeline.near, *timeline.others} == set(timeline.places)
    assert len(timeline.visits) == 1


KINDS = chart(
    visit("new", "2026-02-03T08:00:00+07:00", kind="AMB", provider=Named("Trạm 1")),
    visit("turn", "2024-12-31T20:00:00Z", kind="IMP", provider=Named("Trạm 1")),
    visit("other", "2024-05", kind="IMP", provider=Named("Trạm 2")),
    visit("old", "2019", kind="AMB", provider=Named("Trạm 2")),
    visit("undated", None, kind=None),
)


@pytest.mark.parametrize(
    ("wishes", "shown"),
    [
        ({}, ["new", "turn", "other", "old", "undated"]),
        ({"kind": "IMP"}, ["turn", "other"]),
        ({"since": "2025"}, ["new", "turn"]),
        ({"until": "2024"}, ["other", "old"]),
        ({"since": "2024", "until": "2025", "kind": "IMP"}, ["turn", "other"]),
        ({"since": "2025", "until": "2019"}, []),
        (
            {"kind": "<script>", "since": "x", "until": "-1", "facility": "0"},
            ["new", "turn", "other", "old", "undated"],
        ),
    ],
)
def test_a_choice_is_of_facility_kind_and_years(wishes: dict[str, str], shown: list[str]) -> None:
    """The year is that of Viet Nam; an undated visit is of none, and odd wishes are none."""
    assert [one.origin.id for one in timeline_of(KINDS, wishes, 10, NOW).visits] == shown


def test_what_there_is_to_choose_from_does_not_depend_on_the_choice() -> None:
    chosen, whole = (timeline_of(KINDS, wishes, 10, NOW) for wishes in ({"kind": "IMP", "since": "2025"}, {}))
    assert (chosen.kinds, chosen.years) == (["AMB", "IMP"], [2026, 2025, 2024, 2019])
    assert (chosen.kinds, chosen.years, chosen.places) == (whole.kinds, whole.years, whole.places)


def test_an_address_tells_the_whole_choice() -> None:
    choice = timeline_of(KINDS, {"kind": "IMP", "since": "2024"}, 1, NOW).choice
    assert choice.query() == "?kind=IMP&since=2024"
    assert choice.query(**{"from": 1, "kind": None}) == "?since=2024&from=1"
    assert timeline_of(KINDS, {}, 1, NOW).choice.query() == ""


PERIOD = chart(
    visit("planned", "2026-04-01", kind="AMB"),
    visit("today", "2026-03-01T08:00:00+07:00", kind="AMB"),
    visit("edge", "2025-11-30T17:00:00Z", kind="IMP"),
    visit("before", "2025-11-30T16:59:59Z", kind="IMP"),
    visit("month", "2025-03", kind="AMB"),
    visit("year", "2025", kind="AMB"),
    visit("old", "2025-02-28", kind="AMB"),
    visit("undated", None),
)


@pytest.mark.parametrize(
    ("wishes", "shown"),
    [
        ({"since": "3m"}, {"planned", "today", "edge", "year"}),
        ({"since": "12m"}, {"planned", "today", "edge", "before", "month", "year"}),
        ({"since": "3m", "kind": "IMP"}, {"edge"}),
        ({"since": "12m", "until": "2025"}, {"edge", "before", "month", "year"}),
        ({"since": "3m", "until": "2024"}, set()),
    ],
)
def test_the_last_months_end_now(wishes: dict[str, str], shown: set[str]) -> None:
    """They begin with a day in Viet Nam; a partial date is of each period that it may lie in."""
    assert {one.origin.id for one in timeline_of(PERIOD, wishes, 10, NOW).visits} == shown


def test_the_last_months_end_then_where_the_past_is_shown() -> None:
    then = datetime(2025, 4, 1, tzinfo=UTC)
    shown = timeline_of(PERIOD, {"since": "3m", "until": "2025"}, 10, then).visits
    assert {one.origin.id for one in shown} == {"edge", "before", "month", "year", "old"}


@pytest.mark.parametrize("since", ["", "m", "1m", "3M", " 3m", "3m ", "-3m", "03m", "12 m", "٣m"])
def test_odd_periods_are_ignored(since: str) -> None:
    timeline = timeline_of(PERIOD, {"since": since}, 10, NOW)
    assert (timeline.choice.since, len(timeline.visits)) == (None, 8)


def test_a_period_stays_in_addresses() -> None:
    choice = timeline_of(PERIOD, {"since": "12m", "kind": "AMB"}, 1, NOW).choice
    assert choice.query(**{"from": 1}) == "?kind=AMB&since=12m&from=1"
