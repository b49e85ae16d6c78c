"""The page of names and addresses is true: its examples run."""

import doctest
import re
from pathlib import Path

from ehr.communes.table import communes, former_communes, former_provinces

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "names-and-addresses.md"


def test_the_examples_run() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted >= 9
    assert result.failed == 0


def test_the_numbers_are_those_of_the_tables() -> None:
    divided = sum(len(one.today) > 1 for one in former_communes().values())
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE))
    assert rows["provinces before, and today's province of each"] == f"{len(former_provinces())} → 34"
    assert rows["today's communes"] == f"{len(communes()):,}"
    assert rows["communes before, and what each became"] == f"{len(former_communes()):,}"
    assert f"{divided} were divided" in PAGE.read_text()
