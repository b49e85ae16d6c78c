"""Projects facts to what is known about the facilities that state them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ehr.names import fold
from ehr.sql import load_queries
from projections.facilities.organizations import read_organization
from projections.facilities.rhythm import WINDOW, rhythm_of
from projections.facilities.sums import Sums
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact, RecordedResource

_sql = load_queries(Path(__file__).with_name("projecting.sql"))


class Facilities:
    """See ``projections.view.View``."""

    name = "facilities"
    code_version = 2
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "facility": Digested(
                "facility",
                "facility, organization, first_recorded, last_recorded, facts, resources, timed, seconds,"
                " usual_gap, silent_from",
            ),
            "lag": Digested("facility", "facility, bucket, facts, seconds, longest"),
            "daily": Digested("facility", "facility, day, hours, resources, encounters, timed, seconds"),
            "total": Digested("''", "day, resources, encounters, timed, seconds"),
            "organization": Digested("id", "id, name, folded, commune"),
            "organization_code": Digested("id", "id, system, code"),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Adds up the batch, then adds it to the tables."""
        sums = Sums()
        for recorded in facts:
            if recorded.resources:  # Without any it is a judgement of what others have stated.
                sums.add(recorded)
        _add_up(connection, sums)
        named = _state_organizations(connection, facts)
        connection.execute(_sql["find_organizations"], {"facilities": sorted({*sums.facilities, *named})})


def _add_up(connection: Connection, sums: Sums) -> None:
    facilities = [
        (name, one.first, one.last, one.facts, one.resources, one.timed, one.seconds)
        for name, one in sums.facilities.items()
    ]
    lags = [(*key, one.facts, one.seconds, one.longest) for key, one in sums.lags.items()]
    days = [
        (*key, one.hours, one.resources, one.encounters, one.timed, one.seconds)
        for key, one in sums.days.items()
    ]
    _run(connection, "add_facilities", _FACILITY, facilities)
    _run(connection, "add_lags", _LAG, lags)
    _state_rhythms(connection, [row[0] for row in _run(connection, "add_days", _DAY, days)])


def _state_rhythms(connection: Connection, facilities: Collection[str]) -> None:
    """Of facilities that have sent in an hour in which they had not so far."""
    asked = {"facilities": list(facilities), "window": WINDOW}
    rows: Iterable[tuple[str, date, int]] = connection.execute(_sql["last_days"], asked)
    days = groupby(rows, key=lambda row: row[0])
    found = [(facility, rhythm_of([(day, hours) for _, day, hours in of_one])) for facility, of_one in days]
    rhythms = [(facility, *(rhythm or (None, None))) for facility, rhythm in found]
    _run(connection, "state_rhythms", ("facilities", "gaps", "moments"), rhythms)


def _state_organizations(connection: Connection, facts: Sequence[RecordedFact]) -> set[str]:
    """The newest version of each Organization takes the place of the former. Gives whatever facilities may
    be called that are one of them, or were."""
    newest = {resource.version.id: resource for resource in _organizations(facts)}
    if not newest:
        return set()
    former = connection.execute(_sql["forget_organizations"], {"ids": list(newest)})
    stated = {id_: read_organization(one.body) for id_, one in newest.items() if one.version.body}
    codes = [(id_, *code) for id_, one in stated.items() for code in one.codes]
    named = {*(row[0] for row in former), *(code for _, _, code in codes)}
    organizations = [(id_, one.name, one.name and fold(one.name), one.commune) for id_, one in stated.items()]
    _run(connection, "add_organizations", ("ids", "names", "folded", "communes"), organizations)
    _run(connection, "add_organization_codes", ("ids", "systems", "codes"), codes)
    return named | {f"Organization/{id_}" for id_ in newest}


def _organizations(facts: Sequence[RecordedFact]) -> Iterator[RecordedResource]:
    for recorded in facts:
        for resource in recorded.resources:
            if resource.version.type == "Organization" and resource.version.action != "move":
                yield resource


_FACILITY = ("facilities", "first", "last", "facts", "resources", "timed", "seconds")
_LAG = ("facilities", "buckets", "facts", "seconds", "longest")
_DAY = ("facilities", "days", "hours", "resources", "encounters", "timed", "seconds")


def _run(
    connection: Connection, query: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """A statement that takes the rows as one array for each column, in order; gives what it returns."""
    if not rows:
        return []
    arrays = map(list, zip(*rows, strict=True))
    cursor = connection.execute(_sql[query], dict(zip(columns, arrays, strict=True)))
    return cursor.fetchall() if cursor.description else []
