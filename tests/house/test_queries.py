"""Every named SQL statement is asked for by a module that has its file at hand."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ehr.sql import load_queries

ROOT = Path(__file__).parents[2]
PACKAGES = ("ehr", "streams", "projections", "fhir_api", "backbone")
NAMED = [
    file
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.sql"))
    if "-- name: " in file.read_text()
]
LOADED = re.compile(r"(\w+) = load_queries\(Path\(__file__\)\.with_name\('(.+)'\)\)")
Modules = Mapping[str, ast.Module]


@pytest.fixture(scope="module")
def modules() -> Modules:
    """Dotted name -> module, of all packages."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): ast.parse(file.read_text())
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
    }


def statements(file: Path) -> set[str]:
    """The names in a file."""
    return set(load_queries(file))


def readers(file: Path, modules: Modules) -> Iterator[tuple[str, ast.Module]]:
    """(variable, module) wherever the statements of a file are at hand, loaded or imported."""
    for name, module in modules.items():
        for node in module.body:
            found = LOADED.fullmatch(ast.unparse(node)) if isinstance(node, ast.Assign) else None
            if found and ROOT.joinpath(*name.split(".")).with_name(found[2]) == file:
                yield found[1], module
                yield from ((found[1], other) for other in modules.values() if imports(other, name, found[1]))


def imports(module: ast.Module, origin: str, name: str) -> bool:
    """Whether a module has ``from origin import name``."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == origin
        and name in {one.name for one in node.names}
        for node in module.body
    )


def texts(node: ast.AST) -> set[str]:
    """Every text that stands in code."""
    constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return {value for value in constants if isinstance(value, str)}


def asked(variable: str, module: ast.Module, names: set[str]) -> set[str]:
    """Those of the names for which a module asks ``variable``; a name that it is given may be any that it
    says somewhere, and ``.values()`` takes all."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == variable:
            found |= texts(node.slice) or texts(module)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == f"{variable}.values":
            found |= names
    return found & names


def unused(file: Path, modules: Modules) -> set[str]:
    """The statements of a file that nobody asks for."""
    names = statements(file)
    return names.difference(*(asked(variable, module, names) for variable, module in readers(file, modules)))


@pytest.mark.parametrize("file", NAMED, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_statement_is_asked_for(file: Path, modules: Modules) -> None:
    assert unused(file, modules) == set()


def test_a_statement_that_nobody_asks_for_would_be_found() -> None:
    file = ROOT / "projections" / "generations.sql"
    only_loaded = {
        "projections.generations": ast.parse(
            'queries = load_queries(Path(__file__).with_name("generations.sql"))'
        )
    }
    assert unused(file, only_loaded) == statements(file)
    one_asked = ast.parse("from projections.generations import queries\nrun(queries['serving'])")
    assert unused(file, {**only_loaded, "projections.other": one_asked}) == statements(file) - {"serving"}
