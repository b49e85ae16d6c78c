"""Connections to PostgreSQL, all of one kind: autocommit, and times in UTC."""

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]

_OPTIONS = "-c timezone=UTC"


def connect(conninfo: str) -> Connection:
    """A new connection. Raises psycopg.OperationalError."""
    return psycopg.connect(conninfo, autocommit=True, options=_OPTIONS)


async def connect_async(conninfo: str) -> AsyncConnection:
    """A new connection for the event loop. Raises psycopg.OperationalError."""
    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True, options=_OPTIONS)
