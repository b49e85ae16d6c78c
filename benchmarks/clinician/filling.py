"""Fills the views: everybody with where they were seen, and the full charts of some."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from benchmarks.clinician.charts import facts_of, province
from benchmarks.lookup.filling import (
    SHARE,
    Share,
    batches,
    facilities,
    fact_about,
    fill,
    fill_share,
    project_all,
    tidy,
    work_off,
)
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord
from projections.matching.view import Matching
from simulation.shapes.places import organization
from streams.recorded_fact import RecordedFact

_CHARTS: Final = 20
"""In one transaction: about as many resources as of a batch of Patients."""

_SUMMED: Final = 20
"""One of so many full charts is counted for the facilities."""

_FIRST: Final = -(2**38)
"""Position of the first facility of full charts."""


def fill_house(database: str, seed: int, citizens: int, full: int, share: int = SHARE) -> int:
    """Projects so many people, about ``full`` of them with full charts: those whose index can be divided by
    what is given back. share: of people, that a process takes at a time."""
    whole = Share(database, HealthRecord(), True, seed, 0, citizens)
    project_all(whole, [list(facilities()), list(_others())])
    project_all(whole._replace(view=Facilities()), [list(_others())])
    fill(database, seed, citizens, (Citizens(), HealthRecord()), (Matching(), FhirResources()), share)
    every = citizens // full
    shares = [
        whole._replace(first=first, last=min(first + share, citizens)) for first in range(0, citizens, share)
    ]
    work_off(shares, partial(fill_charts, every))
    # Facilities are few: processes beside each other would wait for each other's rows. Of their sums it
    # matters how many there are: some of the full charts give all of them.
    work_off([whole._replace(view=Facilities())], fill_share)
    work_off([whole._replace(view=Facilities())], partial(fill_charts, every * _SUMMED))
    tidy(database)
    return every


def fill_charts(every: int, share: Share) -> int:
    """The charts of those of a share whose index every divides; gives the number of people in it."""
    first = -(-share.first // every) * every
    some = batches(iter(range(first, share.last, every)), _CHARTS)
    project_all(share, ([fact for index in batch for fact in facts_of(index)] for batch in some))
    return share.last - share.first


def _others() -> Iterator[RecordedFact]:
    """The facilities of full charts."""
    for place, one in enumerate(province().network.facilities, start=_FIRST):
        id_ = f"o-{one.code}"
        yield fact_about(place, organization(one) | {"id": id_}, id_)
