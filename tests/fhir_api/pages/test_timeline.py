"""The timeline's choice: few facilities at a glance, all within reach; of one kind, of some years."""

import pytest

from fhir_api.pages.chart.timeline import FEW, timeline_of
from projections.health_record.chart import Chart
from projections.health_record.entry import Named
from tests.projections.health_record.test_chart import chart, visit


def seen_at(facilities: int) -> Chart:
    """One visit at each of them, that at the last one first."""
    return chart(
        *(visit(f"e{n}", f"2026-01-{n + 1:02d}", provider=Named(f"Trạm {n}")) for n in range(facilities))
    )


@pytest.mark.parametrize("facilities", [1, FEW, FEW + 1])
def test_few_are_all_named(facilities: int) -> None:
    timeline = timeline_of(seen_at(facilities), {}, 10)
    assert len(timeline.near) == facilities
    assert list(timeline.others) == []


def test_of_many_those_of_the_latest_visits_are() -> None:
    timeline = timeline_of(seen_at(20), {}, 10)
    assert [place.name for place in timeline.near] == [f"Trạm {n}" for n in range(19, 19 - FEW, -1)]
    assert len(timeline.others) == 20 - FEW


def test_the_chosen_one_is_named_too() -> None:
    seen = seen_at(20)
    last = timeline_of(seen, {}, 10).places[-1]
    timeline = timeline_of(seen, {"facility": last.token}, 10)
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
    assert [one.origin.id for one in timeline_of(KINDS, wishes, 10).visits] == shown


def test_what_there_is_to_choose_from_does_not_depend_on_the_choice() -> None:
    chosen, whole = (timeline_of(KINDS, wishes, 10) for wishes in ({"kind": "IMP", "since": "2025"}, {}))
    assert (chosen.kinds, chosen.years) == (["AMB", "IMP"], [2026, 2025, 2024, 2019])
    assert (chosen.kinds, chosen.years, chosen.places) == (whole.kinds, whole.years, whole.places)


def test_an_address_tells_the_whole_choice() -> None:
    choice = timeline_of(KINDS, {"kind": "IMP", "since": "2024"}, 1).choice
    assert choice.query() == "?kind=IMP&since=2024"
    assert choice.query(**{"from": 1, "kind": None}) == "?since=2024&from=1"
    assert timeline_of(KINDS, {}, 1).choice.query() == ""
