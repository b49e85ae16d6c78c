"""Keeps a handful of programs running beside this process, and leaves none behind.

Each program runs in a session of its own: Ctrl-C in the terminal reaches this process alone, which stops
the programs itself. A program that ends is started again, at once the first time and then ever later. When
this process is killed, the kernel passes SIGTERM on (`backbone.tether`). What a program leaves running in
its session is killed with it.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from backbone import tether

LARGEST_LOG_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running, with variables that go over this process's environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: before the nth restart in a row, and for a program to stop when asked."""

    first_restart: float = 0.1
    longest_restart: float = 10.0
    healthy_after: float = 30.0
    stop: float = 20.0

    def before_restart(self, deaths: int) -> float:
        """Seconds to wait after the program has died `deaths` times in a row."""
        return min(self.longest_restart, self.first_restart * 2.0 ** min(deaths - 1, 20))


class _Running:
    """One program: its process now, and how often it has died in a row."""

    def __init__(self, program: Program, log_file: Path, patience: Patience) -> None:
        self.program = program
        self.log_file = log_file
        self.deaths = 0
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restart_at = 0.0

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                tether.command_line(list(self.program.command), parent=os.getpid()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.program.environment},
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def died(self) -> int | None:
        """The exit code when the process has ended since the last look, after clearing what it left."""
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self._kill_session()
        self._process = None
        lived = time.monotonic() - self._started_at
        self.deaths = 1 if lived > self._patience.healthy_after else self.deaths + 1
        self._restart_at = time.monotonic() + self._patience.before_restart(self.deaths)
        return code

    def restart_when_due(self) -> None:
        if self._process is None and time.monotonic() >= self._restart_at:
            self.start()

    def ask_to_stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop_by(self, deadline: float) -> bool:
        """Waits until `deadline`, then kills; False when it had to be killed."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._kill_session()
            self._process.wait()
            self._process = None
        return True

    def _kill_session(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Supervisor:
    """Starts `programs`, restarts what dies, stops all. To be used from one thread, which stays."""

    def __init__(
        self,
        programs: Sequence[Program],
        log_directory: Path,
        *,
        log: Callable[[str], None] = print,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._log = log
        log_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._running = [
            _Running(program, log_directory / f"{program.name}.log", self._patience) for program in programs
        ]

    def start(self) -> None:
        """Starts all programs."""
        for running in self._running:
            _shorten(running.log_file)
            running.start()

    def check(self) -> None:
        """Sees which programs have ended and starts those again whose pause is over. To be called often."""
        for running in self._running:
            code = running.died()
            if code is not None:
                self._log(f"{running.program.name} ended with {code}; its log: {running.log_file}")
            running.restart_when_due()
            _shorten(running.log_file)

    def stop(self) -> None:
        """Asks all programs to stop, kills those that do not in time, and returns when none is left."""
        for running in self._running:
            running.ask_to_stop()
        deadline = time.monotonic() + self._patience.stop
        for running in self._running:
            if not running.stop_by(deadline):
                self._log(
                    f"{running.program.name} did not stop within {self._patience.stop:g} s and was killed"
                )

    def pids(self) -> dict[str, int]:
        """The process ids of the programs that run now, by name."""
        return {running.program.name: running.pid for running in self._running if running.pid is not None}

    def deaths(self) -> dict[str, int]:
        """How often each program has died in a row, by name."""
        return {running.program.name: running.deaths for running in self._running}


def _shorten(log_file: Path) -> None:
    """Moves a long log's lines to `NAME.log.1`; the program goes on appending to the emptied file."""
    if log_file.exists() and log_file.stat().st_size > LARGEST_LOG_BYTES:
        shutil.copyfile(log_file, log_file.with_suffix(".log.1"))
        os.truncate(log_file, 0)
