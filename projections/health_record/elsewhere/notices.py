"""All notices of a chart about other facilities, at one moment."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from ehr.dates import ZONE
from projections.health_record.chart import Chart
from projections.health_record.elsewhere.cards import Card, Use, card_used
from projections.health_record.elsewhere.duplicates import Duplicate, duplicates
from projections.health_record.elsewhere.interacting import Compared, interacting
from projections.health_record.elsewhere.stays import Overlap, overlaps

RECENT = timedelta(days=30)
"""What is longer ago is told, but not at once."""


class Elsewhere(NamedTuple):
    """overlaps, duplicates: recent ones; former_…: those before. interactions: between what is in use."""

    card: Card | None
    interactions: Compared
    overlaps: list[Overlap]
    duplicates: list[Duplicate]
    former_overlaps: list[Overlap]
    former_duplicates: list[Duplicate]

    @property
    def former(self) -> int:
        """How many are from before."""
        return len(self.former_overlaps) + len(self.former_duplicates)

    @property
    def current(self) -> bool:
        """Whether there is anything to tell beside what is from before."""
        compared = self.interactions.found or self.interactions.without_code
        return any((self.card, compared, self.overlaps, self.duplicates))


def elsewhere_of(
    chart: Chart, now: datetime, others: Iterable[Use] = (), here: str | None = None
) -> Elsewhere:
    """now: the moment that is asked about; of a chart as it was, that one. others, here: see
    cards.card_used."""
    since = now - RECENT
    stays, tests = overlaps(chart, now), duplicates(chart)
    return Elsewhere(
        card_used(chart, now.astimezone(ZONE).date(), others, here),
        interacting(chart, now),
        [one for one in stays if one.until >= since],
        [one for one in tests if one.at >= since],
        [one for one in stays if one.until < since],
        [one for one in tests if one.at < since],
    )
