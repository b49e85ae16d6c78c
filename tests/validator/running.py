"""An independent validator: HAPI FHIR's, with the definitions of R4 that come with it.

Maven fetches its jars once (`backbone.broker.jars`), and Java's own compiler takes `Validate.java` as it is,
so it needs a JDK: sudo apt-get install openjdk-17-jdk-headless.
"""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from backbone.broker.jars import Jars, installed_jars
from backbone.broker.java import installed_java

HERE = Path(__file__).parent
VERSION = "8.8.1"
VALIDATOR = Jars("HAPI FHIR's validator", VERSION, f"fhir-validator-{VERSION}", HERE)
MEMORY = "-Xmx1g"
GRAVE = ("error", "fatal")


class Issue(NamedTuple):
    """document: its name. severity: error, warning, information or fatal. place: a FHIRPath."""

    document: str
    severity: str
    place: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether the document is not valid for it."""
        return self.severity in GRAVE


class Failed(Exception):
    """The validator did not come to its end."""


def validated(documents: Mapping[str, bytes]) -> list[Issue]:
    """What it has to say of documents, by name."""
    with tempfile.TemporaryDirectory(prefix="ehr-validator-") as place:
        files = {str(Path(place) / f"{number}.json"): name for number, name in enumerate(documents)}
        for file, name in files.items():
            Path(file).write_bytes(documents[name])
        told = _told(list(files))
    return [Issue(files[file], *rest) for file, *rest in told]


def _told(files: Sequence[str]) -> list[list[str]]:
    jars = installed_jars(None, print, VALIDATOR)
    classes = ":".join(sorted(str(jar) for jar in jars.glob("*.jar")))
    java = [str(installed_java().executable), MEMORY, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command = [*java, "-cp", classes, str(HERE / "Validate.java"), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or lines[-1:] != ["done"]:
        raise Failed(done.stderr.strip() or f"Java ended with {done.returncode}")
    return [line.split("\t", 3) for line in lines[:-1]]
