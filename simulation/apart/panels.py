"""Holds the panels of charts against what was sent: every row and value, in their order, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from simulation.apart.expected import IMMUNISATIONS, LISTED, RESULTS, Expected, Line, Row
from simulation.apart.ledger import Ledger
from simulation.apart.page import Element, reads
from simulation.apart.proof import Tell, silent
from simulation.apart.sent import Sent
from simulation.apart.server import Server
from simulation.chance import chance_of

PANELS: Final = (*LISTED, RESULTS)
_FURTHER: Final = re.compile(r"[?&](from|before)=")
"""A link to what comes after the rows, or before the days, that a page shows."""

_SERIES: Final = re.compile(r"/series/\w+$")
KINDS: Final = ("missing", "foreign", "otherwise", "misplaced")
HEAD: Final = (
    "| panel | rows to tell | missing | foreign | told otherwise | misplaced |",
    "|---|---|---|---|---|---|",
)


class Fault(NamedTuple):
    """What a panel does not tell as it was sent. patient: whose chart was opened. what: one of KINDS. key: of
    what it is about. words: those that cannot be read there."""

    patient: str
    panel: str
    what: str
    key: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = f": {', '.join(self.words)}" if self.words else ""
        return f"Patient/{self.patient}, {self.panel}, {self.key} {self.what}{words}"


class _Told(NamedTuple):
    """A line of the grid as the page has it. cells: by day. series: address of all its values."""

    usual: str
    series: str
    cells: dict[str, str]


class _Grid(NamedTuple):
    """lines: by name. days: of all its pages, in order. groups: lines that stand below each other."""

    lines: dict[str, _Told]
    days: list[str]
    groups: list[list[str]]


@dataclass(slots=True)
class Held:
    """The panels of citizens against what was sent. patients: how many of theirs the charts span. apart:
    facts of theirs that belong to Patients whom nobody has linked with the one that was opened. rows: of each
    panel, those that were to be told."""

    citizens: int = 0
    patients: int = 0
    pages: int = 0
    apart: int = 0
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PANELS, 0))
    faults: list[Fault] = field(default_factory=list)

    @property
    def table(self) -> Iterator[str]:
        """Lines, a panel each."""
        yield from HEAD
        for panel, rows in self.rows.items():
            counts = (self.count(what, panel) for what in KINDS)
            yield f"| {panel} | {rows} | {' | '.join(map(str, counts))} |"

    @property
    def line(self) -> str:
        """In one line."""
        counts = ", ".join(f"{self.count(what)} {what}" for what in KINDS)
        of_whom = f"{self.citizens} citizens, {self.patients} Patients, {self.pages} pages"
        return f"{of_whom}: {sum(self.rows.values())} rows, {counts}; {self.apart} facts not linked"

    def add(self, chart: Chart) -> None:
        """What one chart has told."""
        self.pages += chart.pages
        self.faults += chart.faults
        for panel, rows in chart.rows.items():
            self.rows[panel] += rows

    def count(self, what: str, panel: str | None = None) -> int:
        """Faults of a kind."""
        return sum(one.what == what and panel in (None, one.panel) for one in self.faults)


def hold(
    server: Server,
    ledger: Ledger,
    sent: Sent,
    facilities: Mapping[str, str],
    citizens: Collection[str],
    tell: Tell = silent,
) -> Held:
    """Open the chart of each citizen, from any of their Patients. facilities: names by code."""
    held = Held()
    for citizen in citizens:
        known = sorted(ledger.registered[citizen].values())
        chart = Chart(server, chance_of(int(citizen), "opened").pick(known))
        own = {id_ for id_ in chart.patients() if ledger.who(id_) == citizen}
        stated = sent.of(citizen, own)
        chart.hold(Expected(stated, sent, facilities, datetime.now(UTC)))
        held.citizens += 1
        held.patients += len(own)
        held.apart += sent.number_of(citizen) - len(stated)
        held.add(chart)
        tell("panels", held.citizens, len(citizens))
    return held


def some(seed: int, ledger: Ledger, number: int) -> list[str]:
    """So many of the citizens whom somebody has registered, or all."""
    everybody = sorted(ledger.registered)
    return chance_of(seed, "charts").sample(everybody, min(number, len(everybody)))


class Chart:
    """The chart of a Patient. rows: to be told, by panel; pages: that were opened."""

    def __init__(self, server: Server, patient: str) -> None:
        self._server, self._patient = server, patient
        self.pages = 0
        self.rows: dict[str, int] = {}
        self.faults: list[Fault] = []

    def patients(self) -> set[str]:
        """Ids of those that are one person with this one."""
        told = self._server.everything(self._patient, only="Patient")
        return {key.removeprefix("Patient/") for key in told}

    def hold(self, expected: Expected) -> None:
        """All panels against what was sent."""
        for panel in LISTED:
            rows = expected.rows(panel)
            self.rows[panel] = len(rows)
            sections = list(self._sections(panel))
            self._compare(panel, rows, _listed(sections))
            self._order(panel, rows, lists_of(panel, sections))
        self._results(expected.lines)

    def _compare(self, panel: str, rows: Sequence[Row], told: Mapping[str, str]) -> None:
        """told: what is read about each resource."""
        known = {key for row in rows for key in row.keys}
        for key in sorted(told.keys() - known):
            self._fault(panel, "foreign", key)
        for row in rows:
            text = told.get(row.keys[0])
            if text is None:
                self._fault(panel, "missing", row.keys[0])
            elif unread := [words for words in row.words if not reads(text, words)]:
                self._fault(panel, "otherwise", row.keys[0], *unread)

    def _order(self, panel: str, rows: Sequence[Row], told: Iterable[Sequence[str]]) -> None:
        """told: what stands below each other."""
        ranks = {row.keys[0]: row.rank for row in rows}
        for key in misplaced(told, ranks):
            self._fault(panel, "misplaced", key)

    def _results(self, lines: Sequence[Line]) -> None:
        """The grid cell by cell, and the series of each line value by value."""
        self.rows[RESULTS] = sum(len(line.values) for line in lines)
        grid, known = self._grid(), {line.name: line for line in lines}
        newest = {name: line.values[0].begins for name, line in known.items()}
        days = {day: day.split("/")[::-1] for day in grid.days}
        for key in (*misplaced(grid.groups, newest), *misplaced([grid.days], days)):
            self._fault(RESULTS, "misplaced", key)
        for name in sorted(grid.lines.keys() - known.keys()):
            self._fault(RESULTS, "foreign", name)
        for name, line in known.items():
            if name not in grid.lines:
                self._fault(RESULTS, "missing", name)
                continue
            told = grid.lines[name]
            differs = sorted(line.cells.items() ^ told.cells.items())
            differs += [("", line.usual)] if line.usual != told.usual else []
            if differs:
                self._fault(RESULTS, "otherwise", name, *(f"{day} {cell}" for day, cell in differs))
            (series,) = self._open(told.series).find("section", _class="series")
            rows = [Row((value.key,), value.words, (True, value.begins)) for value in line.values]
            self._compare(RESULTS, rows, _read(series))
            self._order(RESULTS, rows, [list(_read(series))])

    def _grid(self) -> _Grid:
        """The grid of results, put together from all of its pages."""
        grid = _Grid({}, [], [])
        for section in self._sections(RESULTS):
            days = [part.text for head in section.find("thead") for part in head.find("th")][2:]
            grid.days.extend(days)
            for group in section.find("tbody"):
                grid.groups.append([self._line(row, days, grid) for row in group.find("tr") if _series(row)])
        return grid

    def _line(self, row: Element, days: Sequence[str], grid: _Grid) -> str:
        """Its name, once the grid has it. What is unfolded in a cell tells when it was recorded."""
        name, usual, *cells = (part.text_beside("details") for part in row.parts if isinstance(part, Element))
        told = grid.lines.setdefault(name, _Told(usual, _series(row), {}))
        told.cells.update((day, cell) for day, cell in zip(days, cells, strict=True) if cell)
        return name

    def _sections(self, panel: str) -> Iterator[Element]:
        """A panel, page by page."""
        path: str | None = f"/citizens/{self._patient}/panels/{panel}"
        while path:
            (section,) = self._open(path).find("section", id=panel)
            yield section
            links = (link.said.get("href", "") for link in section.find("a"))
            path = next(filter(_FURTHER.search, links), None)

    def _open(self, path: str) -> Element:
        self.pages += 1
        return self._server.page(path)

    def _fault(self, panel: str, what: str, key: str, *words: str) -> None:
        self.faults.append(Fault(self._patient, panel, what, key, words))


def lists_of(panel: str, sections: Sequence[Element]) -> list[list[str]]:
    """``Type/id`` of what stands below each other, the newest on top. Vaccinations stand in a grid as far as
    the schedule asks for them, and in tables beside it."""
    if panel != IMMUNISATIONS:
        return [list(_listed(sections))]
    tables = (table for section in sections for table in section.find("table"))
    return [list(_read(table)) for table in tables if "doses" not in table.said.get("class", "")]


def misplaced(lists: Iterable[Sequence[str]], ranks: Mapping[str, Any]) -> Iterator[str]:
    """What stands below something of a lower rank. ranks: of what is known."""
    for listed in lists:
        for above, below in pairwise(key for key in listed if key in ranks):
            if ranks[above] < ranks[below]:
                yield below


def _series(row: Element) -> str:
    """Address of the series of a line of the grid; "" for other rows."""
    links = (link.said.get("href", "") for link in row.find("a"))
    return next(filter(_SERIES.search, links), "")


def _listed(sections: Iterable[Element]) -> dict[str, str]:
    """What a panel reads about each resource, on all of its pages."""
    found: dict[str, str] = {}
    for section in sections:
        for key, text in _read(section).items():
            found[key] = f"{found.get(key, '')} {text}"
    return found


def _read(section: Element) -> dict[str, str]:
    """What its rows read about each resource."""
    found: dict[str, str] = {}
    for row in section.rows:
        for key in row.references:
            found[key] = f"{found.get(key, '')} {row.text}"
    return found
