"""Medicines that two facilities prescribed and that are said to interact, while both are in use."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ehr.interactions.table import Interaction, gravest_first, is_of, table
from projections.health_record.chart import Chart
from projections.health_record.kinds import Medicine
from projections.health_record.kinds.medicines import ATC
from projections.health_record.whereabouts import Facility

MOST = 50
"""Pairs that are told; of more the gravest."""


_Where = tuple[Facility | None, str | None]
"""A facility, and which of its visits where it may be a different one each time, or nobody knows it."""


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
    """Of each medicine the last prescription of each facility counts.

    Facilities of which nobody can say whether they are one count as two, and so do two visits of which nobody
    can say at which one they were: what interacts does so wherever it was prescribed, and to miss it is the
    hazard.
    """
    placed: dict[tuple[_Where, str], Medicine] = {}
    places: set[_Where] = set()
    without_code = 0
    for medicine in chart.current_medicines(now):
        facility = chart.facility(medicine)
        where = (facility, medicine.encounter if facility is None or facility.vague else None)
        places.add(where)
        if medicine.code.system != ATC or not medicine.code.code:
            without_code += 1
        else:
            placed.setdefault((where, medicine.code.code), medicine)
    found = list(islice(_found(placed), MOST))
    return Compared(found, without_code if len(places) > 1 else 0, table().version)


def _found(placed: Mapping[tuple[_Where, str], Medicine]) -> Iterator[Interacting]:
    """Line by line of the table: who has hundreds of medicines in use has ten thousands of pairs."""
    order = {medicine.origin.reference: number for number, medicine in enumerate(placed.values())}
    for line in gravest_first():
        firsts, seconds = _of(placed, line.first), _of(placed, line.second)
        for here, ones in firsts.items():
            for there, others in seconds.items():
                pairs = ((one, other) for one in ones for other in others) if there != here else ()
                for pair in pairs:
                    newer, older = sorted(pair, key=lambda one: order[one.origin.reference])
                    yield Interacting(newer, older, line)


def _of(placed: Mapping[tuple[_Where, str], Medicine], groups: Sequence[str]) -> dict[_Where, list[Medicine]]:
    """Those of these groups, by where they were prescribed."""
    found: dict[_Where, list[Medicine]] = {}
    for (where, code), medicine in placed.items():
        if is_of(code, groups):
            found.setdefault(where, []).append(medicine)
    return found
