"""The page of the formats is true: its examples run, and nothing is left out."""

import doctest
import re
from pathlib import Path

import ehr.formats
from ehr.formats.scanned import Kind
from ehr.formats.warning_codes import TEXTS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "formats.md"


def test_the_examples_run() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 20
    assert result.failed == 0


def test_every_kind_has_its_module_and_every_module_is_named() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert {kind for kind, _ in rows} == set(Kind)
    package = Path(next(iter(ehr.formats.__path__)))
    assert all((package / f"{module}.py").exists() for _, module in rows)


def test_every_warning_is_listed_in_its_words() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([^`|]+) \| ([^`|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {code: (vi, en) for code, vi, en in rows} == {
        str(code): tuple(text) for code, text in TEXTS.items()
    }
