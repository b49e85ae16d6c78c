"""Kafka's own programs, for tests of what its brokers would be told."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backbone.broker.programs import ENVIRONMENT, Programs, installed_programs
from backbone.errors import Refused
from backbone.unprivileged import server_user
from tests.backbone.conftest import open_temporary_directory

OPTIONS = ["-XX:TieredStopAtLevel=1"]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that the user who runs Kafka's programs gets to."""
    with open_temporary_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def programs(place: Path) -> Programs:
    """Kafka's programs, the same version as the image's."""
    try:
        return installed_programs(server_user(place / "kept"), print)
    except Refused as reason:
        pytest.fail(f"the tests need Java and Kafka's programs: {reason}", pytrace=False)


@pytest.fixture(scope="module")
def known(programs: Programs, place: Path) -> set[str]:
    """Every setting that brokers of this version know: https://kafka.apache.org/documentation/#brokerconfigs"""
    return set(re.findall(r'id="brokerconfigs_([\w.]+)"', said(programs, place, "kafka.server.KafkaConfig")))


def said(programs: Programs, place: Path, *command: str, variables: dict[str, str] | None = None) -> str:
    """What one of Kafka's programs says."""
    done = subprocess.run(
        programs.command(*command, options=OPTIONS),
        cwd=place,
        env=ENVIRONMENT | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def properties(text: str) -> dict[str, str]:
    """The lines of a `.properties` file."""
    return dict(re.findall(r"^([\w.-]+)=(.*)$", text, re.MULTILINE))
