"""Database and broker for one command: those that run, or this machine's own, started for its time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import typer

from backbone.embedded_kafka import EmbeddedKafka, running_servers
from backbone.embedded_postgres import EmbeddedPostgres, running_url
from backbone.settings import Settings
from backbone.wiring import database_url

say = partial(typer.echo, err=True)


@contextmanager
def at_hand(settings: Settings, *, new: bool = False) -> Iterator[tuple[Settings, str]]:
    """The settings by which the log is reached, and the URL of the database.

    new: whether a database is made where this machine has none. Raises Refused where none is named, runs or
    lies here.
    """
    with ExitStack() as started:
        yield _broker(settings, started), _database(settings, started, new)


def _database(settings: Settings, started: ExitStack, new: bool) -> str:
    directory = settings.data / "postgres"
    lies_here = new or directory.exists()
    if settings.database_url is not None or running_url(directory) or not lies_here:
        return database_url(settings)
    say("starting the embedded PostgreSQL for this command")
    return started.enter_context(EmbeddedPostgres(directory, log=say)).url


def _broker(settings: Settings, started: ExitStack) -> Settings:
    directory = settings.data / "kafka"
    if settings.log != "kafka" or settings.kafka or not directory.exists() or running_servers(directory):
        return settings
    say("starting the embedded Kafka for this command")
    servers = started.enter_context(EmbeddedKafka(directory, log=say)).servers
    return settings.model_copy(update={"kafka": servers, "kafka_replication": 1})
