"""``python -m benchmarks.clinician [--citizens N] [--full N] [--users N] [--pages] [--write]``: how long a
clinician waits among so many citizens.

Fills the views of a house of its own (``filling``); then several go the journey at once: search by
identifier, open the chart, look at a result, write a note, search by name; they think in between, mostly
short and sometimes long. ``--pages``: then every page, one after the other. ``--write``: the tables into
docs/performance.md.
"""

import argparse
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import uvloop

from benchmarks.clinician import journey, pages
from benchmarks.clinician.filling import fill_house
from benchmarks.clinician.journey import STEPS, Took
from benchmarks.clinician.pages import P99, Page, People
from benchmarks.house import House, open_house
from benchmarks.load import Outcome
from benchmarks.lookup.__main__ import drawn_of
from benchmarks.lookup.people import Citizen, citizens
from benchmarks.lookup.registering import register, settle
from benchmarks.page import machine, put
from ehr.event_store.connections import connect

MARK = "clinician"
MARK_OF_PAGES = "clinician's pages"
FULL_SHARE = 50
"""One of so many citizens has a full chart, unless it is said how many do."""

REGISTERED = 300
"""People who are registered twice before pages are measured, so that there are pairs to look at."""

RECORDED = 60
"""People of whom the record has facts: of all others the views alone know."""


def main() -> None:
    """Measures, prints, and writes when asked to."""
    given = _arguments()
    with open_house() as house:
        every = fill_house(house.database, given.seed, given.citizens, given.full)
        full = [one for one in citizens(given.seed, given.citizens) if one.index % every == 0]
        _put(given, MARK, journey_lines(_journeys(house, given, full)))
        if given.pages:
            _put(given, MARK_OF_PAGES, page_lines(_pages(house, given, full)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how long a clinician waits.")
    parser.add_argument("--citizens", type=int, default=20_000)
    parser.add_argument("--full", type=int, help="citizens with full charts (one of 50)")
    parser.add_argument("--users", type=int, default=5, help="who go the journey at once")
    parser.add_argument("--journeys", type=int, default=40, help="of each user")
    parser.add_argument("--pages", action="store_true", help="measure every page as well")
    parser.add_argument("--asked", type=int, default=300, help="of each page")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args()
    given.full = given.full or max(1, given.citizens // FULL_SHARE)
    if not 0 < given.full <= given.citizens:
        parser.error("there are not more full charts than citizens")
    return given


def _journeys(house: House, given: argparse.Namespace, full: list[Citizen]) -> Took:
    return uvloop.run(journey.measure(house.base, given.seed, full, given.users, given.journeys))


def _pages(house: House, given: argparse.Namespace, full: list[Citizen]) -> list[Page]:
    register(house, given.seed, given.citizens, REGISTERED)
    begun = _end(house)
    recorded = uvloop.run(pages.record(house.base, given.seed, RECORDED))
    settle(house)
    moments = range(_end(house) - (_end(house) - begun) // 10, _end(house))
    people = People(drawn_of(given.seed, given.citizens), full, recorded, moments)
    return uvloop.run(pages.measure(house.base, given.seed, people, given.asked))


def _end(house: House) -> int:
    """The last position of the record."""
    with connect(house.database) as connection:
        (end,) = connection.execute("select max(notification_id) from record.facts").fetchone() or (0,)
        return int(end)


def journey_lines(took: Took) -> Iterator[str]:
    """A line for each step."""
    yield "| step | p50, ms | must be within | p99, ms | must be within |"
    yield "|---|---|---|---|---|"
    for step, bar in STEPS.items():
        outcome = Outcome(latencies=took[step])
        median, p99 = (outcome.quantile(share) for share in (0.5, 0.99))
        yield f"| {step} | {median:.1f} | {_bar(median, bar.median)} | {p99:.1f} | {_bar(p99, bar.p99)} |"


def page_lines(measured: Iterable[Page]) -> Iterator[str]:
    """A line for each page."""
    yield "| page | p50, ms | p99, ms | must be within | largest, KB |"
    yield "|---|---|---|---|---|"
    for page in measured:
        median, p99 = (page.outcome.quantile(share) for share in (0.5, 0.99))
        yield f"| {page.name} | {median:.1f} | {p99:.1f} | {_bar(p99, P99)} | {page.size / 1000:.1f} |"


def _bar(took: float, most: float) -> str:
    return f"{most:g}{'' if took <= most else ' (missed)'}" if most else ""


def _put(given: argparse.Namespace, mark: str, table: Iterable[str]) -> None:
    """Prints, and writes when asked to."""
    lines = []
    for line in table:
        print(line, flush=True)
        lines.append(line)
    if given.write:
        put(mark, "\n".join([_command(given), "", *lines]))


def _command(given: argparse.Namespace) -> str:
    also = " --pages" if given.pages else ""
    return (
        f"`python -m benchmarks.clinician --citizens {given.citizens} --full {given.full} "
        f"--users {given.users} --journeys {given.journeys}{also} --write`, "
        f"{datetime.now(UTC):%d/%m/%Y}, {machine()}."
    )


if __name__ == "__main__":
    main()
