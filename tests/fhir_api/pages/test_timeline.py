"""The timeline's choice of facilities: few at a glance, all within reach."""

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
