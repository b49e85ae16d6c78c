"""Commands for the log that Kafka keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from backbone import wiring
from backbone.at_hand import at_hand
from backbone.errors import Refused
from backbone.event_log import NO_KAFKA, way
from backbone.progress import progress_bar
from backbone.settings import Settings, load
from ehr.encoding import SchemaTooNew as FactTooNew
from ehr.event_store.connections import RecordTrouble, is_lost
from ehr.event_store.lease import HeldByAnotherRole
from ehr.event_store.migrations import SchemaTooNew
from ehr.event_store.restoring import Overtaken
from projections.rebuild import Progress
from streams import relay
from streams.event_log import LogDamaged, LogMisconfigured, LogUnreachable
from streams.restoring import Parted, restore

FromLog = Annotated[
    bool, typer.Option("--from-log", help="From the topic: the only place there is to restore from.")
]
Refill = Annotated[
    bool,
    typer.Option(
        "--refill", help="Write to the topic what it lacks of the store, also when it is new, and end."
    ),
]
Leave = Annotated[
    bool,
    typer.Option(
        "--leave", help="Let the record keep its log itself again, and end. The topic stays as it is."
    ),
]


def relay_command(refill: Refill = False, leave: Leave = False) -> None:
    """Carry facts from the store to Kafka until told to stop.

    One relay works, others stand by. It makes the topic when there is none, and refuses one that would lose
    facts.
    """
    settings = load()
    if leave:
        with log_reasons():
            relay.leave(wiring.database_url(settings))
        typer.echo("the record keeps its log itself now: start everything without EHR_LOG=kafka")
        return
    if not refill:
        wiring.relay(settings)
        return
    to = way(settings, wiring.database_url(settings))
    with progress_bar(f"writing to {to.topic.name}") as bar, log_reasons():
        position = relay.refill(to, lambda position, end: bar(Progress(position, end)))
    typer.echo(f"topic {to.topic.name} has every fact up to position {position}")


def restore_command(from_log: FromLog = False) -> None:
    """Bring the store what it lacks of the log: a new, empty one everything, an older backup the rest.

    Refused where both differ. Nothing else is written meanwhile, nor before a relay has compared both. Safe
    to repeat; after an interruption it goes on. What is kept on this machine is started for it when `ehr run`
    is not at work.
    """
    if not from_log:
        raise Refused("say where from: ehr restore --from-log")
    wished = load()
    _require_kafka(wished)
    with log_reasons(), at_hand(wished, new=True) as (settings, url):
        to = way(settings, url)
        wiring.migrate_store(url)
        with progress_bar(f"restoring from {to.topic.name}") as bar:
            position = restore(to, lambda position, end: bar(Progress(position, end)))
    typer.echo(f"the store has every fact of topic {to.topic.name} up to position {position}")


def _require_kafka(settings: Settings) -> None:
    """Refuses where no broker is named or lies here, before anything is made that would stay."""
    if settings.log != "kafka" or not (settings.kafka or (settings.data / "kafka").exists()):
        raise Refused(NO_KAFKA)


@contextmanager
def log_reasons() -> Iterator[None]:
    """What keeps the log from being used, as refusals."""
    try:
        yield
    except relay.Relayed:
        raise Refused(
            "a relay, a refill or another restore is at work: stop it first, or leave the rest to it"
        ) from None
    except Parted as parted:
        raise Refused(
            f"store and log differ from position {parted.position} on: only a new, empty database can be "
            "restored from this log; name it in EHR_DATABASE_URL"
        ) from None
    except Overtaken:
        raise Refused("something else has written to the store meanwhile: stop it first") from None
    except SchemaTooNew:
        raise Refused("newer code has migrated this database: use that code, or a backup") from None
    except FactTooNew as error:
        raise Refused(f"newer code has written facts: use that code ({error})") from None
    except RecordTrouble as error:
        what = "cannot be reached" if is_lost(error) else "could not do it"
        raise Refused(f"the database {what} ({type(error).__name__}); try again") from None
    except (LogUnreachable, LogMisconfigured, LogDamaged, HeldByAnotherRole) as error:
        raise Refused(str(error)) from None
