"""Everything that the report tells, read from the views at one moment."""

from datetime import date, datetime
from typing import NamedTuple

from ehr.linking import State
from fhir_api.pages.facilities.coverage import Covered, covered
from fhir_api.pages.review.lists import MOST_COUNTED
from projections.citizens.tallies import numbers
from projections.citizens.view import Citizens
from projections.database import Reader
from projections.facilities.silence import Rhythmic, Silence, silence, silent_ones
from projections.facilities.trends import Oddities, Volume, oddities, volume
from projections.facilities.view import Facilities
from projections.links.proposals import number_of
from projections.links.queries import contradicted_pairs
from projections.links.tallies import Gathered, Made, gathered, made
from projections.links.view import Links
from projections.standing import Lacks, at_one_moment, standings

_VIEWS = (Citizens.name, Links.name, Facilities.name)


class Period(NamedTuple):
    """Days in Vietnam, the last included."""

    first: date
    last: date


class Report(NamedTuple):
    """lacks: what the views do not show. waiting, doubted, contradicted: pairs that somebody is to look at,
    not counted beyond MOST_COUNTED. silent: the facilities that are. parked, quarantined: in all views."""

    period: Period
    at: datetime
    lacks: Lacks
    covered: Covered
    gathered: Gathered
    made: list[Made]
    waiting: int
    doubted: int
    contradicted: int
    numbers: dict[str, dict[str, int]]
    volume: Volume
    silence: Silence | None
    silent: list[Rhythmic]
    oddities: Oddities
    parked: int
    quarantined: int

    @property
    def people(self) -> int:
        """Persons: Patients that are one person count once."""
        return self.covered.registered.registered - self.gathered.patients + self.gathered.people


async def read_report(connection: Reader, period: Period, now: datetime) -> Report:
    """now: as of which silences are judged."""
    most = MOST_COUNTED + 1
    async with at_one_moment(connection, *_VIEWS) as lacks:
        standing, silent = await standings(connection), await silence(connection, now)
        named = await silent_ones(connection, silent.at, silent.silent) if silent and silent.at else []
        return Report(
            period,
            now,
            lacks,
            await covered(connection),
            await gathered(connection),
            await made(connection, *period),
            await number_of(connection, State.PROPOSED, most),
            await number_of(connection, State.DOUBTED, most),
            len(await contradicted_pairs(connection, most)),
            await numbers(connection),
            await volume(connection, *period),
            silent,
            named,
            await oddities(connection),
            sum(one.parked for one in standing),
            sum(one.quarantined for one in standing),
        )
