"""Kafka's programs: Java, the jars, and who runs them."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backbone import tether
from backbone.broker import jars
from backbone.broker.java import Java, installed_java
from backbone.errors import Refused
from backbone.unprivileged import User

ENVIRONMENT = {"LC_ALL": "C.UTF-8"}  # Java reads the names of directories by it.
# One thread collects garbage: the heap is small and the machine's cores have other work.
OPTIONS = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", "-Xshare:auto")


class ProgramFailed(Refused):
    """One of Kafka's programs failed."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Runs Kafka's programs in a broker's directory, as `user` or, when None, as the user who asks.

    archive: Java's classes ready to be mapped into memory (`backbone.broker.archive`); None: none.
    """

    java: Java
    jars: Path
    user: User | None
    archive: Path | None = None

    def with_archive(self, archive: Path | None) -> "Programs":
        """The same with classes from `archive`."""
        return replace(self, archive=archive)

    def command(self, main: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
        """The command that runs class `main` and stops in order when this process dies."""
        shared = [] if self.archive is None else [f"-XX:SharedArchiveFile={self.archive}"]
        here = ["-Djava.io.tmpdir=tmp", "-Dlog4j2.configurationFile=log4j2.properties"]
        classes = ":".join(sorted(str(jar) for jar in self.jars.glob("*.jar")))
        java = [str(self.java.executable), *OPTIONS, *shared, *here, *options, "-cp", classes]
        identity = None if self.user is None else (self.user.uid, self.user.gid)
        return tether.command_line(
            [*java, main, *arguments], parent=os.getpid(), signal_number=signal.SIGTERM, user=identity
        )

    def run(self, main: str, *arguments: str, directory: Path) -> None:
        """Runs class `main` to its end in `directory`."""
        command = self.command(main, *arguments, options=("-XX:TieredStopAtLevel=1",))
        done = subprocess.run(
            command, cwd=directory, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ProgramFailed(f"{main} failed: {(done.stderr or done.stdout).strip()}")

    def give(self, place: Path) -> None:
        """Makes the programs' user the owner of `place`."""
        if self.user is not None:
            os.chown(place, self.user.uid, self.user.gid)


def installed_programs(user: User | None, log: Callable[[str], None]) -> Programs:
    """The programs, fetched when they are not there; raises NoJava first."""
    java = installed_java()
    return Programs(java, jars.installed_jars(user, log), user)
