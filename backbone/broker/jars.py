"""The jars of Apache Kafka: fetched once by Maven, and never other ones than those that are expected.

`pom.xml` says what to fetch, `jars.sha256` which files that gives. They lie in a directory outside the
checkout, which is there whole or not at all. Other jars are kept in the same way.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from backbone import unprivileged
from backbone.errors import Refused
from backbone.unprivileged import User, reaches

VERSION = "4.4.0"
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class NoMaven(Refused):
    """Jars are fetched once by Maven: sudo apt-get install maven."""


class NotFetched(Refused):
    """Maven did not fetch the jars."""


class UnexpectedJars(Refused):
    """A jar is not the file that is expected."""


class Jars(NamedTuple):
    """A program in jars. directory: the name of theirs. source: where `pom.xml`, for Maven, and
    `jars.sha256`, as sha256sum writes it, say which they are."""

    title: str
    version: str
    directory: str
    source: Path


KAFKA = Jars("Apache Kafka", VERSION, f"kafka-{VERSION}", Path(__file__).parent)


def installed_jars(user: User | None, log: Callable[[str], None], wanted: Jars = KAFKA) -> Path:
    """The directory of the jars, where `user` gets to it; fetches them when they are not there."""
    jars = place(user, wanted)
    if not jars.exists():
        _fetch_once(jars, log, wanted)
    check(jars, wanted)
    return jars


def place(user: User | None, wanted: Jars = KAFKA) -> Path:
    """Where the jars lie: in the caller's cache, or, where `user` cannot get to that, in a place for all."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    own = caches / "ehr-backbone"
    return (own if reaches(user, own) else unprivileged.PLACE_FOR_ROOT) / wanted.directory


def check(jars: Path, wanted: Jars = KAFKA) -> None:
    """Raises UnexpectedJars unless `jars` holds exactly the expected files."""
    lines = [line.split() for line in (wanted.source / "jars.sha256").read_text().splitlines()]
    expected = {name: digest for digest, name in lines}
    found = {file.name: _digest(file) for file in jars.glob("*.jar")}
    wrong = sorted(name for name in expected.keys() | found if expected.get(name) != found.get(name))
    if wrong:
        raise UnexpectedJars(
            f"{jars / wrong[0]} is not as expected (SHA-256): remove {jars} to fetch it anew"
        )


def _fetch_once(jars: Path, log: Callable[[str], None], wanted: Jars) -> None:
    """Fetches beside `jars` and renames. Who comes second waits and finds them."""
    jars.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with jars.with_name(f"{jars.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            log(f"{wanted.title}: fetching version {wanted.version} to {jars}")
            _fetch(jars, wanted)


def _fetch(jars: Path, wanted: Jars) -> None:
    prefix = f"fetch-{jars.name}-"
    for unfinished in jars.parent.glob(f"{prefix}*"):
        shutil.rmtree(unfinished)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=jars.parent) as scratch:
        fetched = Path(scratch) / jars.name
        fetched.mkdir()
        _run_maven(fetched, wanted)
        check(fetched, wanted)
        for part in (fetched, *fetched.iterdir()):
            part.chmod(0o755 if part.is_dir() else 0o644)
        fetched.rename(jars)


def _run_maven(target: Path, wanted: Jars) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoMaven(f"{wanted.title} is fetched once by Maven: sudo apt-get install maven.")
    options = ["--quiet", "--batch-mode", "--no-transfer-progress", "--file", str(wanted.source / "pom.xml")]
    command = [maven, *options, GOAL, "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip() or "it said nothing"
        raise NotFetched(f"Maven did not fetch {wanted.title}: {told.splitlines()[0]}")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
