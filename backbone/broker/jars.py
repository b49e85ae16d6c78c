"""The jars of Apache Kafka: fetched once by Maven, and never other ones than those that are expected.

`pom.xml` says what to fetch, `jars.sha256` which files that gives. They lie in a directory outside the
checkout, which is there whole or not at all.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from backbone import unprivileged
from backbone.errors import Refused
from backbone.unprivileged import User, reaches

VERSION = "4.4.0"
POM = Path(__file__).with_name("pom.xml")
EXPECTED = Path(__file__).with_name("jars.sha256")
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class NoMaven(Refused):
    """Apache Kafka is fetched once by Maven: sudo apt-get install maven."""


class NotFetched(Refused):
    """Maven did not fetch Apache Kafka."""


class UnexpectedJars(Refused):
    """A jar is not the file that is expected."""


def installed_jars(user: User | None, log: Callable[[str], None]) -> Path:
    """The directory of the jars, where `user` gets to it; fetches them when they are not there."""
    jars = place(user)
    if not jars.exists():
        _fetch_once(jars, log)
    check(jars)
    return jars


def place(user: User | None) -> Path:
    """Where the jars lie: in the caller's cache, or, where `user` cannot get to that, in a place for all."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    own = caches / "ehr-backbone"
    return (own if reaches(user, own) else unprivileged.PLACE_FOR_ROOT) / f"kafka-{VERSION}"


def check(jars: Path) -> None:
    """Raises UnexpectedJars unless `jars` holds exactly the expected files."""
    lines = [line.split() for line in EXPECTED.read_text().splitlines()]
    expected = {name: digest for digest, name in lines}
    found = {file.name: _digest(file) for file in jars.glob("*.jar")}
    wrong = sorted(name for name in expected.keys() | found if expected.get(name) != found.get(name))
    if wrong:
        raise UnexpectedJars(
            f"{jars / wrong[0]} is not as expected (SHA-256): remove {jars} to fetch it anew"
        )


def _fetch_once(jars: Path, log: Callable[[str], None]) -> None:
    """Fetches beside `jars` and renames. Who comes second waits and finds them."""
    jars.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with jars.with_name(f"{jars.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            log(f"Kafka: fetching Apache Kafka {VERSION} to {jars}")
            _fetch(jars)


def _fetch(jars: Path) -> None:
    for unfinished in jars.parent.glob("fetch-*"):
        shutil.rmtree(unfinished)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=jars.parent) as scratch:
        fetched = Path(scratch) / jars.name
        fetched.mkdir()
        _run_maven(fetched)
        check(fetched)
        for part in (fetched, *fetched.iterdir()):
            part.chmod(0o755 if part.is_dir() else 0o644)
        fetched.rename(jars)


def _run_maven(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoMaven(str(NoMaven.__doc__))
    options = ["--quiet", "--batch-mode", "--no-transfer-progress", "--file", str(POM)]
    command = [maven, *options, GOAL, "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip() or "it said nothing"
        raise NotFetched(f"Maven did not fetch Apache Kafka: {told.splitlines()[0]}")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
