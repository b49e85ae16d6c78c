"""An Apache Kafka of this machine's own: one broker, or several, over one directory.

Kafka runs on Java 17; its jars are fetched once by Maven (`backbone.broker.jars`). The brokers listen on
127.0.0.1 only and ask nobody for a password. Each is a controller too; no ZooKeeper, no container.

    with EmbeddedKafka(Path(".data/kafka")) as kafka:
        KafkaProducer(bootstrap_servers=kafka.servers)

One process at a time owns a directory. The brokers are asked to stop when their owner dies
(`backbone.tether`); what is still running at the next start is stopped first. With one broker there is one
copy of each record, and what a broker has acknowledged may still be in the memory of the operating system: a
killed broker loses nothing, a machine without power may.
"""

import base64
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from backbone.broker.addresses import PortTaken, free_port, is_free
from backbone.broker.answering import HOST
from backbone.broker.archive import class_archive
from backbone.broker.broker import Broker, Membership, Ports, StartFailed, end_leftover
from backbone.broker.programs import installed_programs
from backbone.directory_lock import DirectoryLock
from backbone.ending import workers_in
from backbone.errors import Refused
from backbone.unprivileged import reachable_directory, server_user

MEMORY = 512
START_SECONDS = 180.0  # After a crash a broker reads again what it had not closed.
PAUSE_SECONDS = 0.02


class OtherSize(Refused):
    """The directory holds another number of brokers."""


def running_servers(directory: Path) -> str | None:
    """The bootstrap servers of the brokers that run in `directory`, for commands beside their owner."""
    homes = [home for home in sorted(directory.glob("broker-*")) if workers_in(home)]
    addresses = [
        re.findall(r"^listeners=PLAINTEXT://([^,]+)", (home / "server.properties").read_text(), re.MULTILINE)
        for home in homes
    ]
    return ",".join(found[-1] for found in addresses) or None


class EmbeddedKafka:
    """One broker or more over `directory`, numbered from 1.

    port: where the first one listens; without it, all listen on free ports, the same as long as this lives.
    memory: the largest heap of each, in MiB. settings: go over those of the `.properties` file. options: more
    of Java's.
    """

    def __init__(
        self,
        directory: Path,
        *,
        brokers: int = 1,
        port: int | None = None,
        memory: int = MEMORY,
        settings: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        log: Callable[[str], None] = print,
    ) -> None:
        self._directory = directory.absolute()
        self._size = brokers
        self._port = port
        self._settings = dict(settings or {})
        self._options = ("-Xms64m", f"-Xmx{memory}m", *options)
        self._log = log
        self._lock: DirectoryLock | None = None
        self._brokers: dict[int, Broker] = {}

    @property
    def servers(self) -> str:
        """The bootstrap servers: `127.0.0.1:PORT` of every broker, with commas between."""
        return ",".join(f"{HOST}:{ports.clients}" for ports in self._membership.ports.values())

    def pid(self, number: int = 1) -> int:
        """The process id of a broker."""
        return self._brokers[number].pid

    def is_running(self, number: int = 1) -> bool:
        """Whether a broker's process lives."""
        return number in self._brokers and self._brokers[number].is_running()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Takes the directory, stops what an earlier owner left, makes what is missing, starts all."""
        self._directory.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        user = server_user(self._directory / "broker-1")
        home = reachable_directory(self._directory, user, "Kafka", self._log)
        self._lock = DirectoryLock(home)
        try:
            self._lock.write()
            programs = installed_programs(user, self._log)
            programs = programs.with_archive(class_archive(programs, self._log))
            numbers = range(1, self._size + 1)
            self._check_size(home)
            self._brokers = {
                number: Broker(home / f"broker-{number}", number, programs) for number in numbers
            }
            self._stop_leftovers()
            self._membership = Membership(_kept_cluster_id(home), self._chosen_ports())
            for broker in self._brokers.values():
                broker.prepare(self._membership, self._settings)
            self.launch()
        except BaseException:
            self.stop()
            raise

    def launch(self, *numbers: int) -> None:
        """Starts these brokers (none named: those that do not run) and waits until they serve.

        Of several brokers, none serves before most of them run: launch as many at once.
        """
        begun = self.begin(*numbers)
        deadline = time.monotonic() + START_SECONDS
        while begun and not self.is_ready(*begun):
            if time.monotonic() > deadline:
                log_file = self._brokers[begun[0]].log_file
                raise StartFailed(f"Kafka did not serve within {START_SECONDS:g} s; log: {log_file}")
            time.sleep(PAUSE_SECONDS)

    def begin(self, *numbers: int) -> Sequence[int]:
        """Starts these brokers (none named: those that do not run) and does not wait; gives their numbers."""
        begun = numbers or [number for number in self._brokers if not self.is_running(number)]
        for number in begun:
            self._brokers[number].begin(self._options)
        return begun

    def is_ready(self, *numbers: int) -> bool:
        """Whether these brokers (none named: all) serve; raises StartFailed if one of them has ended."""
        return all(self._brokers[number].is_ready(self._membership) for number in numbers or self._brokers)

    def kill(self, *numbers: int) -> None:
        """Kills these brokers (none named: all) at once; `launch` starts them again."""
        for number in numbers or self._brokers:
            self._brokers[number].kill()

    def stop(self) -> None:
        """Stops all brokers in order and gives the directory free."""
        for broker in self._brokers.values():
            broker.ask_to_stop()
        for broker in self._brokers.values():
            broker.stop()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _check_size(self, home: Path) -> None:
        kept = len(list(home.glob("broker-*")))
        if kept not in {0, self._size}:
            raise OtherSize(f"{home} holds {kept} brokers, and {self._size} are asked for")

    def _stop_leftovers(self) -> None:
        for broker in self._brokers.values():
            for pid in broker.leftovers():
                self._log(f"Kafka: stopping process {pid}, whose owner is gone")
                end_leftover(pid)

    def _chosen_ports(self) -> dict[int, Ports]:
        if self._port is not None and not is_free(self._port):
            raise PortTaken(f"{HOST} port {self._port} is in use: Kafka cannot listen on it")
        taken = set() if self._port is None else {self._port}
        ports = {number: Ports(free_port(taken), free_port(taken)) for number in self._brokers}
        return ports if self._port is None else {**ports, 1: ports[1]._replace(clients=self._port)}


def _kept_cluster_id(home: Path) -> str:
    """The id that the cluster in `home` has, or gets now: 16 random bytes as Kafka writes them."""
    kept = home / "cluster-id"
    if not kept.exists():
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        kept.with_suffix(".unfinished").write_text(made)
        kept.with_suffix(".unfinished").rename(kept)
    return kept.read_text()
