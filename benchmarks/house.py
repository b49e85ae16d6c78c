"""The backbone as `ehr run` starts it, on a database of its own, for as long as it is measured."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from backbone import wiring
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.processes import Supervisor
from backbone.settings import Settings
from benchmarks.processes import cpu_seconds


@dataclass(frozen=True, slots=True)
class House:
    """A running backbone. base: of its FHIR API. database: URL. root: process above all of it."""

    base: str
    database: str
    supervisor: Supervisor
    postgres: EmbeddedPostgres

    def cpu(self) -> float:
        """CPU seconds used so far by server, projectors and database."""
        return cpu_seconds(self.postgres.pid, *self.supervisor.pids().values())


@contextmanager
def open_house() -> Iterator[House]:
    """Starts everything in a directory of its own, and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="ehr-bench-") as place:
        Path(place).chmod(0o711)
        settings = Settings(data=Path(place), port=_free_port(), demo="none")
        with EmbeddedPostgres(settings.data / "postgres") as postgres:
            parts = wiring.parts(settings)
            parts.prepare(postgres.url)
            supervisor = Supervisor(parts.programs(postgres.url, None), settings.data / "log")
            try:
                supervisor.start()
                _wait_until_ready(settings)
                yield House(f"http://127.0.0.1:{settings.port}/fhir", postgres.url, supervisor, postgres)
            finally:
                supervisor.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(settings: Settings) -> None:
    for _ in range(600):
        connection = HTTPConnection("127.0.0.1", settings.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise TimeoutError("/readyz did not answer 200 within a minute")
