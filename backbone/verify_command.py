"""`ehr verify`: whether log, store and views say the same."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from backbone import wiring
from backbone.at_hand import at_hand
from backbone.errors import Refused
from backbone.event_log import open_log_alone, way
from backbone.log_commands import log_reasons
from backbone.progress import progress_bar
from backbone.settings import Settings, load
from backbone.view_commands import view_reasons
from ehr.dates import ZONE
from ehr.event_store.verifying import TABLES, verify_store
from projections import rebuild
from projections.rebuild import Progress
from streams.event_log import LogDamaged
from streams.verifying import compare

NoViews = Annotated[
    bool, typer.Option("--no-views", help="Leave the views out: each is built a second time to be compared.")
]
EQUAL, DIFFERENT, NOT_DONE = range(3)


def verify_command(no_views: NoViews = False) -> None:
    """Compare log, store and views.

    With Kafka, every record of the topic with the fact in the store; then what the store keeps beside its
    facts with what follows from them; then each view with a fresh replay of the log, which takes the same
    space once more until it is over. Everything goes on meanwhile. The first difference of each kind is told.
    Exit code 0: equal, or the log or a view lags behind; 1: different; 2: it could not be done. What is kept
    on this machine is started for it when `ehr run` is not at work.
    """
    with _not_done():
        settings = load()
        ZONE.use(settings.zone)
        with at_hand(settings) as (settings, url):
            wiring.require_record(url)
            lines = [*_log(settings, url), *_store(url), *(() if no_views else _views(settings, url))]
    if lines:
        raise typer.Exit(DIFFERENT)


@contextmanager
def _not_done() -> Iterator[None]:
    try:
        with _interruptible(), log_reasons():
            yield
    except KeyboardInterrupt:
        typer.echo("ehr: it was interrupted", err=True)
        raise typer.Exit(NOT_DONE) from None
    except Refused as reason:
        typer.echo(f"ehr: {reason}", err=True)
        raise typer.Exit(NOT_DONE) from None
    except Exception as error:
        # Nothing unforeseen may be taken for a difference; and its text may name somebody.
        typer.echo(f"ehr: it was ended by {type(error).__name__}", err=True)
        raise typer.Exit(NOT_DONE) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM is an interruption like Ctrl-C: what was made to be compared is dropped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _log(settings: Settings, url: str) -> list[str]:
    if settings.log == "embedded":
        return []
    to = way(settings, url)
    with _bar("reading the log") as told:
        compared = compare(to, told)
    if compared.lags:
        typer.echo(
            f"the log lags: it has facts up to position {compared.position}, the store up to {compared.end}"
        )
    found = [(what, count) for _, what, count in compared.findings]
    return _told("log", f"equal up to position {compared.position}", found)


def _store(url: str) -> list[str]:
    with _bar("folding the facts") as told:
        verified = verify_store(url, told)
    found = [(f"position {first.position}: {first.reason}", times) for first, times in verified.flaws]
    for table, count in verified.tables.items():
        found.append((f"record.{table}: of {count} {TABLES[table]} it is not what the facts say", 1))
    return _told("store", f"follows from its facts up to position {verified.position}", found)


def _views(settings: Settings, url: str) -> list[str]:
    found: list[str] = []
    for name in wiring.VIEWS:
        found += _view(settings, url, name)
    return found


def _view(settings: Settings, url: str, name: str) -> list[str]:
    view, bar = wiring.view_named(name), progress_bar(f"replaying {name}")
    with closing(open_log_alone(settings, url)) as log, bar as shown, view_reasons(name):
        try:
            position, end, differences = rebuild.verify(view, log, url, shown)
        except LogDamaged as damage:
            return _told(name, "", [(f"cannot be replayed: {damage}", 1)])
    if position < end:
        typer.echo(f"{name} lags: it shows facts up to position {position}, the log has them up to {end}")
    found = [
        (f"{name}.{table}: of {citizens} citizens not what the log says; rows: {here}, replayed {new}", 1)
        for table, citizens, (here, new) in differences
    ]
    return _told(name, f"is what the log says up to position {position}", found)


def _told(what: str, equal: str, found: Iterable[tuple[str, int]]) -> list[str]:
    """Tells the first difference of each kind, with their number; gives what it has told, nothing when there
    is none."""
    lines = [first + (f" (and {count - 1} more of this kind)" if count > 1 else "") for first, count in found]
    for line in lines or [equal]:
        typer.echo(f"{what}: {line}")
    return lines


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    with progress_bar(what) as bar:
        yield lambda position, end: bar(Progress(position, end))
