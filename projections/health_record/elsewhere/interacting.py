"""Medicines that two facilities prescribed and that are said to interact, while both are in use."""

from datetime import datetime
from typing import NamedTuple

from ehr.interactions.table import Interaction, Severity, between, table
from projections.health_record.chart import Chart
from projections.health_record.kinds import Medicine
from projections.health_record.kinds.medicines import ATC


class Interacting(NamedTuple):
    """Two medicines of two facilities, and what is said of them."""

    one: Medicine
    other: Medicine
    interaction: Interaction


class Compared(NamedTuple):
    """found: the gravest first. without_code: medicines in use that cannot be compared, where several
    facilities prescribe. version: of the table."""

    found: list[Interacting]
    without_code: int
    version: str


def interacting(chart: Chart, now: datetime) -> Compared:
    """Of each medicine the last prescription of each facility counts; one whose facility nobody knows is not
    compared."""
    placed: dict[tuple[str, str], Medicine] = {}
    places: set[str] = set()
    without_code = 0
    for medicine in chart.current_medicines(now):
        facility = chart.facility(medicine)
        if facility:
            places.add(facility)
        if medicine.code.system != ATC or not medicine.code.code:
            without_code += 1
        elif facility:
            placed.setdefault((facility, medicine.code.code), medicine)
    listed = list(placed.items())
    found = [
        Interacting(one, other, interaction)
        for place, ((here, code), one) in enumerate(listed)
        for (there, other_code), other in listed[place + 1 :]
        if there != here
        for interaction in between(code, other_code)
    ]
    found.sort(key=lambda pair: list(Severity).index(pair.interaction.severity))
    return Compared(found, without_code if len(places) > 1 else 0, table().version)
