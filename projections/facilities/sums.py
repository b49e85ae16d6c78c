"""What the facts of a batch add to the tables. Sums of whole numbers: the same in every order."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from ehr.dates import ZONE
from projections.facilities.lags import Lag, lag_of
from projections.facilities.sender import UNKNOWN, facility_of
from streams.recorded_fact import RecordedFact

VISIT = "Encounter"
"""The type whose versions are counted apart."""


@dataclass
class LagSum:
    """Facts in one bucket of lags; seconds: of all together, and of the longest."""

    facts: int = 0
    seconds: int = 0
    longest: int = 0


@dataclass
class DaySum:
    """See the table ``daily``."""

    hours: int = 0
    resources: int = 0
    encounters: int = 0
    timed: int = 0
    seconds: int = 0


@dataclass
class FacilitySum:
    """See the table ``facility``."""

    first: datetime
    last: datetime
    facts: int = 0
    resources: int = 0
    timed: int = 0
    seconds: int = 0


@dataclass
class Sums:
    """By facility; by facility and bucket; by facility and day in Vietnam."""

    facilities: dict[str, FacilitySum] = field(default_factory=dict)
    lags: defaultdict[tuple[str, int], LagSum] = field(default_factory=lambda: defaultdict(LagSum))
    days: defaultdict[tuple[str, date], DaySum] = field(default_factory=lambda: defaultdict(DaySum))

    def add(self, recorded: RecordedFact) -> None:
        """Counts a fact; what was split for its size is one fact, counted with its first part."""
        fact = recorded.fact
        facility = facility_of(recorded) or UNKNOWN
        at = datetime.fromisoformat(fact.recorded_at)
        local = at.astimezone(ZONE)
        whole = self.facilities.setdefault(facility, FacilitySum(at, at))
        day = self.days[facility, local.date()]
        whole.first, whole.last = min(at, whole.first), max(at, whole.last)
        whole.facts += fact.part == 1 and not fact.moved_to
        day.hours |= 1 << local.hour
        if lag := lag_of(recorded):
            self._add_lag(facility, lag)
            _add_seconds(whole, lag)
            _add_seconds(day, lag)
        types = [one.version.type for one in recorded.resources if one.version.action != "move"]
        whole.resources += len(types)
        day.resources += len(types)
        day.encounters += types.count(VISIT)

    def _add_lag(self, facility: str, lag: Lag) -> None:
        sum_ = self.lags[facility, lag.bucket]
        sum_.facts += 1
        sum_.seconds += lag.seconds
        sum_.longest = max(sum_.longest, lag.seconds)


def _add_seconds(sum_: FacilitySum | DaySum, lag: Lag) -> None:
    """Of a lag that has some."""
    if lag.bucket >= 0:
        sum_.timed += 1
        sum_.seconds += lag.seconds
