"""What is kept of runs, the table that is made of it, and the picture."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.page import put
from benchmarks.searching import chart, table
from benchmarks.searching.__main__ import command
from benchmarks.searching.figures import Figure, Import, Run, Runs, keep, kept
from benchmarks.searching.searches import SEARCHES, WALKS

FIRST = next(iter(SEARCHES))


def figure(name: str, p50: float, before: float = 0.0) -> Figure:
    return Figure(name, p50, 2 * p50, 200, 200, 20, 0, 1.2, before, 1.0)


def run(size: int, p50: float, updated_resources: int = 5) -> Run:
    return Run(
        command="python -m benchmarks.searching", day="01/01/2026", machine="2 cores", size=size,
        resources=size + 3, imported=Import(5000, 300, 10_000, 250, 0), sizes={"record.facts": 4000 * size},
        figures=[*(figure(name, p50) for name in SEARCHES), *(figure(name, p50, p50 / 2) for name in WALKS)],
        updated=[figure(name, 2 * p50, p50) for name in SEARCHES], updated_resources=updated_resources,
    )  # fmt: skip


def test_the_newest_run_of_every_size_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    for one in (run(10_000, 1.0), run(10_000, 2.0), run(1_000_000, 3.0), run(20, 4.0, updated_resources=23)):
        keep(one, path)
    runs = kept(path)
    assert {size: one.figures[0].p50 for size, one in runs.by_size.items()} == {10_000: 2.0, 1_000_000: 3.0}
    assert runs.all_updated == run(20, 4.0, updated_resources=23)
    assert kept(tmp_path / "nothing.json") == Runs()


def test_the_table_says_what_was_missed() -> None:
    rows = {line.split(" | ")[0].strip("| "): line for line in table.lines(run(1_000_000, 4.0))}
    assert "| 5 | 2 | 4.0 | 8.0 | met |" in rows[FIRST]
    assert "**2.00 ×**, CPU 1.20" in rows[FIRST]
    assert "50% | aim met" in rows["share of the raw floor"]
    assert "| **missed** |" in rows[next(iter(WALKS))]
    assert "| 4,000 | met |" in rows["store and views, bytes a resource"]
    slow = {line.split(" | ")[0].strip("| "): line for line in table.lines(run(1_000_000, 5.1))}
    assert "| **missed** |" in slow[FIRST]


def test_text_is_put_between_its_own_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one -->\nold\n<!-- /one -->\n<!-- two -->\n<!-- /two -->\nb\n", encoding="utf8")
    put("two", "new", page)
    assert page.read_text("utf8") == (
        "a\n<!-- one -->\nold\n<!-- /one -->\n<!-- two -->\nnew\n<!-- /two -->\nb\n"
    )
    with pytest.raises(ValueError, match="no marks called three"):
        put("three", "", page)


def test_a_page_tells_nobody_where_files_lie() -> None:
    told = command(["/somewhere/synthea.tar.xz", "--resources", "10000", "--write"])
    assert told == "python -m benchmarks.searching synthea.tar.xz --resources 10000 --write"


def test_a_line_for_each_search(tmp_path: Path) -> None:
    runs = Runs({10_000: run(10_000, 1.0), 1_000_000: run(1_000_000, 1.5), 3_000_000: run(3_000_000, 7.0)})
    chart.write(runs, tmp_path / "chart.svg")
    drawn = ElementTree.parse(tmp_path / "chart.svg")  # noqa: S314
    texts = [element.text or "" for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {f"{name} · 7.0" for name in SEARCHES} <= {*texts}
    assert {"1", "2", "5", "10", "10,000", "1,000,000", "3,000,000"} <= {*texts}


def test_a_size_alone_makes_no_line() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        chart.svg(chart.lines_of(Runs({10_000: run(10_000, 1.0)})))


def test_names_do_not_touch_and_stay_within() -> None:
    places = chart.spread([600.0, 100.0, 101.0, 629.0, 630.0, 100.0])
    apart = sorted(places)
    assert all(after - before >= chart.NAME_HEIGHT for before, after in pairwise(apart))
    assert max(places) <= chart.BOTTOM
    assert places[1] == 100.0
