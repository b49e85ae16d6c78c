"""Reads who the facilities are and what they send."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, NamedTuple

from ehr.sql import load_queries
from projections.database import Reader
from projections.facilities.lags import AHEAD, LIMITS, UNTIMED
from projections.facilities.sender import UNKNOWN

queries = load_queries(Path(__file__).with_name("queries.sql"))

ORDERS = ("name", "last", "facts", "resources", "lag", "silence")
"""In which senders are told: by name, the latest last fact, most facts, most
resources, the longest mean lag, or who is silent for longest or will be soonest."""


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
    Organization is, is one sender, under the first of the names. usual_gap, silent_from: see ``Rhythmic``.
    """

    facility: str
    names: list[str]
    first_recorded: datetime
    last_recorded: datetime
    facts: int
    resources: int
    usual_gap: int | None
    silent_from: datetime | None
    organization: Organization | None
    lags: Lags
    days: list[Day]


class Asked(NamedTuple):
    """Which senders: so many from a place on in one of ORDERS, perhaps the other way round."""

    order: str = "name"
    backwards: bool = False
    limit: int | None = None
    offset: int = 0


BY_NAME = Asked()


async def organizations(connection: Reader, facilities: Iterable[str]) -> dict[str, Organization]:
    """facility -> its Organization; without those of whom no Organization is known."""
    wanted = sorted({one for one in facilities if "\0" not in one})  # PostgreSQL keeps no such text.
    cursor = await connection.execute(queries["organizations"], {"facilities": wanted})
    return {facility: Organization(*row) for facility, *row in await cursor.fetchall()}


async def senders(connection: Reader, since: date, asked: Asked = BY_NAME) -> list[Sender]:
    """Facilities that stated facts. since: the first day whose volumes are told."""
    sign = -1 if asked.backwards else 1
    values = asked._asdict() | {"sign": sign, "unknown": UNKNOWN}
    rows = await (await connection.execute(queries["senders"], values)).fetchall()
    names = [name for row in rows for name in row[1]]
    lags, days = await _lags(connection, names), await _days(connection, names, since)
    return [_sender(row, lags, days) for row in rows]


def _sender(row: tuple[Any, ...], lags: Mapping[str, Lags], days: Mapping[str, list[Day]]) -> Sender:
    facility, names, first, last, facts, resources, usual_gap, silent_from, *known = row
    organization = Organization(*known) if known[0] else None
    its_lags = reduce(Lags.plus, (lags[name] for name in names if name in lags), _no_lags())
    its_days = _together([days[name] for name in names if name in days])
    sums = (facts, resources, usual_gap, silent_from)
    return Sender(facility, names, first, last, *sums, organization, its_lags, its_days)


def _together(of_names: Sequence[list[Day]]) -> list[Day]:
    """Those of all names of one sender."""
    if len(of_names) < 2:
        return of_names[0] if of_names else []
    found: dict[date, Day] = {}
    for one in chain.from_iterable(of_names):
        former = found.get(one.day, Day(one.day, 0, 0))
        found[one.day] = Day(one.day, former.resources + one.resources, former.encounters + one.encounters)
    return [found[day] for day in sorted(found)]


async def _lags(connection: Reader, facilities: Sequence[str]) -> dict[str, Lags]:
    found: dict[str, Lags] = {}
    cursor = await connection.execute(queries["lags"], {"facilities": facilities}, binary=True)
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


async def _days(connection: Reader, facilities: Sequence[str], since: date) -> dict[str, list[Day]]:
    asked = {"facilities": facilities, "since": since}
    rows = await (await connection.execute(queries["days"], asked, binary=True)).fetchall()
    return {facility: list(map(Day, *columns)) for facility, *columns in rows}
