"""Progress: what an import tells while it runs, and the bar that shows it."""

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from backbone.importing.refusals import Refusal


class Progress(Protocol):
    """Somebody who wants to know how far an import is. ``note`` may be called from any thread."""

    def begin(self, size: int) -> None:
        """The documents have ``size`` bytes in all."""

    def advance(self, size: int, resources: int) -> None:
        """So many more bytes are dealt with, and so many more resources are stored."""

    def refuse(self, refusal: Refusal) -> None:
        """Something was not stored."""

    def note(self, text: str) -> None:
        """Something that explains why nothing moves; empty when it moves again."""


class NoProgress:
    """For callers that do not want to know."""

    def begin(self, size: int) -> None:
        """Nothing."""

    def advance(self, size: int, resources: int) -> None:
        """Nothing."""

    def refuse(self, refusal: Refusal) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class ProgressBar:
    """A bar on standard error with bytes, resources, resources a second and time left.

    Refusals go to standard output as they come, above the bar where both are one terminal. To be used as a
    context.
    """

    def __init__(self, bar: Console | None = None, lines: Console | None = None) -> None:
        self._lines = lines or Console()
        self._bars = Bars(
            TextColumn("import"),
            BarColumn(),
            TaskProgressColumn(),
            DownloadColumn(binary_units=True),
            TextColumn("{task.fields[resources]:,} resources, {task.fields[speed]:,.0f}/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=bar or Console(stderr=True),
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bars.add_task(
            "import", total=None, resources=0, speed=0.0, note="reading the paths"
        )
        self._resources = 0
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, size: int) -> None:
        """Sets the length of the bar, in bytes."""
        self._since = time.monotonic()
        self._bars.update(self._task, total=size, note="")

    def advance(self, size: int, resources: int) -> None:
        """Moves the bar."""
        self._resources += resources
        speed = self._resources / max(time.monotonic() - self._since, 0.001)
        self._bars.update(self._task, advance=size, resources=self._resources, speed=speed, note="")

    def refuse(self, refusal: Refusal) -> None:
        """Prints a refusal."""
        where = self._bars.console if self._lines.is_terminal else self._lines
        where.print(str(refusal), markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Shows a text at the end of the bar."""
        self._bars.update(self._task, note=text)
