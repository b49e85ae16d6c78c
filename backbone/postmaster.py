"""PostgreSQL's first server process over one cluster directory, watched through its file `postmaster.pid`.

The file's lines are: process id, cluster directory, start time, port, socket directory, listen address,
shared memory key, status (PostgreSQL source, `src/include/utils/pidfile.h`). Its status line says `ready`
when connections are taken.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from backbone.errors import Refused

PID, SOCKET_DIRECTORY, STATUS = 0, 4, 7
START_SECONDS = (
    600.0  # Recovery of a large log after a crash takes minutes, and interrupting it helps nobody.
)
FAST_STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 10.0
PAUSE_SECONDS = 0.02
STILL_IN_USE = "pre-existing shared memory block"


class StartFailed(Refused):
    """The PostgreSQL server did not start."""


class Postmaster:
    """The server process of the cluster directory `cluster`, whoever started it."""

    def __init__(self, cluster: Path) -> None:
        self._cluster = cluster
        self._pid_file = cluster / "postmaster.pid"
        self._first_words = cluster.parent / "start.log"

    def running_pid(self) -> int | None:
        """The process id of the server that works in this cluster now."""
        recorded = self._line(PID)
        if not recorded.isdecimal():
            return None
        return int(recorded) if _works_in(int(recorded), self._cluster) else None

    def socket_directory(self) -> Path | None:
        """Where the running server (or the last one that did not stop cleanly) keeps its socket."""
        recorded = self._line(SOCKET_DIRECTORY)
        return Path(recorded) if recorded else None

    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        return self._line(STATUS) == "ready" and self.running_pid() is not None

    def launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Runs `command`, which becomes the server, and returns when it takes connections."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            process = self._begin(command)
            try:
                ready = self._wait_until_ready(process, deadline)
            except BaseException:
                self.stop(process, immediately=False)
                raise
            if ready:
                return process
            self.stop(process, immediately=False)
            complaint = self._first_words.read_text(errors="replace").strip()
            # Processes of a server that was killed are still ending: they let go within moments.
            if STILL_IN_USE not in complaint or time.monotonic() > deadline:
                raise StartFailed(f"PostgreSQL did not start: {complaint}")
            time.sleep(PAUSE_SECONDS)

    def _begin(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self._first_words.open("wb") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"LC_ALL": "C"},
                start_new_session=True,
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while process.poll() is None and time.monotonic() < deadline:
            if self._line(PID) == str(process.pid) and self._line(STATUS) == "ready":
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def stop(self, process: subprocess.Popen[bytes], *, immediately: bool) -> None:
        """Stops the server that this process started: fast, and immediately when that takes too long."""
        if not immediately and _ended_after(process, signal.SIGINT, FAST_STOP_SECONDS):
            return
        if not _ended_after(process, signal.SIGQUIT, IMMEDIATE_STOP_SECONDS):
            process.kill()
            process.wait()

    def stop_leftover(self, log: Callable[[str], None]) -> None:
        """Stops a server whose owner died, and clears what it left. The caller holds the directory's lock."""
        pid = self.running_pid()
        if pid is not None:
            log(f"PostgreSQL: stopping process {pid}, whose owner is gone")
            _stop_by_id(pid)
        elif _is_alive(self._line(PID)):
            # Another program has the number by now, which PostgreSQL would take for a running server.
            self._pid_file.unlink()

    def _line(self, number: int) -> str:
        try:
            lines = self._pid_file.read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return ""
        return lines[number].strip() if number < len(lines) else ""


def _ended_after(process: subprocess.Popen[bytes], signal_number: signal.Signals, seconds: float) -> bool:
    process.send_signal(signal_number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _works_in(pid: int, directory: Path) -> bool:
    """Whether process `pid` works in `directory`, as a PostgreSQL server does in its cluster."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory.resolve()
    except OSError:
        return False


def _is_alive(pid: str) -> bool:
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _stop_by_id(pid: int) -> None:
    for signal_number, seconds in (
        (signal.SIGINT, FAST_STOP_SECONDS),
        (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
    ):
        os.kill(pid, signal_number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _is_alive(str(pid)):
                return
            time.sleep(PAUSE_SECONDS)
    raise StartFailed(f"process {pid} of an earlier start does not stop")
