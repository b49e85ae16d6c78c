"""Connections to PostgreSQL, all of one kind: autocommit, and times in UTC."""

import re
from typing import Any

import psycopg
import psycopg.conninfo

Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]
DatabaseError = psycopg.Error
RecordTrouble = (
    psycopg.OperationalError,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedFunction,
)
"""What statements raise while the database cannot be reached, or does not have the record: it is just being
put back, or older code has left it. No request is guilty of it, and time may heal it."""

_OPTIONS = "-c timezone=UTC"
_NOTICES: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Half a minute after the other machine or the way to it is gone, the connection is lost and no longer silent
(https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-KEEPALIVES)."""


def is_conninfo(text: str) -> bool:
    """Whether libpq can read it. What it says of one that it cannot repeats the text, with its password."""
    try:
        return bool(psycopg.conninfo.conninfo_to_dict(text))
    except psycopg.ProgrammingError:
        return False


def is_lost(error: DatabaseError) -> bool:
    """Whether the connection is lost, or was not made: another one may go well. False for what the server
    says of a statement: a full disk, too little memory, a deadlock
    (https://www.postgresql.org/docs/17/errcodes-appendix.html)."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


_STRANGER = re.compile(
    r"FATAL: +(password authentication failed|role .* (does not exist|is not permitted to log in)"
    r"|no pg_hba\.conf entry|pg_hba\.conf rejects)|no password supplied"
)
_NO_DATABASE = re.compile(r"FATAL: +database .* does not exist")


def is_stranger(error: DatabaseError) -> bool:
    """Whether the server does not let this role in, or not with this password; of several
    servers, none does. libpq tells no code of what keeps a connection from being made, only the servers'
    words: those of other languages than English are not understood."""
    return _all_say(_STRANGER, error)


def has_no_database(error: DatabaseError) -> bool:
    """Whether the server, or each of several, has no database of this name; understood as above."""
    return _all_say(_NO_DATABASE, error)


def _all_say(words: re.Pattern[str], error: DatabaseError) -> bool:
    """Whether every way to the database ended with such words: another one may just be starting."""
    failures = [line for line in str(error).splitlines() if "failed: " in line or "FATAL: " in line]
    return bool(failures) and all(map(words.search, failures))


def connect(conninfo: str) -> Connection:
    """A new connection. Raises psycopg.OperationalError."""
    return psycopg.connect(conninfo, autocommit=True, options=_OPTIONS, **_NOTICES)


async def connect_async(conninfo: str) -> AsyncConnection:
    """A new connection for the event loop. Raises psycopg.OperationalError."""
    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True, options=_OPTIONS, **_NOTICES)
