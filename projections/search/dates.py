"""Parameters of type date (https://hl7.org/fhir/R4/search.html#date).

Both sides are times from a start until before an end, as wide as they are precise. Dates without a zone are
meant in the one configured zone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ehr.dates import FIRST, LAST, Span, span
from projections.search.entries import DateEntry, Entries
from projections.search.errors import BadValue
from projections.search.frequency import Common
from projections.search.statement import Statement
from projections.search.tables import InTable

MODIFIERS = ("missing",)

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_SQL = {
    "eq": "{t}.starts >= {start} and {t}.ends <= {end}",
    "ne": "not ({t}.starts >= {start} and {t}.ends <= {end})",
    "gt": "{t}.ends > {end}",
    "lt": "{t}.starts < {start}",
    "ge": "({t}.ends > {end} or {t}.starts >= {start})",
    "le": "({t}.starts < {start} or {t}.ends <= {end})",
    "sa": "{t}.starts >= {end}",
    "eb": "{t}.ends <= {start}",
    "ap": "{t}.starts < {end} and {t}.ends > {start}",
}

_HOLDS: dict[str, Callable[[Span, Span], bool]] = {
    "eq": lambda target, asked: target.start >= asked.start and target.end <= asked.end,
    "ne": lambda target, asked: not (target.start >= asked.start and target.end <= asked.end),
    "gt": lambda target, asked: target.end > asked.end,
    "lt": lambda target, asked: target.start < asked.start,
    "ge": lambda target, asked: target.end > asked.end or target.start >= asked.start,
    "le": lambda target, asked: target.start < asked.start or target.end <= asked.end,
    "sa": lambda target, asked: target.start >= asked.end,
    "eb": lambda target, asked: target.end <= asked.start,
    "ap": lambda target, asked: target.start < asked.end and target.end > asked.start,
}


def index_date(entries: Entries, number: int, value: Any) -> None:
    """A date, dateTime or instant."""
    found = span(value) if value.__class__ is str else None
    if found:
        entries.dates.append(DateEntry(number, *found))


def index_period(entries: Entries, number: int, value: Any) -> None:
    """A Period; an open side is open for ever."""
    start, end = span(value.get("start") or ""), span(value.get("end") or "")
    if start or end:
        first, last = start.start if start else FIRST, end.end if end else LAST
        entries.dates.append(DateEntry(number, first, max(first, last)))  # Intake accepts an end before it.


def index_timing(entries: Entries, number: int, value: Any) -> None:
    """The outer limits of a Timing: of its events and the bounds of its repetition."""
    spans = [found for found in map(span, filter(None, value.get("event", ()))) if found]
    bounds = value.get("repeat", {}).get("boundsPeriod")
    if bounds:
        limits = Entries()
        index_period(limits, number, bounds)
        spans += [Span(entry.start, entry.end) for entry in limits.dates]
    if spans:
        entries.dates.append(DateEntry(number, min(s.start for s in spans), max(s.end for s in spans)))


class _Time(InTable):
    """A row of a time."""

    __slots__ = ()
    table = "search_date"


@dataclass(frozen=True, slots=True)
class Dated(_Time):
    """A time stands to the one that was asked for as the prefix says."""

    number: int
    prefix: str
    asked: Span

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')} and {self.compared(statement, t)}"

    def compared(self, statement: Statement, t: str) -> str:
        """The condition on ``starts`` and ``ends`` of a row."""
        start, end = (statement.value(one, "timestamptz") for one in self.asked)
        return f"({_SQL[self.prefix].format(t=t, start=start, end=end)})"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        compare = _HOLDS[self.prefix]
        return any(
            compare(Span(e.start, e.end), self.asked) for e in entries.dates if e.number == self.number
        )


_FROM_START, _BEFORE_END, _BEFORE_START = ("eq",), ("eq", "le", "ap"), ("lt",)
"""Prefixes that bound the start of a time by the start or the end of the one that was asked for."""


@dataclass(frozen=True, slots=True)
class DatedMainly:
    """The same of the main date, which stands in the table ``search``."""

    dated: Dated

    def bounds(self, statement: Statement, column: str) -> list[str]:
        """What follows from it for the start alone, which stands in ``column``: where an index is read."""
        start, end = self.dated.asked
        found = []
        if self.dated.prefix in _FROM_START:
            found.append(f"{column} >= {statement.value(start, 'timestamptz')}")
        if self.dated.prefix == "sa":
            found.append(f"{column} >= {statement.value(end, 'timestamptz')}")
        if self.dated.prefix in _BEFORE_END:
            found.append(f"{column} < {statement.value(end, 'timestamptz')}")
        if self.dated.prefix in _BEFORE_START:
            found.append(f"{column} < {statement.value(start, 'timestamptz')}")
        return found

    def sql(self, statement: Statement, of: str) -> str:
        """See ``tree.Node``."""
        return self.dated.compared(statement, of)

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return self.dated.holds(entries)

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return False


@dataclass(frozen=True, slots=True)
class SomeDate(_Time):
    """There is a time."""

    number: int

    def condition(self, statement: Statement, t: str) -> str:
        """See ``InTable``."""
        return f"{t}.number = {statement.value(self.number, 'smallint')}"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number for e in entries.dates)


@dataclass(frozen=True, slots=True)
class SomeMainDate:
    """There is a main date."""

    number: int

    def sql(self, statement: Statement, of: str) -> str:  # noqa: ARG002
        """See ``tree.Node``."""
        return f"{of}.starts is not null"

    def holds(self, entries: Entries) -> bool:
        """See ``tree.Node``."""
        return any(e.number == self.number for e in entries.dates)

    def selective(self, common: Common) -> bool:  # noqa: ARG002
        """See ``tree.Node``."""
        return False


def read_date(number: int, name: str, text: str, *, main: bool) -> Dated | DatedMainly:
    """The condition of one value. Raises BadValue."""
    dated = Dated(number, *read_prefixed(name, text))
    return DatedMainly(dated) if main else dated


def read_prefixed(name: str, text: str) -> tuple[str, Span]:
    """(prefix, the time that is meant); ap widens it by its own width to both sides. Raises BadValue."""
    prefix, date = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    if prefix not in PREFIXES:
        raise BadValue(f"{name} has a prefix that there is not: {' '.join(PREFIXES)} are.")
    # Many clients send +07:00 as it stands, and a + in an address is a space.
    asked = span(date.replace(" ", "+"))
    if asked is None:
        raise BadValue(f"{name} must be a date, like ge2024-05-10 or gt2024-05-10T08:00:00.000Z.")
    return prefix, _widened(asked) if prefix == "ap" else asked


def _widened(asked: Span) -> Span:
    """By its width to both sides, within what dates can say."""
    width = asked.end - asked.start
    return Span(
        asked.start - min(width, asked.start - FIRST),
        asked.end + min(width, LAST - asked.end),
    )
