"""``python -m benchmarks.searching [PATH…] [--resources N…] [--write]``: searches among so many resources.

PATH: files, folders or archives of Synthea bundles; without one, the small sample of the tests. They are
imported again and again under new identifiers until there are N resources; when that is measured, until there
are the next N. What was updated for one number stays so for the next.

``--updated``: every resource is updated ten times, not the ones alone that are searched for.
``--write``: keeps the figures beside docs/performance.md, and puts the table into it.
``--chart``: no run; draws what runs of several sizes have kept.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.house import House, open_house
from benchmarks.page import machine
from benchmarks.searching import chart, table
from benchmarks.searching.drawing import Sample, draw
from benchmarks.searching.figures import Figure, Import, Run, keep, kept
from benchmarks.searching.filling import fill, sizes, tidy
from benchmarks.searching.measuring import measure
from benchmarks.searching.updating import everything, update
from projections.fhir_resources.frequent import KEPT_SECONDS

SAMPLE = Path(__file__).parents[2] / "tests" / "data" / "synthea-small.tar.xz"


def main() -> None:
    """Measures and prints; keeps and draws when asked to."""
    given = _arguments()
    if given.chart:
        chart.write(kept())
        return
    with open_house() as house:
        for size, imported in zip(given.resources, fill(house, given.paths, given.resources), strict=True):
            run = _run(house, given, size, imported)
            print("\n".join(table.lines(run)), flush=True)
            if given.write:
                table.write(keep(run))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure searches among many resources.")
    parser.add_argument("paths", nargs="*", type=Path, default=[SAMPLE], metavar="PATH")
    parser.add_argument(
        "--resources", type=int, nargs="+", default=[20_000], metavar="N", help="at least so many, rising"
    )
    parser.add_argument("--searches", type=int, default=200, help="of each kind")
    parser.add_argument("--drawn", type=int, default=250, help="resources of each type to draw values from")
    parser.add_argument("--updated", action="store_true", help="update every resource")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--chart", action="store_true", help="draw what runs have kept, and do nothing else")
    given = parser.parse_args()
    if any(less >= more for less, more in pairwise([0, *given.resources])):
        parser.error("--resources takes numbers above 0, each greater than the one before")
    return given


def _run(house: House, given: argparse.Namespace, size: int, imported: Import) -> Run:
    _settle(house)
    kept_bytes, sample = sizes(house), draw(house.database, given.drawn)
    figures = _measured(house, sample, given.searches)
    resources = everything(house) if given.updated else sample.everything
    refused = update(house, resources)
    print(f"{len(resources):,} resources updated, {refused} transactions refused", flush=True)
    _settle(house)
    updated = _measured(house, sample, given.searches, figures)
    return Run(
        command=command(sys.argv[1:]),
        day=f"{datetime.now(UTC):%d/%m/%Y}",
        machine=machine(),
        size=size,
        resources=sample.total,
        imported=imported,
        sizes=kept_bytes,
        figures=figures,
        updated=updated,
        updated_resources=len(resources),
    )


def command(arguments: Sequence[str]) -> str:
    """How it was called, without where its files lie."""
    named = [Path(one).name if "/" in one else one for one in arguments]
    return " ".join(["python -m benchmarks.searching", *named])


def _settle(house: House) -> None:
    """Until the server asks again for what is frequent."""
    tidy(house)
    time.sleep(KEPT_SECONDS)


def _measured(house: House, sample: Sample, number: int, before: list[Figure] | None = None) -> list[Figure]:
    """before: figures of the same searches, to hold them against."""
    former = {one.name: one for one in before or ()}
    figures = []
    for figure in measure(house, sample, number):
        figures.append(figure.against(former[figure.name]) if before else figure)
        print(table.plain(figures[-1]), flush=True)
    return figures


if __name__ == "__main__":
    main()
