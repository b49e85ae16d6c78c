"""Results over time: one series for each thing that was measured, in each unit that it was measured in."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from ehr.dates import local_day, span
from projections.health_record.entry import Coded, Entry
from projections.health_record.kinds import Measure, Result
from projections.health_record.order import newest_first

_WHOLE_DAY = len("2026-05-31")


class Point(NamedTuple):
    """One value, the result it comes from, and its day in Vietnam: ``2026-05-31``, a partial date as it is,
    '' where none is known."""

    measure: Measure
    result: Result
    day: str

    @property
    def seconds(self) -> int | None:
        """When it was measured, in seconds since 1970; None where the day is not known."""
        meant = span(self.result.at) if self.result.at and len(self.day) == _WHOLE_DAY else None
        return int(meant.start.timestamp()) if meant else None

    @property
    def flag(self) -> str | None:
        """As the facility judged the value; where it has not, H or L beyond the range that it stated."""
        return self.measure.flag or _beyond(self.measure)


class Series(NamedTuple):
    """Values that may be compared and joined by a line. token: names the series in addresses. points: newest
    first, never empty."""

    token: str
    points: list[Point]

    @property
    def latest(self) -> Point:
        """The newest value."""
        return self.points[0]

    @property
    def code(self) -> Coded:
        """What was measured, as it was called last."""
        return self.latest.measure.code

    @property
    def unit(self) -> str | None:
        """As it was printed last."""
        return self.latest.measure.unit

    @property
    def judged(self) -> Measure | None:
        """The newest value with a reference range."""
        return next((point.measure for point in self.points if point.measure.usual), None)

    @property
    def limits(self) -> tuple[str | None, str | None]:
        """(low, high) of the reference range in digits, where every value was judged by the same."""
        stated = {(one.measure.low, one.measure.high) for one in self.points} - {(None, None)}
        return stated.pop() if len(stated) == 1 else (None, None)

    @property
    def category(self) -> str:
        """vital-signs, laboratory, …; '' where none is stated."""
        return self.latest.result.category or ""

    @property
    def numeric(self) -> bool:
        """Whether there is anything to draw: two numbers on known days."""
        return sum(point.measure.numeric and point.seconds is not None for point in self.points) > 1


class Row(NamedTuple):
    """A series in a grid. cells: its values on each day of the grid, newest first."""

    series: Series
    cells: list[list[Point]]


class Grid(NamedTuple):
    """Series as rows, days as columns, newest first. earlier: there are days before these."""

    rows: list[Row]
    days: list[str]
    earlier: bool


def series_of(results: Iterable[Result]) -> list[Series]:
    """All series, the most recently measured first."""
    found: dict[tuple[str, ...], list[Point]] = {}
    for result in newest_first(results):
        day = day_of(result)
        for measure in result.measures:
            if measure.value is not None or measure.absent is not None:
                found.setdefault(_key(measure), []).append(Point(measure, result, day))
    return [Series(_token(key), points) for key, points in found.items()]


def grid_of(series: Sequence[Series], days: int, before: str | None = None) -> Grid:
    """The newest ``days`` days on which anything was measured; before: only days before this one, and only
    the series that have values then."""
    known = sorted({point.day for one in series for point in one.points if point.day}, reverse=True)
    wanted = [day for day in known if before is None or day < before]
    rows = [_row(one, wanted[:days]) for one in series]
    return Grid([row for row in rows if before is None or any(row.cells)], wanted[:days], len(wanted) > days)


def _row(series: Series, days: Sequence[str]) -> Row:
    by_day: dict[str, list[Point]] = {day: [] for day in days}
    for point in series.points:
        if point.day in by_day:
            by_day[point.day].append(point)
    return Row(series, list(by_day.values()))


def day_of(entry: Entry) -> str:
    """Day in Vietnam as ``2026-05-31``; a partial date as it is; '' where there is none."""
    return local_day(entry.at) if entry.at else ""


def _key(measure: Measure) -> tuple[str, ...]:
    """What makes two values comparable: the same code, the same unit, both numbers or both words."""
    code = measure.code
    name = (code.system or "", code.code) if code.code else ("", (code.text or "").casefold())
    return (*name, measure.unit_code or "", "number" if measure.numeric else "words")


def _token(key: tuple[str, ...]) -> str:
    return blake2b("\0".join(key).encode(), digest_size=8).hexdigest()


def _beyond(measure: Measure) -> str | None:
    if not measure.numeric or measure.value is None or measure.comparator:
        return None
    value = Decimal(measure.value)
    if measure.low is not None and value < Decimal(measure.low):
        return "L"
    return "H" if measure.high is not None and value > Decimal(measure.high) else None
