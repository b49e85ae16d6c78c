"""Fills the views: everybody with where they were seen, and the full charts of some."""

from functools import partial
from typing import Final

from benchmarks.clinician.charts import facts_of
from benchmarks.lookup.filling import SHARE, Share, batches, fill, project_all, tidy, work_off
from projections.citizens.view import Citizens
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord
from projections.matching.view import Matching

_CHARTS: Final = 20
"""In one transaction: about as many resources as of a batch of Patients."""


def fill_house(database: str, seed: int, citizens: int, full: int, share: int = SHARE) -> int:
    """Projects so many people, about ``full`` of them with full charts: those whose index can be divided by
    what is given back. share: of people, that a process takes at a time."""
    fill(database, seed, citizens, (Citizens(), HealthRecord()), (Matching(), FhirResources()), share)
    every = citizens // full
    shares = [
        Share(database, HealthRecord(), True, seed, first, min(first + share, citizens))
        for first in range(0, citizens, share)
    ]
    work_off(shares, partial(fill_charts, every))
    tidy(database)
    return every


def fill_charts(every: int, share: Share) -> int:
    """The charts of those of a share whose index every divides; gives the number of people in it."""
    first = -(-share.first // every) * every
    some = batches(iter(range(first, share.last, every)), _CHARTS)
    project_all(share, ([fact for index in batch for fact in facts_of(index)] for batch in some))
    return share.last - share.first
