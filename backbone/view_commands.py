"""Commands for looking after views while they serve."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated
from uuid import UUID

import typer
from rich import filesize

from backbone.errors import Refused
from backbone.event_log import open_log
from backbone.log_commands import log_reasons
from backbone.progress import progress_bar
from backbone.settings import load
from backbone.wiring import VIEWS, database_url, view_named
from ehr.dates import ZONE
from ehr.event_store.connections import connect
from projections import parking, rebuild
from projections.generations import (
    Generation,
    Held,
    Kept,
    NoSuchGeneration,
    OtherCode,
    Serves,
    kept_generations,
)
from streams.event_log import EventLog
from streams.notification_log import NotificationLog

ViewName = Annotated[str, typer.Argument(metavar="VIEW", help=f"One of {', '.join(VIEWS)}.")]
Number = Annotated[int, typer.Argument(min=1, help="The number of the generation that is to serve.")]
Unneeded = Annotated[int, typer.Argument(min=1, help="The number of the generation that is not needed.")]
Retry = Annotated[bool, typer.Option("--retry", help="Project their facts now that the cause is mended.")]


def views_command() -> None:
    """List the generations of all views.

    Which one serves, how far each has come, its size. `unfinished` is what a rebuild has left that was
    interrupted or found differences; the next one removes it.
    """
    url = _database()
    with closing(NotificationLog(url)) as log, connect(url) as connection:
        end = log.end()
        for kept in kept_generations(connection):
            typer.echo(_described(kept, end))


def _described(kept: Kept, end: int) -> str:
    one = kept.generation
    state = "unfinished" if kept.state == "building" and not kept.held else kept.state
    come = f"position {one.position} of {end}, code version {one.code_version}"
    return f"{one.view} generation {one.number}: {state}, {come}, {filesize.decimal(kept.size)}"


def rebuild_command(view: ViewName) -> None:
    """Build a view anew while the old one serves.

    A new generation is made from the log, compared with the one that serves, and takes its place; the former
    one is kept. When they differ although the view's code is the same, nothing is switched and the exit code
    is 1.
    """
    made, url = view_named(view), _database()
    with _log(url) as log, progress_bar(f"rebuilding {view}") as bar, view_reasons(view):
        result = rebuild.rebuild(made, log, url, bar)
    _tell_dropped(view, result.dropped)
    number = result.generation.number
    for table, citizens, (old, new) in result.differences:
        typer.echo(f"{view}.{table}: {citizens} citizens differ; rows: {old} before, {new} now")
    if not result.switched:
        typer.echo(f"not switched; to do it all the same: ehr switch {view} {number}")
        raise typer.Exit(1)
    typer.echo(f"generation {number} of {view} serves now")


def switch_command(view: ViewName, generation: Number) -> None:
    """Let another generation of a view serve.

    It catches up first: a new one that differs, or the former one to go back. One that code of
    another version has built is refused.
    """
    made, url = view_named(view), _database()
    catching_up, reasons = progress_bar(f"catching up {view}"), view_reasons(view, generation)
    with _log(url) as log, catching_up as bar, reasons:
        dropped = rebuild.switch(made, generation, log, url, bar)
    _tell_dropped(view, dropped)
    typer.echo(f"generation {generation} of {view} serves now")


def drop_command(view: ViewName, generation: Unneeded) -> None:
    """Remove a generation of a view that does not serve.

    Its disk space is free afterwards; there is no going back to it.
    """
    made, url = view_named(view), _database()
    with view_reasons(view, generation):
        rebuild.drop(made, generation, url)
    _tell_dropped(view, [generation])


@contextmanager
def view_reasons(view: str, number: int = 0) -> Iterator[None]:
    """What keeps a view, or one of its generations, from being looked after, as refusals."""
    try:
        yield
    except NoSuchGeneration:
        gone = f"the generation that was to be of {view} was removed by another rebuild; try again"
        raise Refused(f"{view} has no generation {number}" if number else gone) from None
    except Serves:
        raise Refused(
            f"generation {number} of {view} serves; another one must take its place first"
        ) from None
    except OtherCode as other:
        raise Refused(_other_code(other.generation)) from None
    except Held:
        raise Refused(f"{view} is being rebuilt, switched or retried already; try again after that") from None


def _other_code(generation: Generation) -> str:
    name, built_by, own = generation.view, generation.code_version, view_named(generation.view).code_version
    return (
        f"generation {generation.number} of {name} was built by code version {built_by},"
        f" this is version {own}: use code of version {built_by}, or `ehr rebuild {name}`"
    )


def _tell_dropped(view: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        typer.echo(f"generation {number} of {view} is removed")


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
    with _log(url) as log:
        for name in VIEWS:
            late: parking.Late = {}
            released: set[UUID] = set()
            try:
                with view_reasons(name):
                    released |= {one.subject for one in parking.retry(view_named(name), log, url, late)[0]}
            finally:
                _tell_late(name, late, released)


def _tell_late(view: str, late: parking.Late, released: set[UUID]) -> None:
    """Also after an interruption: nobody could tell afterwards what has appeared."""
    for subject in released | late.keys():
        how = "taken up again" if subject in released else "taken up in part"
        typer.echo(f"{view}: {subject} {how}; late: {' '.join(sorted(late.get(subject, ())))}")


@contextmanager
def _log(url: str) -> Iterator[EventLog]:
    """The log in force; what keeps it from being read is a refusal."""
    with log_reasons(), closing(open_log(load(), url)) as log:
        yield log


def _database() -> str:
    """The URL of the database, once dates are read in the zone that its views are projected in."""
    settings = load()
    ZONE.use(settings.zone)
    return database_url(settings)
