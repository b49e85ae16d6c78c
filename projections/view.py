"""What a view is: a pure function from a prefix of the log to rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import psycopg

from streams.recorded_fact import RecordedFact

Connection = psycopg.Connection[Any]


class Digested(NamedTuple):
    """How the rows of a table ``t`` are compared between generations.

    subject: SQL expression of the citizen a row belongs to, as text. columns: SQL expressions that make up
    the row's meaning, comma-separated; never surrogate keys. owner: the table to whose rows, ``o``, those of
    ``t`` are tied by ``pk``. outside: column that is not compared -> the reason.
    """

    subject: str
    columns: str
    owner: str | None = None
    outside: Mapping[str, str] = MappingProxyType({})


class View(Protocol):
    """One read model.

    Rows depend on the facts alone: no clock, no random numbers, no reads outside the view's own tables, the
    same rows whatever the batches were. Each generation of a view lives in its own PostgreSQL schema,
    ``<name>_<generation>``; while projecting, that schema is first on the search path, so the view's SQL
    names its tables without a schema. Readers use ``<name>.<table>``: SQL views over the tables of the
    serving generation (generations.py).
    """

    @property
    def name(self) -> str:
        """Name of the view and of the schema that readers use."""
        ...

    @property
    def code_version(self) -> int:
        """Raised whenever the same facts give other rows than before, or the tables are others."""
        ...

    @property
    def schema(self) -> Path:
        """The .sql file that makes the tables and indexes of one generation, without naming a schema."""
        ...

    @property
    def tables(self) -> Mapping[str, Digested]:
        """Every table that readers may use."""
        ...

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Writes the rows of ``facts`` within the open transaction of ``connection``.

        The facts are in order of position; those of parked citizens are left out. What is raised here
        parks the citizen of the fact when it is the fact's fault (faults.py).
        """
        ...
