"""How far a generation has come, shown on the screen."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from projections.rebuild import Progress

WAITS = (
    "it waits for a transaction that has read the view to end: `select * from pg_stat_activity` shows which"
)


class _FactsPerSecond(ProgressColumn):
    """How fast the log is read."""

    def render(self, task: Task) -> Text:
        """The speed of the whole when it is over, of the last while before."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} facts/s")


class Bar:
    """Shows how far a generation has come."""

    def __init__(self, bars: Bars, what: str) -> None:
        self._bars = bars
        self._said = False
        self._task = bars.add_task(what, total=None)

    def __call__(self, come: Progress) -> None:
        """It has come so far, or waits; the latter is said once."""
        if come.waits and not self._said:
            self._said = True
            self._bars.console.print(WAITS)
        self._bars.update(self._task, completed=come.position, total=come.end)

    def finish(self) -> None:
        """The last facts went unreported while both generations stood still."""
        self._bars.update(self._task, completed=self._bars.tasks[0].total)


@contextmanager
def progress_bar(what: str) -> Iterator[Bar]:
    """A bar on standard error after ``what``, which is also said at the start where nobody sees it grow."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(what)
    text, speed = TextColumn("{task.description}"), _FactsPerSecond()
    columns = (text, BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    with Bars(*columns, console=console) as bars:
        bar = Bar(bars, what)
        yield bar
        bar.finish()
