"""One broker: its directory, its settings and its process."""

import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from backbone.broker.answering import HOST, in_service
from backbone.broker.programs import ENVIRONMENT, Programs
from backbone.ending import end_by_id, ended_after, workers_in
from backbone.errors import Refused

SETTINGS = Path(__file__).with_name("server.properties")
LOGGING = Path(__file__).with_name("log4j2.properties")
STOP_SECONDS = KILL_SECONDS = 15.0
LEFTOVER_STOPS = ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, KILL_SECONDS))


class StartFailed(Refused):
    """The broker did not start."""


class Ports(NamedTuple):
    """Where a broker listens on 127.0.0.1: for clients and brokers, and for the controllers."""

    clients: int
    controllers: int


@dataclass(frozen=True, slots=True)
class Membership:
    """The brokers of one cluster, by number, each of them a controller too."""

    cluster_id: str
    ports: Mapping[int, Ports]

    def settings(self, number: int) -> dict[str, str]:
        """What broker `number` has to know of itself and the others."""
        own = self.ports[number]
        voters = [f"{voter}@{HOST}:{ports.controllers}" for voter, ports in self.ports.items()]
        return {
            "node.id": str(number),
            "listeners": f"PLAINTEXT://{HOST}:{own.clients},CONTROLLER://{HOST}:{own.controllers}",
            "controller.quorum.voters": ",".join(voters),
            **_replication(len(self.ports)),
        }


def _replication(brokers: int) -> dict[str, str]:
    copies = min(3, brokers)
    internal = ("transaction.state.log", "share.coordinator.state.topic")
    return {
        "default.replication.factor": str(copies),
        "offsets.topic.replication.factor": str(copies),
        **{f"{topic}.replication.factor": str(copies) for topic in internal},
        **{f"{topic}.min.isr": str(max(1, copies - 1)) for topic in internal},
        # It moves leadership before the end. Where most of the others are gone it would wait for them.
        "controlled.shutdown.enable": "true" if brokers == 1 else "false",
    }


class Broker:
    """Broker `number` in the directory `home`."""

    def __init__(self, home: Path, number: int, programs: Programs) -> None:
        self.home = home
        self.number = number
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        """What the broker writes down."""
        return self.home / "log" / "server.log"

    @property
    def pid(self) -> int:
        """The process id of the broker."""
        if self._process is None:
            raise StartFailed(f"broker {self.number} is not started")
        return self._process.pid

    def prepare(self, membership: Membership, settings: Mapping[str, str]) -> None:
        """Makes what is missing of the directory and writes the settings; `settings` go over all others."""
        for place in (self.home, self.home / "log", self.home / "tmp"):
            place.mkdir(mode=0o700, exist_ok=True)
            self._programs.give(place)
        changing = {**membership.settings(self.number), **settings}
        shutil.copyfile(LOGGING, self.home / LOGGING.name)
        self._write("server.properties", changing)
        if not (self.home / "data").exists():
            self._format(membership.cluster_id, changing)

    def _format(self, cluster_id: str, changing: Mapping[str, str]) -> None:
        """Makes empty storage, whole or not at all."""
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._write("format.properties", {**changing, "log.dirs": unfinished.name})
        # An id may begin with a hyphen, so it is not an argument of its own.
        arguments = ("format", f"--cluster-id={cluster_id}", "--config=format.properties")
        self._programs.run("kafka.tools.StorageTool", *arguments, directory=self.home)
        unfinished.rename(self.home / "data")

    def _write(self, name: str, changing: Mapping[str, str]) -> None:
        lines = [f"{setting}={value}\n" for setting, value in changing.items()]
        (self.home / name).write_text(SETTINGS.read_text() + "\n# Of this start.\n" + "".join(lines))

    def begin(self, options: Sequence[str]) -> None:
        """Starts the process; `options` are Java's. Whether it serves is `is_ready`."""
        for left in (self.home / "tmp").iterdir():
            left.unlink()
        command = self._programs.command("kafka.Kafka", "server.properties", options=options)
        with (self.home / "start.log").open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.home,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def is_ready(self, membership: Membership) -> bool:
        """Whether the broker serves as a member of its cluster; raises StartFailed if it has ended."""
        if not self.is_running():
            raise StartFailed(f"broker {self.number} did not start: {self._last_words()}")
        answer = in_service(membership.ports[self.number].clients)
        return (
            answer is not None
            and answer.cluster_id == membership.cluster_id
            and self.number in answer.brokers
        )

    def _last_words(self) -> str:
        """The innermost reason that the process gave for its end."""
        told = (self.home / "start.log").read_text(errors="replace").splitlines()
        reasons = [line for line in told if re.match(r"(Caused by: )?[\w.]+(Exception|Error)\b", line)]
        said = [*told, *reasons] or ["it said nothing"]
        return f"{said[-1].removeprefix('Caused by: ')} (log: {self.log_file})"

    def kill(self) -> None:
        """Ends the process at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Has the process stop in order, and kills it when that takes longer than `seconds`."""
        if self._process is not None and not ended_after(self._process, signal.SIGTERM, seconds):
            self.kill()
        self._process = None

    def ask_to_stop(self) -> None:
        """Has the process begin to stop."""
        if self._process is not None:
            self._process.terminate()

    def leftovers(self) -> list[int]:
        """Processes of an earlier owner, who is gone."""
        return workers_in(self.home)


def end_leftover(pid: int) -> None:
    """Stops a broker of an earlier owner by its process id."""
    if not end_by_id(pid, LEFTOVER_STOPS):
        raise StartFailed(f"process {pid} of an earlier start does not stop")
