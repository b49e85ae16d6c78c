"""Whatever intake accepts can be read, stored and shown."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.health_record.chart import Chart, Standing
from projections.health_record.directory import LISTED
from projections.health_record.elements import LONGEST
from projections.health_record.elsewhere import elsewhere_of
from projections.health_record.kinds import READERS, Problem
from projections.health_record.referrals import referrals_of
from projections.health_record.series import grid_of
from projections.health_record.sheets import pack, unpack
from projections.health_record.vaccinations import vaccinations_of
from tests.fhir_api.intake.valid_resources import resources
from tests.projections.health_record.kinds_reading import read

NOW = datetime(2026, 10, 5, tzinfo=UTC)
COMPLETE = Standing(1, 1, None, None)


def walk(chart: Chart) -> None:
    """Everything that a page asks of a chart."""
    for entry in chart.entries:
        chart.facility(entry)
        chart.lateness(entry)
    for visit in chart.visits:
        chart.diagnoses(visit)
    grid = grid_of(chart.series, 3)
    grid_of(chart.series, 3, before=grid.days[-1] if grid.days else None)
    flags = [point.flag for one in chart.series for point in one.points]
    assert len(flags) == sum(len(one.points) for one in chart.series)
    names = [chart.medicine_name(medicine) for medicine in chart.current_medicines(NOW)]
    names += [chart.medicine_name(medicine) for medicine in chart.prohibited_medicines(NOW)]
    assert len(names) + sum(len(r.all) for r in chart.past_medicines(NOW)) == len(chart.medicines)
    problems = [*chart.present_problems, *chart.unstated_problems, *chart.past_problems]
    assert len(problems) == len(chart.problems)
    stated = [one for problem in chart.problems for one in chart.stated_by(problem)]
    assert sum(one.times for one in stated) == sum(isinstance(entry, Problem) for entry in chart.entries)
    elsewhere = elsewhere_of(chart, NOW, here="45901")
    assert elsewhere.former == len(elsewhere.former_overlaps) + len(elsewhere.former_duplicates)
    assert all(one.state in ("sent", "arrived", "answered") for one in referrals_of(chart).values())
    assert chart.allergy_state in ("known", "none-known", "not-recorded")
    for day in (date.min, NOW.date(), date.max):
        vaccinations = vaccinations_of(chart, day)
        listed = len(vaccinations.others) + len(vaccinations.refused) + len(vaccinations.uncounted)
        assert listed <= len(chart.immunisations)
        assert vaccinations.withheld or vaccinations.rows


@given(st.lists(resources(*READERS), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_every_valid_resource_can_be_read_stored_and_shown(stated: list[dict[str, Any]]) -> None:
    entries = [entry for entry in map(read, stated) if entry is not None]
    stored = unpack(pack(entries).entries)
    assert stored == entries
    walk(Chart(stored, {}, COMPLETE))


@given(resources(*LISTED))
@settings(max_examples=100, deadline=None)
def test_every_valid_resource_can_be_listed(stated: dict[str, Any]) -> None:
    listing = LISTED[stated["resourceType"]](orjson.dumps(stated))
    assert listing.name != ""
    assert len(listing.name or "") <= LONGEST + 1
