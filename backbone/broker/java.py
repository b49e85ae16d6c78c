"""The Java that runs Kafka."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backbone.errors import Refused

OLDEST = 17


class NoJava(Refused):
    """Apache Kafka needs Java 17 or newer: sudo apt-get install openjdk-17-jre-headless."""


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime. build: a name for exactly this build of it."""

    executable: Path
    build: str


def installed_java() -> Java:
    """The Java of JAVA_HOME, or else that of PATH, if it is new enough."""
    for executable in _candidates():
        told = subprocess.run([executable, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', told)
        if version is not None and int(version[1]) >= OLDEST:
            return Java(executable, hashlib.sha256(f"{executable} {told}".encode()).hexdigest()[:12])
    raise NoJava(str(NoJava.__doc__))


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        yield Path(home) / "bin" / "java"
    found = shutil.which("java")
    if found is not None:
        yield Path(found).resolve()
