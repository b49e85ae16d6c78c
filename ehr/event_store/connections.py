"""Connections to PostgreSQL, all of one kind: autocommit, and times in UTC."""

import re
from typing import Any

import psycopg
import psycopg.conninfo

Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]
DatabaseTrouble = psycopg.OperationalError
"""What every statement raises while the database cannot be reached."""

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


def is_lost(error: psycopg.OperationalError) -> bool:
    """Whether the connection is lost, or was not made: another one may go well. False for what the server
    says of a statement: a full disk, too little memory, a deadlock
    (https://www.postgresql.org/docs/17/errcodes-appendix.html)."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


_STRANGER = re.compile(
    r"FATAL: .*(authentication failed|pg_hba\.conf|role .* (does not exist|is not permitted to log in))"
)
_NO_DATABASE = re.compile(r"FATAL: .*database .* does not exist")


def is_stranger(error: psycopg.OperationalError) -> bool:
    """Whether the server does not let this role in, or not with this password. libpq tells no code of what
    keeps a connection from being made, only the server's words: those of other languages than English are
    not understood."""
    return bool(error.pgconn and error.pgconn.needs_password) or bool(_STRANGER.search(str(error)))


def has_no_database(error: psycopg.OperationalError) -> bool:
    """Whether the server has no database of this name; understood as above."""
    return bool(_NO_DATABASE.search(str(error)))


def connect(conninfo: str) -> Connection:
    """A new connection. Raises psycopg.OperationalError."""
    return psycopg.connect(conninfo, autocommit=True, options=_OPTIONS, **_NOTICES)


async def connect_async(conninfo: str) -> AsyncConnection:
    """A new connection for the event loop. Raises psycopg.OperationalError."""
    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True, options=_OPTIONS, **_NOTICES)
