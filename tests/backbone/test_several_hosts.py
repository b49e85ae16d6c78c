"""The pieces of one backbone as hosts of their own would run them: docs/how-to/several-machines.md.

A host is a directory for its data and the processes that run on it; hosts share nothing but the addresses of
PostgreSQL and Kafka.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backbone.broker.addresses import free_port
from backbone.wiring import VIEWS
from fhir_api.page_tokens import KEY_BYTES
from tests.backbone.waiting import until
from tests.fhir_api.running import link
from tests.stating import patient

JSON = {"Content-Type": "application/fhir+json"}
NOTHING_KEPT = {name: value for name, value in os.environ.items() if not name.startswith("EHR_")}


class Host:
    """One machine. settings: those that all hosts have."""

    def __init__(self, place: Path, settings: dict[str, str]) -> None:
        place.mkdir()
        self.data = place / "data"
        self._place = place
        self._environment = {
            **NOTHING_KEPT,
            **settings,
            "EHR_DATA": str(self.data),
            "PYTHONPATH": str(Path.cwd()),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *command: str) -> None:
        """Runs a command to its end."""
        done = subprocess.run(
            self._command(command), env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def start(self, *command: str, **settings: str) -> None:
        """Starts a command that goes on, one of each name."""
        with self._output(command[0]).open("wb") as output:
            self._processes[command[0]] = subprocess.Popen(
                self._command(command),
                env=self._environment | settings,
                cwd=self._place,
                stdout=output,
                stderr=output,
            )

    def says(self, command: str, *events: str) -> bool:
        """Whether a command has written one of these log lines. It must not have ended."""
        assert self._processes[command].poll() is None, self._output(command).read_text()
        lines = self._output(command).read_text().split("\n")[:-1]  # The last one may be half written.
        return any(json.loads(line)["event"] in events for line in lines)

    def kill(self, command: str) -> None:
        """Kills a command as a power cut would."""
        self._processes[command].kill()
        self._processes.pop(command).wait()

    def stop(self) -> None:
        """Stops what still runs, and expects it to end well."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        ends = {name: process.wait(60) for name, process in self._processes.items()}
        assert set(ends.values()) <= {0, -signal.SIGTERM}, ends  # The API server ends by the signal itself.

    def _command(self, command: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "backbone", *command]

    def _output(self, command: str) -> Path:
        return self._place / f"{command}.log"


@pytest.fixture
def hosts(tmp_path: Path, database: str, kafka_servers: str) -> Iterator[tuple[Host, Host]]:
    """Two hosts of one backbone, whose schema is there."""
    settings = {
        "EHR_DATABASE_URL": database,
        "EHR_LOG": "kafka",
        "EHR_KAFKA": kafka_servers,
        "EHR_KAFKA_TOPIC": f"test.{secrets.token_hex(6)}",
        "EHR_KAFKA_REPLICATION": "1",
    }
    with _up(tmp_path / "a", settings) as one, _up(tmp_path / "b", settings) as other:
        one.run("migrate")
        yield one, other


@contextmanager
def _up(place: Path, settings: dict[str, str]) -> Iterator[Host]:
    host = Host(place, settings)
    try:
        yield host
    finally:
        host.stop()


def share_key(*hosts: Host) -> None:
    """Gives all hosts one key of page tokens."""
    key = secrets.token_bytes(KEY_BYTES)
    for host in hosts:
        host.data.mkdir()
        (host.data / "page.key").write_bytes(key)


@contextmanager
def serving(host: Host, port: int) -> Iterator[httpx.Client]:
    """Starts the API on a host, and gives a client once it is ready."""
    host.start("serve", EHR_PORT=str(port))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        until(lambda: _ready(client), f"{port} is ready")
        yield client


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def parts(client: httpx.Client) -> dict[str, str]:
    """What `/readyz` says of each part."""
    told: dict[str, str] = client.get("/readyz").json()["parts"]
    return told


def write(client: httpx.Client, name: str) -> tuple[str, str]:
    """Registers somebody; gives (the id, the position of the write)."""
    answer = client.post("/fhir/Patient", json=patient(name), headers=JSON)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.headers["X-EHR-Position"]


def reads(client: httpx.Client, identity: str) -> bool:
    """Whether the API shows a resource; one that the view lacks is not denied but answered with 503."""
    answer = client.get(f"/fhir/Patient/{identity}")
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200


def projected(client: httpx.Client) -> dict[str, float]:
    """Which views have a projector that works."""
    told = client.get("/metrics").text.splitlines()
    found = [line for line in told if line.startswith("ehr_view_projected{")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in found}


def test_relays_and_projectors_of_two_hosts_take_over_from_each_other(
    hosts: tuple[Host, Host],
) -> None:
    one, other = hosts
    one.start("relay")
    until(lambda: one.says("relay", "relaying"), "the first relay works")
    one.start("project", *VIEWS)
    with serving(one, free_port(set())) as client:
        other.start("relay")
        other.start("project", *VIEWS)
        until(lambda: other.says("project", "standing by"), "the other projectors stand by")
        first, _ = write(client, "Hồ Thị Thử")
        until(lambda: reads(client, first), "what was written is visible")

        one.kill("relay")
        second, _ = write(client, "Trần Văn Thử")
        until(lambda: reads(client, second), "what was written without a relay is visible")
        assert other.says("relay", "relaying")
        assert not other.says("project", "taking over")

        one.kill("project")
        third, _ = write(client, "Lê Thị Thử")
        until(lambda: reads(client, third), "what was written without projectors is visible")
        assert other.says("project", "taking over")
        until(lambda: projected(client) == dict.fromkeys(VIEWS, 1.0), "each view has a projector")
        assert parts(client)["log"] == "ready"


def test_servers_of_two_hosts_are_one_api(hosts: tuple[Host, Host]) -> None:
    one, other = hosts
    port = free_port(set())
    port_beside = free_port({port})
    share_key(one, other)
    one.start("relay")
    one.start("project", *VIEWS)
    with serving(one, port) as client, serving(other, port_beside) as beside:
        for number in range(3):
            identity, position = write(client, f"Người {number}")
            answer = beside.get(f"/fhir/Patient/{identity}", headers={"X-EHR-Position": position})
            assert answer.status_code == 200, answer.text
        page: dict[str, Any] = client.get("/fhir/Patient?_count=2").json()
        following = link(page, "next")
        assert following is not None
        rest = beside.get(following.replace(f":{port}", f":{port_beside}")).json()
        assert len({entry["resource"]["id"] for entry in page["entry"] + rest["entry"]}) == 3
