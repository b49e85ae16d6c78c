"""How far the sending is: a bar on a terminal, elsewhere a plain line now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from simulation.feed import Counts

SECONDS_BETWEEN_LINES: Final = 10.0
Tell = Callable[[Counts], None]


@contextmanager
def telling(console: Console, total: int, clock: Callable[[], float] = monotonic) -> Iterator[Tell]:
    """What to call with the counts after each of `total` sendings. `clock` gives seconds."""
    with _bar(console, total, clock) if console.is_terminal else _lines(console, total, clock) as tell:
        yield tell


@contextmanager
def _bar(console: Console, total: int, clock: Callable[[], float]) -> Iterator[Tell]:
    columns = (
        TextColumn("Province"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    begun = clock()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total, figures="")

        def tell(counts: Counts) -> None:
            bar.update(task, completed=counts.done, figures=_figures(counts, clock() - begun))

        yield tell


@contextmanager
def _lines(console: Console, total: int, clock: Callable[[], float]) -> Iterator[Tell]:
    begun = told_at = clock()
    last = Counts()

    def tell(counts: Counts) -> None:
        nonlocal told_at, last
        now, last = clock(), counts
        if now - told_at >= SECONDS_BETWEEN_LINES:
            told_at = now
            left = (now - begun) / counts.done * (total - counts.done)
            say(f"{_figures(counts, now - begun)}, {counts.done / total:.0%}, {left:.0f} s left")

    def say(text: str) -> None:
        console.print(f"Province: {text}", highlight=False, soft_wrap=True)

    yield tell
    say(f"{_figures(last, clock() - begun)}, {len(last.refused)} refused")


def _figures(counts: Counts, seconds: float) -> str:
    rate = counts.resources / seconds if seconds > 0 else 0
    return f"{counts.resources:,} resources, {rate:,.0f}/s"
