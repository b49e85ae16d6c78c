"""A program that starts while the database is away waits for it."""

import time
from collections.abc import Callable

import structlog

from ehr.event_store.connections import Connection, DatabaseTrouble, connect

PAUSE_SECONDS = 1.0
SAY_SECONDS = 60.0  # Between two log lines about the same trouble.

log = structlog.get_logger()


def at_database(url: str, work: Callable[[Connection], None], is_over: Callable[[], bool]) -> bool:
    """Does ``work`` on a connection as soon as the database can be reached; False when it is over before."""
    says_at = 0.0
    while not is_over():
        try:
            with connect(url) as connection:
                work(connection)
            return True
        except DatabaseTrouble as error:
            if time.monotonic() > says_at:
                log.warning("the database is in trouble, trying again", kind=type(error).__name__)
                says_at = time.monotonic() + SAY_SECONDS
        time.sleep(PAUSE_SECONDS)
    return False
