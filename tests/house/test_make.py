"""The verbs of make: what they need and what they pass on."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [str(shutil.which("make")), "--no-print-directory", *arguments]
    # The make that runs the tests must not speak through its child.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment = {**inherited, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def somebody_without_programs(tmp_path: Path) -> str:
    """A PATH on which there is nothing, and `id` says that one is not root."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    return str(tmp_path)


def test_without_its_programs_the_tests_fail_first_and_say_what_to_run(
    somebody_without_programs: str,
) -> None:
    done = make("test", PATH=somebody_without_programs)
    assert done.returncode != 0
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    needed = "openjdk-17-jdk-headless maven chromium"
    assert first == f"make test needs more of the system; run first: sudo apt-get install {needed}"
    assert all(line.startswith("make: ***") for line in rest)


def test_only_what_is_missing_is_asked_for(somebody_without_programs: str) -> None:
    for program in ("javac", "chromium"):
        (Path(somebody_without_programs) / program).write_text("#!/bin/sh\n")
        (Path(somebody_without_programs) / program).chmod(0o755)
    done = make("programs", PATH=somebody_without_programs)
    assert done.stderr.splitlines()[0].endswith("run first: sudo apt-get install maven")


def test_with_its_programs_nothing_is_installed() -> None:
    done = make("programs")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("verb", ["run", "test", "lint", "docs", "bench", "faults", "lock"])
def test_every_verb_can_be_planned(verb: str) -> None:
    assert make("--dry-run", verb).returncode == 0


def test_settings_given_to_make_reach_the_program() -> None:
    show = "show: ; @echo $$EHR_PORT $$EHR_DEMO"
    assert make("--eval", show, "show", "EHR_PORT=9000", EHR_DEMO="none").stdout == "9000 none\n"
