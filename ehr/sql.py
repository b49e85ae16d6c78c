"""Named SQL statements in .sql files beside the code that uses them.

A file holds blocks: a line ``-- name: some_name``, comment lines that say what it is for, one statement.
"""

import re
from pathlib import Path

_BLOCK = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def load_queries(path: Path) -> dict[str, str]:
    """name -> statement of every block of the file. Raises ValueError for a name that stands twice."""
    parts = _BLOCK.split(path.read_text(encoding="utf8"))
    queries: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name in queries:
            raise ValueError(f"{path.name}: {name} stands twice")
        queries[name] = text.strip().rstrip(";")
    return queries
