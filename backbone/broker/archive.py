"""Kafka's classes as Java lays them out in memory: a file that halves the time a broker takes to start.

Java writes it when a program ends, here a broker that serves nobody
(https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html). Java refuses an archive of another
build, of other jars or of jars elsewhere, but not every damaged one: one that was cut short ends it with a
bus error. So the archive's name holds the digest of its content.
"""

import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backbone.broker.addresses import free_port
from backbone.broker.broker import Broker, Membership, Ports
from backbone.broker.programs import Programs
from backbone.errors import Refused

CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
START_SECONDS = WRITE_SECONDS = 120.0
PAUSE_SECONDS = 0.02


def class_archive(programs: Programs, log: Callable[[str], None]) -> Path | None:
    """The archive for these programs, made when there is none; None when it cannot be made."""
    place = programs.jars.with_name(f"{programs.jars.name}-classes")
    place.mkdir(mode=0o755, exist_ok=True)
    with (place / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sound = _sound(place, programs.java.build)
        if sound is not None:
            return sound
        log("Kafka: preparing quick starts, once")
        try:
            return _make(place, programs)
        except Refused as reason:
            log(f"Kafka: starts stay slow: {reason}")
            return None


def _sound(place: Path, build: str) -> Path | None:
    """The archive for this build of Java; one whose content is not what was written is removed."""
    for archive in place.glob(f"{build}-*.jsa"):
        if archive.name == _name(build, archive):
            return archive
        archive.unlink()
    return None


def _name(build: str, archive: Path) -> str:
    with archive.open("rb") as content:
        return f"{build}-{hashlib.file_digest(content, 'sha256').hexdigest()}.jsa"


def _make(place: Path, programs: Programs) -> Path:
    for unfinished in place.glob("make-*"):
        shutil.rmtree(unfinished)
    with tempfile.TemporaryDirectory(prefix="make-", dir=place) as scratch:
        Path(scratch).chmod(0o711)
        written = _written_by_a_broker(Path(scratch) / "broker", programs)
        unfinished = Path(scratch) / "archive"
        shutil.copyfile(written, unfinished)  # Of the caller's own, whoever ran the broker.
        unfinished.chmod(0o644)
        return unfinished.rename(place / _name(programs.java.build, unfinished))


def _written_by_a_broker(home: Path, programs: Programs) -> Path:
    """Starts a broker, has it write the archive as it stops, and returns the archive."""
    taken: set[int] = set()
    membership = Membership(CLUSTER_ID, {1: Ports(free_port(taken), free_port(taken))})
    broker = Broker(home, 1, programs)
    broker.prepare(membership, {})
    try:
        broker.begin(["-Xmx256m", "-XX:ArchiveClassesAtExit=archive.jsa"])
        deadline = time.monotonic() + START_SECONDS
        while not broker.is_ready(membership):
            if time.monotonic() > deadline:
                raise Refused(f"no broker served within {START_SECONDS:g} s")
            time.sleep(PAUSE_SECONDS)
    finally:
        broker.stop(WRITE_SECONDS)
    if not (home / "archive.jsa").exists():
        raise Refused("Java wrote no archive of classes")
    return home / "archive.jsa"
