"""What the simulated province gives its children, held against the schedule: all of it counts."""

from collections import defaultdict
from typing import Any

from ehr.vaccines.judging import State
from projections.health_record.chart import Chart, Standing
from projections.health_record.vaccinations import Vaccinations, Withheld, vaccinations_of
from simulation.province import UNTIL, Sending
from tests.projections.health_record.kinds_reading import read


def test_every_dose_counts(sendings: tuple[Sending, ...]) -> None:
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, sending in enumerate(sendings):
        for place, entry in enumerate(sending.bundle["entry"]):
            if sending.citizen and entry["resource"]["resourceType"] in ("Patient", "Immunization"):
                told[sending.citizen].append({"id": f"{number}-{place}", **entry["resource"]})
    children = [found for found in map(vaccinations, told.values()) if not found.withheld]
    states = [cell.state for found in children for row in found.rows for cell in row.cells.values()]
    assert len(children) > 10
    assert states.count(State.GIVEN) > 10 * len(children)
    assert [one.reason for found in children for one in found.uncounted] == []


def vaccinations(resources: list[dict[str, Any]]) -> Vaccinations:
    entries = [entry for resource in resources if (entry := read(resource))]
    found = vaccinations_of(Chart(entries, {}, Standing(1, 1, None, None)), UNTIL)
    assert found.withheld != Withheld.UNBORN
    return found
