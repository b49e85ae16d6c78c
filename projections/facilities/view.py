"""Projects facts to what is known about the facilities that state them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

from ehr.dates import ZONE
from ehr.sql import load_queries
from projections.facilities.lags import Lag, lag_of
from projections.facilities.organizations import read_organization
from projections.facilities.sender import UNKNOWN, facility_of
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))


class Facilities:
    """See ``projections.view.View``."""

    name = "facilities"
    code_version = 1
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "facility": Digested("facility", "facility, first_recorded, last_recorded, facts, resources"),
            "lag": Digested("facility", "facility, bucket, facts, seconds, longest"),
            "volume": Digested("facility", "facility, day, kind, resources"),
            "organization": Digested("id", "id, name, commune"),
            "organization_code": Digested("id", "id, system, code"),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Adds up the batch, then adds it to the tables."""
        sums = _Sums()
        for recorded in facts:
            if recorded.resources:  # Without any it is a judgement of what others have stated.
                sums.add(recorded)
        _add_up(connection, sums)
        _state_organizations(connection, facts)


@dataclass
class _Lag:
    facts: int = 0
    seconds: int = 0
    longest: int = 0


@dataclass
class _Sums:
    """What the facts of a batch add to the tables. Sums of whole numbers: the same in every order."""

    facts: Counter[str] = field(default_factory=Counter)
    first: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    lags: dict[tuple[str, int], _Lag] = field(default_factory=dict)
    volumes: Counter[tuple[str, date, str]] = field(default_factory=Counter)

    def add(self, recorded: RecordedFact) -> None:
        """Counts a fact; what was split for its size is one fact, counted with its first part."""
        fact = recorded.fact
        facility = facility_of(recorded) or UNKNOWN
        at = datetime.fromisoformat(fact.recorded_at)
        self.first[facility] = min(at, self.first.get(facility, at))
        self.last[facility] = max(at, self.last.get(facility, at))
        self.facts[facility] += fact.part == 1 and not fact.moved_to
        self._add_lag(facility, lag_of(recorded))
        for resource in recorded.resources:
            if resource.version.action != "move":
                self.volumes[facility, at.astimezone(ZONE).date(), resource.version.type] += 1

    def _add_lag(self, facility: str, lag: Lag | None) -> None:
        if lag:
            sum_ = self.lags.setdefault((facility, lag.bucket), _Lag())
            sum_.facts += 1
            sum_.seconds += lag.seconds
            sum_.longest = max(sum_.longest, lag.seconds)


def _add_up(connection: Connection, sums: _Sums) -> None:
    names = sorted(sums.first)
    resources: Counter[str] = Counter()
    for (facility, _, _), number in sums.volumes.items():
        resources[facility] += number
    facilities = {
        "facilities": names,
        "first": [sums.first[name] for name in names],
        "last": [sums.last[name] for name in names],
        "facts": [sums.facts[name] for name in names],
        "resources": [resources[name] for name in names],
    }
    lags = {
        "facilities": [facility for facility, _ in sums.lags],
        "buckets": [bucket for _, bucket in sums.lags],
        "facts": [lag.facts for lag in sums.lags.values()],
        "seconds": [lag.seconds for lag in sums.lags.values()],
        "longest": [lag.longest for lag in sums.lags.values()],
    }
    volumes = {
        "facilities": [facility for facility, _, _ in sums.volumes],
        "days": [day for _, day, _ in sums.volumes],
        "kinds": [kind for _, _, kind in sums.volumes],
        "resources": list(sums.volumes.values()),
    }
    connection.execute(_sql["add_facilities"], facilities)
    connection.execute(_sql["add_lags"], lags)
    connection.execute(_sql["add_volumes"], volumes)


def _state_organizations(connection: Connection, facts: Sequence[RecordedFact]) -> None:
    """The newest version of each Organization takes the place of the former."""
    newest = {resource.version.id: resource for resource in _organizations(facts)}
    if not newest:
        return
    connection.execute(_sql["forget_organizations"], {"ids": list(newest)})
    stated = {id_: read_organization(one.body) for id_, one in newest.items() if one.version.body}
    organizations = {
        "ids": list(stated),
        "names": [one.name for one in stated.values()],
        "communes": [one.commune for one in stated.values()],
    }
    codes = [(id_, *code) for id_, one in stated.items() for code in one.codes]
    connection.execute(_sql["add_organizations"], organizations)
    connection.execute(
        _sql["add_organization_codes"],
        {"ids": [c[0] for c in codes], "systems": [c[1] for c in codes], "codes": [c[2] for c in codes]},
    )


def _organizations(facts: Sequence[RecordedFact]) -> Iterator[RecordedResource]:
    for recorded in facts:
        for resource in recorded.resources:
            if resource.version.type == "Organization" and resource.version.action != "move":
                yield resource
