"""`ehr run`: the whole backbone on one machine, from an empty directory to the addresses to open."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from backbone import tether
from backbone.embedded_kafka import EmbeddedKafka
from backbone.embedded_postgres import EmbeddedPostgres
from backbone.errors import Refused
from backbone.processes import Program, Supervisor
from backbone.reviving import RevivedBroker
from backbone.settings import Settings
from fhir_api.access.hosts import is_loopback

PAUSE_SECONDS = 0.1
READY_SECONDS = 120.0
SAY_SECONDS = 10.0
DEATHS_BEFORE_GIVING_UP = 5


@dataclass(frozen=True, slots=True)
class Demo:
    """A program that fills an empty record, and the file that says that it has done so."""

    program: Program
    finished: Path


@dataclass(frozen=True, slots=True)
class Parts:
    """What `ehr run` puts together. Each part takes the URL of the database; programs also the bootstrap
    servers of the broker that was started for them."""

    prepare: Callable[[str], None]
    programs: Callable[[str, str | None], Sequence[Program]]
    demo: Callable[[str], Demo | None]


def run(settings: Settings, parts: Parts, log: Callable[[str], None] = print) -> None:
    """Starts everything, fills an empty record with the demo, says `ready:`, and stays until told to stop."""
    check_port(settings)
    log(f"data: {settings.data}")
    with _stopped_by_signals(log), _database(settings, log) as (url, server), _broker(settings, log) as kafka:
        log("database: bringing its schema up to date")
        parts.prepare(url)
        programs = parts.programs(url, kafka.servers if kafka else None)
        supervisor = Supervisor(programs, settings.data / "log", log=log)
        house = _House(settings, supervisor, server, kafka, log)
        try:
            log(f"starting: {', '.join(program.name for program in programs)}")
            supervisor.start()
            house.wait_until_ready()
            house.fill(parts.demo(url))
            announce(settings, log)
            house.watch()
        finally:
            log("stopping")
            supervisor.stop()


def check_port(settings: Settings) -> None:
    """Refuses a port on which something else listens, before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host} port {settings.port}"
            raise Refused(f"{place} cannot be used ({error.strerror}): choose another EHR_PORT") from None


def local_host(settings: Settings) -> str:
    """The host under which this machine reaches the server."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
    return everywhere.get(settings.host, settings.host)


def base_url(settings: Settings) -> str:
    """The address of the server as this machine reaches it, without a slash at its end."""
    host = local_host(settings)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def announce(settings: Settings, log: Callable[[str], None]) -> None:
    """Says that all of it serves, and where."""
    base = base_url(settings)
    log("ready:")
    log(f"  clinician page  {base}/")
    log(f"  FHIR base       {base}/fhir")
    log(f"  metrics         {base}/metrics")
    if is_loopback(settings.host):
        log("There is no sign-in yet: only this machine is let in. Ctrl-C stops everything.")
    else:
        log(f"WARNING: listening on {settings.host} WITHOUT SIGN-IN:")
        log("  whoever reaches this address reads and writes every record.")


class _House:
    """The programs and the database of one `ehr run`, while they are up."""

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        server: EmbeddedPostgres | None,
        kafka: EmbeddedKafka | None,
        log: Callable[[str], None],
    ) -> None:
        self._host, self._port = local_host(settings), settings.port
        self._supervisor = supervisor
        self._server = server
        self._broker = RevivedBroker(kafka, log) if kafka else None
        self._log = log

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        says_at = time.monotonic() + SAY_SECONDS
        while reasons := _not_ready(self._host, self._port):
            self._look_after()
            self._give_up_on_what_does_not_live()
            if time.monotonic() > deadline:
                raise Refused(f"/readyz did not answer 200 within {READY_SECONDS:g} s: {reasons}")
            if time.monotonic() > says_at:
                self._log(f"not ready yet: {reasons}")
                says_at = time.monotonic() + SAY_SECONDS
            time.sleep(PAUSE_SECONDS)

    def fill(self, demo: Demo | None) -> None:
        """Runs the filling to its end while the rest is looked after. A filling that fails stops nothing."""
        if demo is None:
            return
        code = self._run_to_its_end(demo.program)
        if code == 0:
            demo.finished.touch()
        else:
            self._log(f"{demo.program.name} ended with {code}; the next start goes on with it")

    def _run_to_its_end(self, program: Program) -> int:
        process = subprocess.Popen(
            tether.command_line(list(program.command), parent=os.getpid()),
            env={**os.environ, **program.environment},
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                self._look_after()
                time.sleep(PAUSE_SECONDS)
        finally:
            process.kill()
            process.wait()
        return process.returncode

    def watch(self) -> None:
        while True:
            self._look_after()
            time.sleep(PAUSE_SECONDS)

    def _look_after(self) -> None:
        if self._server is not None and not self._server.is_running():
            self._log("PostgreSQL ended; starting it again")
            self._server.launch()
        if self._broker is not None:
            self._broker.look_after()
        self._supervisor.check()

    def _give_up_on_what_does_not_live(self) -> None:
        for name, deaths in self._supervisor.deaths().items():
            if deaths >= DEATHS_BEFORE_GIVING_UP:
                raise Refused(f"{name} ended {deaths} times before it was ready")


def _not_ready(host: str, port: int) -> str:
    """What keeps the server from being ready, in its own words; empty when nothing does."""
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        told = answer.read()
        return "" if answer.status == 200 else _reasons(told)
    except (OSError, HTTPException):
        return "it does not answer"
    finally:
        connection.close()


def _reasons(told: bytes) -> str:
    try:
        parts = json.loads(told)["parts"].items()
    except (ValueError, LookupError, AttributeError):
        return "it does not say why"
    return "; ".join(f"{name}: {state}" for name, state in parts if not state.startswith("ready"))


@contextmanager
def _database(
    settings: Settings, log: Callable[[str], None]
) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The URL of the database, and the server when it is the embedded one."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value(), None
        return
    with EmbeddedPostgres(settings.data / "postgres", log=log) as server:
        log("database: embedded PostgreSQL")
        yield server.url, server


@contextmanager
def _broker(settings: Settings, log: Callable[[str], None]) -> Iterator[EmbeddedKafka | None]:
    """The broker that is started here, when Kafka keeps the log and no broker is named."""
    if settings.log != "kafka" or settings.kafka is not None:
        yield None
        return
    with EmbeddedKafka(settings.data / "kafka", log=log) as kafka:
        log("log: Apache Kafka on this machine, ONE COPY ONLY: a province names three brokers in EHR_KAFKA")
        yield kafka


@contextmanager
def _stopped_by_signals(log: Callable[[str], None]) -> Iterator[None]:
    """Ends the block at the first Ctrl-C, SIGTERM or closed terminal. Later ones only wait with it."""
    heard = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        if not heard:
            heard = True
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    except KeyboardInterrupt:
        log("stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
