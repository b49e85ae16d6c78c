"""Numbered migrations, applied once each, in order, under a lock.

``migrations/0001_….sql`` and on; ``schema.sql`` is what they amount to, and a test proves it.
"""

import re
from pathlib import Path
from typing import Any

import psycopg

from ehr.sql import load_queries

MIGRATIONS = Path(__file__).with_name("migrations")

_queries = load_queries(Path(__file__).with_name("migrations.sql"))


class SchemaTooNew(RuntimeError):
    """The database was migrated by newer code than this; use that code, or a backup."""


def migrate(connection: psycopg.Connection[Any], component: str, directory: Path = MIGRATIONS) -> list[str]:
    """Brings ``component`` to its newest schema; gives the names of the migrations that were applied now."""
    files = sorted(directory.glob("[0-9]*_*.sql"))
    with connection.transaction():
        for name in ("lock", "make_schema", "make_ledger"):
            connection.execute(_queries[name])
        rows = connection.execute(_queries["read_applied"], [component])
        applied = {row[0] for row in rows}
        if applied and max(applied) > len(files):
            raise SchemaTooNew(SchemaTooNew.__doc__)
        return [_apply(connection, component, file) for file in files if _number(file) not in applied]


def is_migrated(connection: psycopg.Connection[Any], component: str, directory: Path = MIGRATIONS) -> bool:
    """Whether ``component`` has its newest schema; nothing is changed."""
    try:
        with connection.transaction(force_rollback=True):
            return not migrate(connection, component, directory)
    except SchemaTooNew:
        return False


def _apply(connection: psycopg.Connection[Any], component: str, file: Path) -> str:
    connection.execute(file.read_bytes())
    connection.execute(_queries["add_applied"], [component, _number(file), file.stem])
    return file.stem


def _number(file: Path) -> int:
    return int(re.match(r"\d+", file.name).group())  # type: ignore[union-attr]
