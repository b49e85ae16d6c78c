"""`ehr run` from start to stop, with small programs in the place of the API and the projectors."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backbone.embedded_kafka import running_servers
from backbone.errors import Refused
from backbone.running import base_url, check_port
from backbone.settings import Settings
from tests.backbone.waiting import is_gone, processes_in, until

HOUSE = Path(__file__).with_name("small_house.py")


@pytest.fixture
def port(free_port: int) -> int:
    return free_port


class Run:
    """A running `small_house.py`, with all that it has said."""

    def __init__(
        self, data: Path, port: int, *, demo: str = "fills", api: str = "serves", log: str = "embedded"
    ) -> None:
        variables = {
            **os.environ,
            "EHR_DATA": str(data),
            "EHR_PORT": str(port),
            "EHR_LOG": log,
            "PYTHONPATH": str(Path.cwd()),
        }
        self.output = data.parent / "output"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, HOUSE, demo, api],
                stdout=output,
                stderr=output,
                env=variables,
                cwd=data.parent,
            )

    def said(self) -> str:
        return self.output.read_text()

    def says(self, words: str) -> None:
        until(lambda: words in self.said() or self.process.poll() is not None, words)
        assert words in self.said()

    def program(self, name: str) -> int:
        """The process id that a program has written down."""
        return int((self.output.parent / name).read_text())

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def data(open_directory: Path) -> Iterator[Path]:
    """The directory for the data of one house, whose processes must all be gone at the end."""
    yield open_directory / "data"
    until(lambda: processes_in(open_directory) == [], "no process is left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_starts_fills_says_ready_and_stops_cleanly(data: Path, port: int, number: signal.Signals) -> None:
    run = Run(data, port)
    run.says("metrics")
    said = run.said()
    assert said.index("prepared") < said.index("filled") < said.index("ready:")
    assert f"http://127.0.0.1:{port}/fhir" in said
    assert run.stop(number) == 0
    assert is_gone(run.program("api.pid"))
    assert run.said().splitlines()[-1] == "stopped"


def test_it_can_be_stopped_while_it_fills(data: Path, port: int) -> None:
    run = Run(data, port, demo="fills for ever")
    run.says("filling")
    assert run.stop() == 0
    assert "ready:" not in run.said()


def test_a_filling_that_fails_is_told_and_stops_nothing(data: Path, port: int) -> None:
    run = Run(data, port, demo="fails")
    run.says("ready:")
    assert "demo ended with 3; the next start goes on with it" in run.said()
    assert run.stop() == 0


def test_a_second_ctrl_c_does_not_cut_the_stopping_short(data: Path, port: int) -> None:
    run = Run(data, port)
    run.says("ready:")
    run.process.send_signal(signal.SIGINT)
    run.says("stopping")
    assert run.stop() == 0


def test_a_killed_program_and_a_killed_database_come_back(data: Path, port: int) -> None:
    run = Run(data, port)
    run.says("ready:")
    first = run.program("api.pid")
    os.kill(first, signal.SIGKILL)
    run.says("api ended with -9")
    until(lambda: run.program("api.pid") != first, "the API runs again")
    postmaster = int((data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    run.says("PostgreSQL ended; starting it again")
    until(lambda: answer(port) == "all is well", "the API reaches the database again")
    assert run.stop() == 0


def test_nothing_is_left_when_it_is_killed_and_it_starts_again(data: Path, port: int) -> None:
    run = Run(data, port)
    run.says("ready:")
    api = run.program("api.pid")
    run.stop(signal.SIGKILL)
    until(lambda: is_gone(api), "the API follows")
    again = Run(data, port)
    until(lambda: answer(port) == "all is well", "it serves again")
    assert again.stop() == 0
    assert again.said().count("filled") == 1


def test_a_broker_that_does_not_start_again_stops_nothing_else(data: Path, port: int) -> None:
    run = Run(data, port, log="kafka")
    try:
        run.says("ready:")
        servers = running_servers(data / "kafka")
        assert servers
        with taken(int(servers.rpartition(":")[2]), data / "kafka"):
            run.says("Kafka does not start")
            assert urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).status == 200
        run.says("Kafka serves again")
        assert running_servers(data / "kafka")
    finally:
        assert run.stop() == 0


@contextmanager
def taken(port: int, brokers: Path) -> Iterator[None]:
    """Kills the broker there and takes its port."""
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def take() -> bool:
            for pid in processes_in(brokers):
                os.kill(pid, signal.SIGKILL)
            try:
                thief.bind(("127.0.0.1", port))
            except OSError:
                return False
            thief.listen()
            return True

        until(take, "the port is taken")
        yield


def test_a_program_that_does_not_live_ends_the_start(data: Path, port: int) -> None:
    run = Run(data, port, api="dies")
    assert run.process.wait(60) == 1
    assert "api ended 5 times before it was ready" in run.said()


def test_a_port_in_use_is_refused_before_anything_starts(data: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(
            Refused, match=f"127.0.0.1 port {port} cannot be used .*: choose another EHR_PORT"
        ):
            check_port(Settings(port=port))


def test_addresses_to_open() -> None:
    assert base_url(Settings(host="127.0.0.1", port=8000)) == "http://127.0.0.1:8000"
    assert base_url(Settings(host="::1", port=8000)) == "http://[::1]:8000"
    assert base_url(Settings(host="0.0.0.0", port=80, allow_remote=True)) == "http://127.0.0.1:80"


def answer(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return ""
