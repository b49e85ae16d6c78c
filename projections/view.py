"""What a view is: a pure function from a prefix of the log to rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psycopg

from streams.recorded_fact import RecordedFact

Connection = psycopg.Connection[tuple[object, ...]]


class View(Protocol):
    """One read model.

    Rows depend on the facts alone: no clock, no random numbers, no reads outside the view's own tables, the
    same rows whatever the batches were. Each generation of a view lives in its own PostgreSQL schema,
    ``<name>_<generation>``; while projecting, that schema is first on the search path, so the view's SQL
    names its tables without a schema. Readers use ``<name>.<table>``: views that point to the serving
    generation (generations.py).
    """

    name: str
    """Name of the view and of the schema that readers use."""

    code_version: int
    """Raised whenever the same facts give other rows than before."""

    schema: Path
    """The .sql file that makes the tables of one generation."""

    digests: Mapping[str, str]
    """Table -> SQL expression list (columns in order) that the digest covers; never surrogate keys."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Writes the rows of ``facts``, which are in order and contain whole flushes (but for facts of
        parked citizens, which are left out), within the open transaction of ``connection``."""
        ...
