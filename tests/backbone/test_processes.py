"""Programs that are kept running: restart, stop, and nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backbone.processes import LARGEST_LOG_BYTES, Patience, Program, Supervisor
from tests.backbone.waiting import is_gone, until

QUICK = Patience(first_restart=0.01, longest_restart=0.05, stop=5.0)
WAITS = ("sh", "-c", "echo up; exec sleep 600")
IGNORES_STOP = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")
LEAVES_A_CHILD = "sleep 600 & echo $! >{}; exec sleep 600"
DIES = ("sh", "-c", "echo up; exit 3")
OWNER = """
import signal, sys
from pathlib import Path
from backbone.processes import Program, Supervisor
supervisor = Supervisor([Program("sleeper", ["sleep", "600"])], Path(sys.argv[1]))
supervisor.start()
print(supervisor.pids()["sleeper"], flush=True)
signal.pause()
"""


def no_log(line: str) -> None:
    """Says nothing."""


@contextmanager
def supervised(
    directory: Path, *commands: Sequence[str], patience: Patience = QUICK, log: Callable[[str], None] = print
) -> Iterator[Supervisor]:
    programs = [Program(f"program-{number}", command) for number, command in enumerate(commands)]
    supervisor = Supervisor(programs, directory, patience=patience, log=log)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def says_up(directory: Path, number: int = 0) -> Callable[[], bool]:
    return lambda: (directory / f"program-{number}.log").read_text().startswith("up")


def test_programs_run_and_stop_together(tmp_path: Path) -> None:
    with supervised(tmp_path, WAITS, WAITS) as supervisor:
        pids = list(supervisor.pids().values())
        until(says_up(tmp_path, 0), "the first program runs")
        until(says_up(tmp_path, 1), "the second program runs")
        assert len(pids) == 2
    assert all(is_gone(pid) for pid in pids)
    assert supervisor.pids() == {}


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    with supervised(tmp_path, WAITS, log=said.append) as supervisor:
        first = supervisor.pids()["program-0"]
        os.kill(first, signal.SIGKILL)

        def started_again() -> bool:
            supervisor.check()
            return supervisor.pids().get("program-0", first) != first

        until(started_again, "another process runs the program")
    assert said == [f"program-0 ended with -9; its log: {tmp_path / 'program-0.log'}"]


def test_a_program_that_dies_at_once_is_counted(tmp_path: Path) -> None:
    with supervised(tmp_path, DIES, log=no_log) as supervisor:

        def died_three_times() -> bool:
            supervisor.check()
            return supervisor.deaths()["program-0"] == 3

        until(died_three_times, "three deaths in a row")


def test_pauses_before_restarts_grow_and_end() -> None:
    patience = Patience(first_restart=0.5, longest_restart=10.0)
    assert [patience.before_restart(deaths) for deaths in (1, 2, 3, 6, 1000)] == [0.5, 1.0, 2.0, 10.0, 10.0]


def test_a_program_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    with supervised(tmp_path, IGNORES_STOP, patience=Patience(stop=0.2), log=said.append) as supervisor:
        pid = supervisor.pids()["program-0"]
        until(says_up(tmp_path), "the program runs")
    assert is_gone(pid)
    assert said == ["program-0 did not stop within 0.2 s and was killed"]


def test_what_a_program_leaves_running_is_killed_with_it(tmp_path: Path) -> None:
    child_file = tmp_path / "child"
    command = ("sh", "-c", LEAVES_A_CHILD.format(child_file))
    with supervised(tmp_path, command) as supervisor:
        until(lambda: child_file.exists() and child_file.read_text().endswith("\n"), "the child runs")
        child = int(child_file.read_text())
        os.kill(supervisor.pids()["program-0"], signal.SIGKILL)

        def noticed() -> bool:
            supervisor.check()
            return supervisor.deaths()["program-0"] == 1

        until(noticed, "the death is noticed")
        until(lambda: is_gone(child), "the child is gone")


def test_programs_follow_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.communicate()
    until(lambda: is_gone(pid), "the program follows its supervisor")


def test_variables_go_over_those_of_the_environment(tmp_path: Path) -> None:
    program = Program("shows", ["sh", "-c", "echo $EHR_SHOWN; exec sleep 600"], {"EHR_SHOWN": "seen"})
    supervisor = Supervisor([program], tmp_path)
    supervisor.start()
    until(lambda: (tmp_path / "shows.log").read_text() == "seen\n", "the program sees the variable")
    supervisor.stop()


def test_a_long_log_is_cut(tmp_path: Path) -> None:
    log_file = tmp_path / "program-0.log"
    with supervised(tmp_path, WAITS) as supervisor:
        until(says_up(tmp_path), "the program runs")
        with log_file.open("ab") as log:
            log.truncate(LARGEST_LOG_BYTES + 1)
        supervisor.check()
        assert log_file.stat().st_size == 0
        assert log_file.with_suffix(".log.1").stat().st_size == LARGEST_LOG_BYTES + 1
