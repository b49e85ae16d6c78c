"""`ehr rebuild`, `ehr switch` and `ehr parked`: what one does with views while they serve."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from backbone.errors import Refused
from backbone.settings import load
from backbone.wiring import VIEWS, database_url, view_named
from ehr.dates import ZONE
from ehr.event_store.connections import connect
from projections import parking, rebuild
from projections.rebuild import NoSuchGeneration, Progress
from streams.notification_log import NotificationLog

ViewName = Annotated[str, typer.Argument(metavar="VIEW", help=f"One of {', '.join(VIEWS)}.")]
Number = Annotated[int, typer.Argument(min=1, help="The number of the generation that is to serve.")]
Retry = Annotated[bool, typer.Option("--retry", help="Project their facts now that the cause is mended.")]


def rebuild_command(view: ViewName) -> None:
    """Build a view anew while the old one serves.

    A new generation is made from the log, compared with the one that serves, and takes its place. When they
    differ although the view's code is the same, nothing is switched and the exit code is 1.
    """
    url = _database()
    with closing(NotificationLog(url)) as log, _progress_bar(f"rebuilding {view}") as bar:
        result = rebuild.rebuild(view_named(view), log, url, bar)
    number = result.generation.number
    for table, citizens, (old, new) in result.differences:
        typer.echo(f"{view}.{table}: {citizens} citizens differ; rows: {old} before, {new} now")
    if not result.switched:
        typer.echo(f"not switched; to do it all the same: ehr switch {view} {number}")
        raise typer.Exit(1)
    typer.echo(f"generation {number} of {view} serves now")


def switch_command(view: ViewName, generation: Number) -> None:
    """Let another generation of a view serve.

    It catches up first: a new one that differs, or the former one to go back.
    """
    url = _database()
    with closing(NotificationLog(url)) as log, _progress_bar(f"catching up {view}") as bar:
        try:
            rebuild.switch(view_named(view), generation, log, url, bar)
        except NoSuchGeneration:
            raise Refused(f"{view} has no generation {generation}") from None
    typer.echo(f"generation {generation} of {view} serves now")


def parked_command(retry: Retry = False) -> None:
    """List citizens whose facts a view leaves out, and records that cannot be decoded.

    Each with its position and the reason. With --retry the resources that appear late are
    listed: readers with cursors have not seen them. The exit code is 1 when somebody is still parked.
    """
    url = _database()
    if retry:
        _retry(url)
    with connect(url) as connection:
        waiting, unreadable = parking.parked(connection), parking.quarantined(connection)
    for one in waiting:
        view = f"{one.view} generation {one.generation}"
        typer.echo(f"{view}: {one.subject} since {one.since_position}: {one.reason}")
    for record in unreadable:
        typer.echo(
            f"{record.view} generation {record.generation}: position {record.position}: {record.reason}"
        )
    typer.echo(f"{len(waiting)} parked, {len(unreadable)} quarantined")
    raise typer.Exit(1 if waiting else 0)


def _retry(url: str) -> None:
    with closing(NotificationLog(url)) as log:
        for name in VIEWS:
            released, _ = parking.retry(view_named(name), log, url)
            for one in released:
                typer.echo(f"{name}: {one.subject} taken up again; late: {' '.join(one.resources)}")


class _FactsPerSecond(ProgressColumn):
    """How fast the log is read."""

    def render(self, task: Task) -> Text:
        """The speed of the whole when it is over, of the last while before."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} facts/s")


class _Bar:
    """Shows how far a generation has come."""

    def __init__(self, bars: Bars, what: str) -> None:
        self._bars = bars
        self._task = bars.add_task(what, total=None)

    def __call__(self, come: Progress) -> None:
        self._bars.update(self._task, completed=come.position, total=come.end)

    def finish(self) -> None:
        """The last facts went unreported while both generations stood still."""
        self._bars.update(self._task, completed=self._bars.tasks[0].total)


def _database() -> str:
    """The URL of the database, once dates are read in the zone that its views are projected in."""
    settings = load()
    ZONE.use(settings.zone)
    return database_url(settings)


@contextmanager
def _progress_bar(what: str) -> Iterator[_Bar]:
    text, speed = TextColumn("{task.description}"), _FactsPerSecond()
    columns = (text, BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        bar = _Bar(bars, what)
        yield bar
        bar.finish()
