"""``python -m benchmarks.lookup [--citizens N] [--seed N] [--searches N] [--write]``: find one of so many.

Fills the views of a house of its own by what projects them (``filling``), and measures ``POST /lookup`` as a
program asks it, from the request's first byte until the answer's last; likewise ``Patient/$match``, and what
matching costs a registration. ``--lookup-only``: without these two, whose views take longer to fill.
``--write``: the tables into docs/performance.md.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.house import House, open_house
from benchmarks.lookup import matching, measuring, registering
from benchmarks.lookup.filling import fill, tidy
from benchmarks.lookup.measuring import Figure
from benchmarks.lookup.people import BLOCK, Citizen, citizens
from benchmarks.lookup.registering import MORE, Cost
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
        lines = list(_measured(house, given))
    if given.write:
        put(MARK, "\n".join([_command(given), "", *lines]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure look-ups among many citizens.")
    parser.add_argument("--citizens", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--searches", type=int, default=300, help="of each kind")
    parser.add_argument("--lookup-only", action="store_true", help="without matching")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return parser.parse_args()


def _measured(house: House, given: argparse.Namespace) -> Iterator[str]:
    """The lines of both tables, printed as they come."""
    fill(house.database, given.seed, given.citizens, VIEWS, () if given.lookup_only else MATCHED)
    tidy(house.database)
    for line in _lines(house, given):
        print(line, flush=True)
        yield line


def _lines(house: House, given: argparse.Namespace) -> Iterator[str]:
    drawn = drawn_of(given.seed, given.citizens)
    yield "| look-up | p50, ms | p99, ms | target of p50 | CPU, ms | people | the person is there | cut |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_row, measuring.measure(house, given.seed, drawn, given.searches))
    if given.lookup_only:
        return
    yield from map(_row, matching.measure(house, given.seed, drawn, given.searches))
    yield ""
    yield (
        "| registrations | p50 with matching, ms | p99 | p50 without, ms | p99 | more, ms "
        "| `ehr link`, CPU ms a Patient | last one judged after, ms | told |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from map(_cost, registering.measure(house, given.seed, given.citizens, given.searches))


def drawn_of(seed: int, number: int) -> list[Citizen]:
    """Some of so many, as many of each block."""
    each = max(1, DRAWN * BLOCK // max(number, DRAWN))
    firsts = range(0, number, BLOCK)
    return [one for first in firsts for one in citizens(seed, min(first + each, number), first)]


def _command(given: argparse.Namespace) -> str:
    return (
        f"`python -m benchmarks.lookup --citizens {given.citizens} --seed {given.seed} "
        f"--searches {given.searches} --write`, {datetime.now(UTC):%d/%m/%Y}, {machine()}."
    )


def _row(figure: Figure) -> str:
    target = f"{figure.target:g}{'' if figure.kept else ' (missed)'}" if figure.target else ""
    cells = (
        figure.name, f"{figure.p50:.1f}", f"{figure.p99:.1f}", target, f"{figure.cpu:.1f}",
        str(figure.people),
        f"{figure.there:.0%}", f"{figure.cut:.0%}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _cost(cost: Cost) -> str:
    quantiles = [
        f"{outcome.quantile(share):.1f}"
        for outcome in (cost.matched, cost.unmatched)
        for share in (0.5, 0.99)
    ]
    more = f"{cost.more:.1f} of {MORE:g}{'' if cost.more <= MORE else ' (missed)'}"
    clients = f"{cost.clients} client{'s' if cost.clients > 1 else ''}"
    cells = (clients, *quantiles, more, f"{cost.cpu:.1f}", f"{cost.after:.0f}", f"{cost.told:.0%}")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
