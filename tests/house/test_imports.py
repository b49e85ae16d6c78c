"""Imports point one way, and the environment is read in one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ehr", "streams", "projections", "fhir_api", "simulation")
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "expanduser"}


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_only_backbone_reads_the_environment(package: str) -> None:
    readers = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT
    ]
    assert readers == []


def test_a_reader_of_the_environment_would_be_found() -> None:
    found = [
        node for node in ast.walk(ast.parse("import os\nos.environ['A']")) if isinstance(node, ast.Attribute)
    ]
    assert found[0].attr in ENVIRONMENT
