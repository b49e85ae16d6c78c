"""Imports point one way, and the environment is read in one place."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ehr", "streams", "projections", "fhir_api", "simulation")
ENVIRONMENT = {
    "environ", "environb", "getenv", "getenvb", "get_exec_path", "expanduser", "expandvars", "BaseSettings",
}  # fmt: skip
READERS = {"dotenv", "pydantic_settings"}


def lint_imports(place: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [linter, "--no-logo", "--no-cache"],
        cwd=place,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def environment_reads(source: str) -> Iterator[int]:
    """Lines at which a module names what reads the environment: as an attribute, an import or a text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if name in ENVIRONMENT:
                yield node.lineno
            case ast.Constant(value=str(name)) if name in ENVIRONMENT:
                yield node.lineno
            case ast.ImportFrom(module=module, names=names):
                if module in READERS or (module, names[0].name) == ("os", "*"):
                    yield node.lineno
                if any(alias.name in ENVIRONMENT for alias in names):
                    yield node.lineno
            case ast.Import(names=names) if any(alias.name.split(".")[0] in READERS for alias in names):
                yield node.lineno


def test_import_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, into which something may be planted."""
    place = tmp_path_factory.mktemp("planted")
    for package in (*PACKAGES, "backbone"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("ehr/dates.py", "ehr.health_record", "No circles"),
        ("projections/view.py", "projections.projector", "No circles"),
        ("fhir_api/reading.py", "fhir_api.interactions.search", "No circles"),
        ("streams/event_log.py", "projections.view", "Imports point one way"),
        ("simulation/feed.py", "ehr.values", "The simulated province"),
    ],
)
def test_what_breaks_a_contract_is_found(copied: Path, module: str, imported: str, contract: str) -> None:
    planted = copied / module
    before = planted.read_text()
    planted.write_text(f"{before}\nimport {imported}\n")
    try:
        done = lint_imports(copied)
    finally:
        planted.write_text(before)
    assert done.returncode == 1, done.stdout
    assert any(line.startswith(contract) and line.endswith("BROKEN") for line in done.stdout.splitlines())


@pytest.mark.parametrize("package", PACKAGES)
def test_only_backbone_reads_the_environment(package: str) -> None:
    readers = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / package).rglob("*.py"))
        for line in environment_reads(file.read_text())
    ]
    assert readers == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as o\no.getenv('A')",
        "from os import environ as _e\n_e.get('A')",
        "from os import path, getenv",
        "from os import *",
        "import os\ngetattr(os, 'environ')",
        "from os.path import expandvars",
        "from pydantic_settings import BaseSettings as _B",
        "import pydantic_settings.sources",
    ],
)
def test_a_reader_of_the_environment_is_found(source: str) -> None:
    assert list(environment_reads(source))


def test_who_gives_an_environment_to_a_program_is_no_reader() -> None:
    assert list(environment_reads("import os\nenvironment = {'A': os.sep}")) == []
