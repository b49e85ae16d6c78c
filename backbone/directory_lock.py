"""One process at a time owns a directory: a lock that the kernel releases when the process dies."""

import fcntl
import os
from pathlib import Path

from backbone.errors import Refused


class DirectoryInUse(Refused):
    """Another process runs the server of this directory."""


class NotAllowed(Refused):
    """The directory belongs to another user."""


class DirectoryLock:
    """The lock of `home`, taken when this is made. Its file names the owner and bears a note of his."""

    def __init__(self, home: Path) -> None:
        try:
            self._file = (home / "lock").open("a+")
        except PermissionError:
            raise not_allowed(home) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner, _ = self._read()
            self._file.close()
            raise DirectoryInUse(f"{home} is in use by process {owner or 'unknown'}") from None

    def note(self) -> str:
        """What the last owner noted for whoever has to clear up after him; empty when he left in order."""
        _, note = self._read()
        return note

    def write(self, note: str = "") -> None:
        """Names this process as the owner, with a note of what it will leave behind if it is killed."""
        self._file.truncate(0)
        self._file.write(f"{os.getpid()} {note}")
        self._file.flush()

    def release(self) -> None:
        """Gives the directory free."""
        self._file.truncate(0)
        self._file.close()

    def _read(self) -> tuple[str, str]:
        self._file.seek(0)
        owner, _, note = self._file.read().partition(" ")
        return owner, note


def not_allowed(home: Path) -> NotAllowed:
    """The refusal of a directory that another user owns."""
    return NotAllowed(f"{home} belongs to another user: choose another EHR_DATA")
