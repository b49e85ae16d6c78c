"""Waiting for a condition instead of for a while."""

import time
from collections.abc import Callable
from pathlib import Path

GIVE_UP_SECONDS = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Returns as soon as `condition` holds; fails when it never does."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {GIVE_UP_SECONDS:g} s in vain: {what}"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether process `pid` has ended (a zombie that nobody has waited for counts as ended)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def processes_in(directory: Path) -> list[int]:
    """The processes whose working directory is `directory` or lies in it."""
    return [pid for pid in _all_processes() if directory in _and_parents(_working_directory(pid))]


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _working_directory(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _and_parents(place: Path | None) -> list[Path]:
    return [] if place is None else [place, *place.parents]
