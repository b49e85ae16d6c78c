"""What can be asked and what is measured is documented."""

import re
from pathlib import Path

import pytest

from fhir_api.figures import figures
from fhir_api.interactions import history
from fhir_api.measurements import RequestMetrics
from fhir_api.operation_definitions import OPERATIONS
from fhir_api.operations import everything
from fhir_api.operations.document import CODES
from fhir_api.pages.summary import sections
from fhir_api.pages.summary.rows import MOST_VALUES
from fhir_api.parameters import MOST_COUNT, USUAL_COUNT
from fhir_api.searching.results import CONTROLS

DOCS = Path(__file__).parents[2] / "docs"
READING = (DOCS / "reference" / "reading.md").read_text()
WATCHING = (DOCS / "how-to" / "watch.md").read_text()


def section(title: str) -> str:
    return READING.partition(f"## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Search", list(CONTROLS)),
        ("History", history.PARAMETERS),
        ("$everything", everything.PARAMETERS),
        ("$match", OPERATIONS["match"].names),
    ],
)
def test_every_parameter_is_documented(title: str, names: list[str]) -> None:
    rows = [line for line in section(title).splitlines() if line.startswith("| `")]
    assert [name for name in names if not any(f"`{name}`" in row.split(" | ")[0] for row in rows)] == []


def test_the_sizes_of_pages_are_those_documented() -> None:
    assert f"{USUAL_COUNT} when nothing is said, at most {MOST_COUNT:,}" in section("Search")
    assert re.search(rf"\b{everything.MOST_SEEN}\b", section("$everything"))


def test_the_sections_of_a_summary_are_those_documented() -> None:
    rows = [
        line.split(" | ") for line in section("$summary").splitlines() if re.search(r" \| [\d-]+ \| ", line)
    ]
    assert [code for _, code, _ in rows] == [code for code, _ in CODES.values()]
    told = [re.findall(r"\d+", most) for *_, most in rows]
    most, done, series = (str(one) for one in (sections.MOST, sections.MOST_DONE, sections.MOST_SERIES))
    visits, reports, values = str(sections.MOST_VISITS), str(sections.MOST_REPORTS), str(MOST_VALUES)
    assert told == [
        *([most] for _ in sections.ALWAYS),
        [most, "12"],
        [done],
        [most],
        [series, values, reports],
        [series, values],
        [done],
        [visits],
        [done],
    ]


def test_every_figure_is_documented() -> None:
    names = [family.name for family in (*RequestMetrics().registry.collect(), *figures(None))]
    own = [name for name in names if name.startswith("ehr_")]
    assert len(own) == 27
    assert [name for name in own if name not in WATCHING] == []
