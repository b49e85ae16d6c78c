"""Reads who the facilities are and what they send."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from ehr.sql import load_queries
from projections.database import Reader
from projections.facilities.lags import AHEAD, LIMITS, UNTIMED

queries = load_queries(Path(__file__).with_name("queries.sql"))

COUNTED_APART = "Encounter"


class Organization(NamedTuple):
    """What is known of a facility. id: of the Organization. codes: the values of its identifiers."""

    id: str
    name: str | None
    commune: str | None
    codes: list[str]

    @property
    def aliases(self) -> list[str]:
        """Every way in which facts name this facility."""
        return [f"Organization/{self.id}", *self.codes]


class Lags(NamedTuple):
    """How late facts came. buckets: facts with a lag up to each of lags.LIMITS, and beyond. seconds: the sum
    of all lags. longest: seconds. ahead, untimed: facts of wrong or without times, which have no lag."""

    buckets: list[int]
    seconds: int = 0
    longest: int = 0
    ahead: int = 0
    untimed: int = 0

    @property
    def facts(self) -> int:
        """The facts that have a lag."""
        return sum(self.buckets)

    @property
    def mean(self) -> float | None:
        """Seconds; None where nothing has a lag."""
        return self.seconds / self.facts if self.facts else None

    @property
    def median_bucket(self) -> int | None:
        """The bucket up to which at least half of the facts came; None where nothing has a lag."""
        sums = accumulate(self.buckets)
        return next((bucket for bucket, sum_ in enumerate(sums) if sum_ and 2 * sum_ >= self.facts), None)

    def plus(self, other: "Lags") -> "Lags":
        """The lags of both."""
        return Lags(
            [one + another for one, another in zip(self.buckets, other.buckets, strict=True)],
            self.seconds + other.seconds,
            max(self.longest, other.longest),
            self.ahead + other.ahead,
            self.untimed + other.untimed,
        )


class Day(NamedTuple):
    """Resource versions recorded on a day in Vietnam, and the Encounters among them."""

    day: date
    resources: int
    encounters: int


class Sender(NamedTuple):
    """A facility that stated facts.

    facility: as its facts name it; sender.UNKNOWN where they do not. What facts name in several ways, but one
    Organization is, is one sender, under the first of the names.
    """

    facility: str
    organization: Organization | None
    first_recorded: datetime
    last_recorded: datetime
    facts: int
    resources: int
    lags: Lags
    days: list[Day]


async def organizations(connection: Reader, facilities: Iterable[str]) -> dict[str, Organization]:
    """facility -> its Organization; without those of whom no Organization is known."""
    wanted = sorted(set(facilities))
    cursor = await connection.execute(queries["organizations"], {"facilities": wanted})
    return {facility: Organization(*row) for facility, *row in await cursor.fetchall()}


async def senders(connection: Reader, since: date) -> list[Sender]:
    """Every facility that stated facts, by name of its facts. since: the first day whose volumes are told."""
    rows = await (await connection.execute(queries["facilities"])).fetchall()
    known = await organizations(connection, [row[0] for row in rows])
    lags = await _lags(connection)
    days = await _days(connection, since)
    found: dict[str, Sender] = {}
    for name, first, last, facts, resources in rows:
        sums = (first, last, facts, resources)
        one = Sender(name, known.get(name), *sums, lags.get(name, _no_lags()), days.get(name, []))
        key = one.organization.id if one.organization else name
        found[key] = _merged(found[key], one) if key in found else one
    return list(found.values())


def _merged(one: Sender, other: Sender) -> Sender:
    days = {day.day: day for day in one.days}
    for day in other.days:
        former = days.get(day.day, Day(day.day, 0, 0))
        days[day.day] = Day(day.day, former.resources + day.resources, former.encounters + day.encounters)
    return Sender(
        one.facility,
        one.organization,
        min(one.first_recorded, other.first_recorded),
        max(one.last_recorded, other.last_recorded),
        one.facts + other.facts,
        one.resources + other.resources,
        one.lags.plus(other.lags),
        [days[day] for day in sorted(days)],
    )


async def _lags(connection: Reader) -> dict[str, Lags]:
    found: dict[str, Lags] = {}
    cursor = await connection.execute(queries["lags"])
    for facility, bucket, facts, seconds, longest in await cursor.fetchall():
        found[facility] = _with_bucket(found.get(facility, _no_lags()), bucket, facts, seconds, longest)
    return found


def _with_bucket(lags: Lags, bucket: int, facts: int, seconds: int, longest: int) -> Lags:
    if bucket == AHEAD:
        return lags._replace(ahead=facts)
    if bucket == UNTIMED:
        return lags._replace(untimed=facts)
    lags.buckets[bucket] = facts
    return lags._replace(seconds=lags.seconds + seconds, longest=max(lags.longest, longest))


def _no_lags() -> Lags:
    return Lags([0] * (len(LIMITS) + 1))


async def _days(connection: Reader, since: date) -> dict[str, list[Day]]:
    found: dict[str, list[Day]] = {}
    cursor = await connection.execute(queries["volumes"], {"since": since, "kind": COUNTED_APART})
    for facility, *day in await cursor.fetchall():
        found.setdefault(facility, []).append(Day(*day))
    return found
