"""Draws how long searches take among more and more resources: docs/images/search-at-scale.svg.

Both axes are logarithmic: what grows as the data do goes straight up, and what does not grow is level.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import log
from pathlib import Path
from typing import NamedTuple

from benchmarks.searching.figures import DOCS, Runs
from benchmarks.searching.searches import SEARCHES

TARGET = DOCS / "images" / "search-at-scale.svg"

WIDTH, HEIGHT = 960, 700
LEFT, RIGHT, TOP, BOTTOM = 64, 590, 56, 630
"""Of the field in which the lines are."""

NAMES = RIGHT + 34
"""Where the names of the lines begin."""
NAME_HEIGHT = 19.0

MARKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Milliseconds that get a line across, as far as they are needed."""

COLOURS: dict[float | None, str] = {
    5: "#2c6e8f",
    15: "#5a8a3a",
    20: "#c2571a",
    80: "#7a4a9a",
    None: "#7d8b93",
}
"""By what must be met, in milliseconds, so that the eye finds what belongs together."""

INK, FAINT = "#17384a", "#d5e1e8"


class Line(NamedTuple):
    """points: (resources, milliseconds), in order of size."""

    name: str
    colour: str
    points: list[tuple[int, float]]


class Scale(NamedTuple):
    """From resources and milliseconds to places in the picture."""

    sizes: tuple[float, float]
    times: tuple[float, float]

    def x(self, size: float) -> float:
        """How far to the right."""
        return LEFT + (RIGHT - LEFT) * _share(size, *self.sizes)

    def y(self, time: float) -> float:
        """How far down."""
        return BOTTOM - (BOTTOM - TOP) * _share(time, *self.times)


def write(runs: Runs, target: Path = TARGET) -> None:
    """Draws every search of which there are figures of two sizes at least."""
    target.write_text(svg(lines_of(runs)), encoding="utf8")


def lines_of(runs: Runs) -> list[Line]:
    """Those that can be drawn."""
    points: dict[str, list[tuple[int, float]]] = {name: [] for name in SEARCHES}
    for _, run in sorted(runs.by_size.items()):
        for figure in run.figures:
            if figure.name in points and figure.p50:
                points[figure.name].append((run.resources, figure.p50))
    found = [Line(name, COLOURS[SEARCHES[name].must], line) for name, line in points.items()]
    return [line for line in found if len(line.points) > 1]


def svg(lines: Sequence[Line]) -> str:
    """The picture. Raises ValueError when there is nothing to draw."""
    if not lines:
        raise ValueError("there are no figures of two sizes: run with --write first")
    scale = scale_of(lines)
    return "\n".join([*_head(), *_frame(lines, scale), *_drawn(lines, scale), "</svg>", ""])


def scale_of(lines: Sequence[Line]) -> Scale:
    """Wide enough for all, between two marks."""
    sizes = [size for line in lines for size, _ in line.points]
    times = [time for line in lines for _, time in line.points]
    least = max([mark for mark in MARKS if mark <= min(times)], default=MARKS[0])
    most = min([mark for mark in MARKS if mark >= max(times)], default=max(times))
    return Scale((min(sizes), max(sizes)), (min(least, min(times)), most))


def spread(wanted: Sequence[float]) -> list[float]:
    """Places for names, in the same order: as near to where each is wanted as can be without touching."""
    order = sorted(range(len(wanted)), key=lambda one: wanted[one])
    places = [0.0] * len(wanted)
    last = float("-inf")
    for one in order:
        last = places[one] = max(wanted[one], last + NAME_HEIGHT)
    last = float(BOTTOM) + NAME_HEIGHT  # What came too low goes up again.
    for one in reversed(order):
        last = places[one] = min(places[one], last - NAME_HEIGHT)
    return places


def _share(value: float, least: float, most: float) -> float:
    return log(value / least) / log(most / least) if most > least else 0.5


def _head() -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="14" role="img" aria-labelledby="title">'
    )
    yield '  <title id="title">How long searches take among more and more resources</title>'
    yield f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfdfe"/>'
    yield _text(20, 30, "Milliseconds to the first page, median", "start", "600")
    for place, (must, colour) in enumerate(COLOURS.items()):
        text = f"≤ {must:g} ms" if must else "others"
        yield _text(NAMES + 66 * place, 30, text, "start", "600", colour)


def _frame(lines: Sequence[Line], scale: Scale) -> Iterator[str]:
    for mark in MARKS:
        if scale.times[0] <= mark <= scale.times[1]:
            y = scale.y(mark)
            yield f'  <path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{FAINT}"/>'
            yield _text(LEFT - 10, y + 5, f"{mark:g}", "end")
    for size in sorted({size for line in lines for size, _ in line.points}):
        x = scale.x(size)
        yield f'  <path d="M{x:.1f} {TOP}V{BOTTOM}" stroke="{FAINT}"/>'
        yield _text(x, BOTTOM + 24, f"{round(size, -3):,}", "middle")
    yield _text((LEFT + RIGHT) / 2, BOTTOM + 50, "resources", "middle")


def _drawn(lines: Sequence[Line], scale: Scale) -> Iterator[str]:
    ends = [scale.y(line.points[-1][1]) for line in lines]
    for line, end, place in zip(lines, ends, spread(ends), strict=True):
        places = [(scale.x(size), scale.y(time)) for size, time in line.points]
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        yield f'  <path d="M{way}" stroke="{line.colour}" stroke-width="2" fill="none"/>'
        yield from (f'  <circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"/>' for x, y in places)
        to_name = f"M{places[-1][0] + 5:.1f} {end:.1f}L{NAMES - 5} {place:.1f}"
        yield f'  <path d="{to_name}" stroke="{line.colour}" stroke-width="0.7" fill="none"/>'
        yield _text(NAMES, place + 5, f"{line.name} · {line.points[-1][1]:.1f}", "start", colour=line.colour)


def _text(x: float, y: float, text: str, anchor: str, weight: str = "400", colour: str = INK) -> str:
    how = f'text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'  <text x="{x:.1f}" y="{y:.1f}" {how}>{escape(text)}</text>'
