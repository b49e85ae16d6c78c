"""How a server process is brought to an end, whoever started it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

PAUSE_SECONDS = 0.02


def ended_after(process: subprocess.Popen[bytes], signal_number: signal.Signals, seconds: float) -> bool:
    """Whether the child `process` ends within `seconds` of the signal."""
    process.send_signal(signal_number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def works_in(pid: int, directory: Path) -> bool:
    """Whether process `pid` has `directory` as its working directory, as servers here have."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory.resolve()
    except OSError:
        return False


def workers_in(directory: Path) -> list[int]:
    """The processes that work in `directory`; none where the system has no `/proc`."""
    numbers = [entry.name for entry in Path("/proc").glob("[0-9]*")]
    return [int(number) for number in numbers if works_in(int(number), directory)]


def is_alive(pid: int) -> bool:
    """Whether there is a process `pid`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def end_by_id(pid: int, steps: Iterable[tuple[signal.Signals, float]]) -> bool:
    """Whether process `pid`, of another parent, ends after one of the signals, each with its seconds."""
    for signal_number, seconds in steps:
        deadline = time.monotonic() + seconds
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            return True
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return True
            time.sleep(PAUSE_SECONDS)
    return False
