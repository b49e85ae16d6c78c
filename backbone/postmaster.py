"""PostgreSQL's first server process over one cluster directory, watched through its file `postmaster.pid`.

The file's lines are: process id, cluster directory, start time, port, socket directory, listen address,
shared memory key, status (PostgreSQL source, `src/include/utils/pidfile.h`). Its status line says `ready`
when connections are taken.
"""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from backbone.ending import end_by_id, ended_after, is_alive, works_in
from backbone.errors import Refused

PID, SOCKET_DIRECTORY, STATUS = 0, 4, 7
START_SECONDS = (
    600.0  # Recovery of a large log after a crash takes minutes, and interrupting it helps nobody.
)
FAST_STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 10.0
LEFTOVER_STOPS = ((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS))
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
        return int(recorded) if works_in(int(recorded), self._cluster) else None

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
        if not immediately and ended_after(process, signal.SIGINT, FAST_STOP_SECONDS):
            return
        if not ended_after(process, signal.SIGQUIT, IMMEDIATE_STOP_SECONDS):
            process.kill()
            process.wait()

    def stop_leftover(self, log: Callable[[str], None]) -> None:
        """Stops a server whose owner died, and clears what it left. The caller holds the directory's lock."""
        recorded, pid = self._line(PID), self.running_pid()
        if pid is not None:
            log(f"PostgreSQL: stopping process {pid}, whose owner is gone")
            if not end_by_id(pid, LEFTOVER_STOPS):
                raise StartFailed(f"process {pid} of an earlier start does not stop")
        elif recorded.isdecimal() and is_alive(int(recorded)):
            # Another program has the number by now, which PostgreSQL would take for a running server.
            self._pid_file.unlink()

    def _line(self, number: int) -> str:
        try:
            lines = self._pid_file.read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return ""
        return lines[number].strip() if number < len(lines) else ""
