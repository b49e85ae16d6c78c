"""The backbone as `ehr run` starts it, on a database of its own, for as long as it is measured."""

import socket
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from backbone import wiring
from backbone.embedded_kafka import EmbeddedKafka
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.processes import Program, Supervisor
from backbone.settings import Settings
from benchmarks.processes import cpu_seconds

READY: Final = "/readyz"
LIVES: Final = "/livez"


@dataclass(frozen=True, slots=True)
class House:
    """A running backbone. base: of its FHIR API. database: URL. kafka: the broker, if it keeps the log.
    programs: what the supervisor runs. log: directory of their logs.
    """

    base: str
    database: str
    supervisor: Supervisor
    postgres: EmbeddedPostgres
    kafka: EmbeddedKafka | None
    programs: Sequence[Program]
    log: Path

    def cpu(self) -> float:
        """CPU seconds used so far by server, projectors, database, relay and broker."""
        broker = [self.kafka.pid()] if self.kafka else []
        return cpu_seconds(self.postgres.pid, *broker, *self.supervisor.pids().values())


@contextmanager
def open_house(log: Literal["embedded", "kafka"] = "embedded") -> Iterator[House]:
    """Starts everything in a directory of its own, and leaves nothing behind."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ehr-bench-")))
        place.chmod(0o711)
        settings = Settings(data=place, port=_free_port(), demo="none", log=log)
        postgres = stack.enter_context(EmbeddedPostgres(place / "postgres"))
        kafka = stack.enter_context(EmbeddedKafka(place / "kafka")) if log == "kafka" else None
        parts = wiring.parts(settings)
        parts.prepare(postgres.url)
        programs = parts.programs(postgres.url, kafka.servers if kafka else None)
        supervisor = Supervisor(programs, place / "log")
        stack.callback(supervisor.stop)
        supervisor.start()
        _wait_until_answers(settings.port, READY)
        base = f"http://127.0.0.1:{settings.port}/fhir"
        yield House(base, postgres.url, supervisor, postgres, kafka, programs, place / "log")


@contextmanager
def without(house: House, left_out: Collection[str]) -> Iterator[House]:
    """The same house, started again without some programs, and with views that nothing projects; afterwards
    it is as it was. left_out: names of programs and views."""
    port = urlsplit(house.base).port
    assert port
    supervisor = Supervisor(_without(house.programs, left_out), house.log)
    house.supervisor.stop()
    try:
        supervisor.start()
        _wait_until_answers(port, LIVES)  # It is not ready while a view has no projector.
        yield replace(house, supervisor=supervisor)
    finally:
        supervisor.stop()
    house.supervisor.start()
    _wait_until_answers(port, READY)


def _without(programs: Sequence[Program], left_out: Collection[str]) -> list[Program]:
    return [
        replace(program, command=[word for word in program.command if word not in left_out])
        for program in programs
        if program.name not in left_out
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_answers(port: int, path: str) -> None:
    for _ in range(600):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise TimeoutError(f"{path} did not answer 200 within a minute")
