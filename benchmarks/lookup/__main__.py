"""``python -m benchmarks.lookup [--citizens N] [--seed N] [--searches N] [--write]``: find one of so many.

Fills the views of a house of its own by what projects them (``filling``), and measures ``POST /lookup`` as a
program asks it, from the request's first byte until the answer's last; likewise ``Patient/$match``, and what
matching costs a registration. ``--lookup-only``: without these two, whose views take longer to fill.
``--write``: the table into docs/performance.md.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.house import House, open_house
from benchmarks.lookup import matching, measuring
from benchmarks.lookup.filling import fill, tidy
from benchmarks.lookup.measuring import Figure
from benchmarks.lookup.people import Citizen, citizens
from benchmarks.page import machine, put
from projections.citizens.view import Citizens
from projections.fhir_resources.view import FhirResources
from projections.matching.view import Matching

MARK = "looked up"
DRAWN = 5_000
"""Citizens who are looked for."""

VIEWS = (Citizens(),)
MATCHED = (Matching(), FhirResources())
"""What matching reads beside; of a citizen the Patient alone."""


def main() -> None:
    """Measures, prints, and writes when asked to."""
    given = _arguments()
    with open_house() as house:
        figures = list(_figures(house, given))
    if given.write:
        put(MARK, "\n".join(_table(figures, given)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure look-ups among many citizens.")
    parser.add_argument("--citizens", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--searches", type=int, default=300, help="of each kind")
    parser.add_argument("--lookup-only", action="store_true", help="without matching")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser.parse_args()


def _figures(house: House, given: argparse.Namespace) -> Iterator[Figure]:
    drawn: list[Citizen] = []
    fill(house.database, VIEWS, _drawing(given, drawn), () if given.lookup_only else MATCHED)
    tidy(house.database)
    parts = [measuring.measure] if given.lookup_only else [measuring.measure, matching.measure]
    for measure in parts:
        for figure in measure(house, given.seed, drawn, given.searches):
            print(_row(figure), flush=True)
            yield figure


def _drawing(given: argparse.Namespace, drawn: list[Citizen]) -> Iterator[Citizen]:
    """All, of whom some are kept to be looked for."""
    every = max(1, given.citizens // DRAWN)
    for index, one in enumerate(citizens(given.seed, given.citizens)):
        if index % every == 0:
            drawn.append(one)
        yield one


def _table(figures: list[Figure], given: argparse.Namespace) -> Iterator[str]:
    yield (
        f"`python -m benchmarks.lookup --citizens {given.citizens} --seed {given.seed} "
        f"--searches {given.searches} --write`, {datetime.now(UTC):%d/%m/%Y}, {machine()}."
    )
    yield ""
    yield "| look-up | p50, ms | p99, ms | target of p50 | CPU, ms | people | the person is there | cut |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_row, figures)


def _row(figure: Figure) -> str:
    target = f"{figure.target:g}{'' if figure.kept else ' (missed)'}" if figure.target else ""
    cells = (
        figure.name, f"{figure.p50:.1f}", f"{figure.p99:.1f}", target, f"{figure.cpu:.1f}",
        str(figure.people),
        f"{figure.there:.0%}", f"{figure.cut:.0%}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
