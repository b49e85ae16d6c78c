"""The ledger: which submissions were stored already, so that a second import need not send them again.

A file to which lines are only ever added, each on disk before the next submission counts as done. It holds
hashes and numbers, no file names and nothing of a record. Losing it costs time and nothing else, as long as
the server remembers the Idempotency-Keys.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

PLACE = Path("import") / "ledger.jsonl"


class Line(msgspec.Struct):
    """One submission that was stored whole.

    base: the server's address. Of another address the ledger says nothing: it may be another record.
    """

    base: str
    key: str
    resources: int
    at: str


class Ledger:
    """The ledger in a data directory, for one server. To be used as a context, from one thread."""

    def __init__(self, data_directory: Path, base: str) -> None:
        self.path = data_directory / PLACE
        self._base = base
        self._stored: set[str] = set()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        content = self.path.read_bytes()
        self._stored = {
            line.key for line in map(_read, content.splitlines()) if line and line.base == self._base
        }
        if content and not content.endswith(b"\n"):
            self._write(b"\n")  # A line that was cut short stays alone.
        _sync_directory(self.path.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def __contains__(self, key: str) -> bool:
        return key in self._stored

    def add(self, key: str, resources: int) -> None:
        """Writes down that a submission was stored whole. On disk when it returns."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(msgspec.json.encode(Line(self._base, key, resources, at)) + b"\n")
        self._stored.add(key)

    def _write(self, line: bytes) -> None:
        written = os.write(self._file, line)
        if written != len(line):
            raise OSError(f"{self.path}: only {written} of {len(line)} bytes could be written")
        os.fsync(self._file)


def _read(line: bytes) -> Line | None:
    """None for a line that was cut short by a crash."""
    try:
        return msgspec.json.decode(line, type=Line)
    except msgspec.DecodeError:
        return None


def _sync_directory(directory: Path) -> None:
    """A new file is safe once its directory is."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
