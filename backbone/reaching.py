"""A program that starts while the database is away waits for it."""

import time
from collections.abc import Callable

import structlog

from backbone.errors import Refused
from ehr.event_store.connections import (
    Connection,
    DatabaseError,
    RecordTrouble,
    connect,
    has_no_database,
    is_stranger,
)

PAUSE_SECONDS = 1.0
SAY_SECONDS = 60.0  # Between two log lines about the same trouble.

log = structlog.get_logger()


def at_database(url: str, work: Callable[[Connection], None], is_over: Callable[[], bool]) -> bool:
    """Does ``work`` on a connection as soon as the database can be reached; False when it is over before.
    Refuses what no waiting mends."""
    says_at = 0.0
    while not is_over():
        try:
            with connect(url) as connection:
                work(connection)
            return True
        except RecordTrouble as error:
            _require_welcome(error)
            if time.monotonic() > says_at:
                log.warning("the database is in trouble, trying again", kind=type(error).__name__)
                says_at = time.monotonic() + SAY_SECONDS
        time.sleep(PAUSE_SECONDS)
    return False


def _require_welcome(error: DatabaseError) -> None:
    if is_stranger(error):
        raise Refused(
            "the database server does not let this role in, or not with this password: name both in "
            "EHR_DATABASE_URL as the server has them, and let its pg_hba.conf allow them"
        ) from None
    if has_no_database(error):
        raise Refused(
            "the database server has no database of this name: name another one in EHR_DATABASE_URL, or make "
            "it (`createdb`), and then its record (`ehr migrate`)"
        ) from None
