"""Commands for the log that Kafka keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from backbone import wiring
from backbone.errors import Refused
from backbone.event_log import way
from backbone.progress import progress_bar
from backbone.settings import load
from projections.rebuild import Progress
from streams import relay
from streams.event_log import LogDamaged, LogMisconfigured, LogUnreachable

Refill = Annotated[
    bool,
    typer.Option(
        "--refill", help="Write to the topic what it lacks of the store, also when it is new, and end."
    ),
]


def relay_command(refill: Refill = False) -> None:
    """Carry facts from the store to Kafka until told to stop.

    One relay works, others stand by. It makes the topic when there is none, and refuses one that would lose
    facts.
    """
    settings = load()
    if not refill:
        wiring.relay(settings)
        return
    to = way(settings, wiring.database_url(settings))
    with progress_bar(f"writing to {to.topic.name}") as bar, log_reasons():
        position = relay.refill(to, lambda position, end: bar(Progress(position, end)))
    typer.echo(f"topic {to.topic.name} has every fact up to position {position}")


@contextmanager
def log_reasons() -> Iterator[None]:
    """What keeps the log from being used, as refusals."""
    try:
        yield
    except relay.Relayed:
        raise Refused("a relay is at work: stop it first, or leave the rest to it") from None
    except (LogUnreachable, LogMisconfigured, LogDamaged) as error:
        raise Refused(str(error)) from None
