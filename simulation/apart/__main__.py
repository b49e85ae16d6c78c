"""`python -m simulation.apart`: facilities register everybody for themselves, the truth answers what the
server asks, and its charts are held against the truth."""

from __future__ import annotations

import argparse
import asyncio
import sys
from time import monotonic

import httpx
import uvloop
from rich.console import Console

from simulation.apart.groups import HEAD, figures, groups_of
from simulation.apart.ledger import Ledger
from simulation.apart.panels import hold, some
from simulation.apart.proof import RECALL, Asked, Charts, Linked, Tell, answer, charts, linked
from simulation.apart.sent import Sent
from simulation.apart.server import Incomplete, NotJudged, Server
from simulation.feed import CONCURRENCY, Answered, Refusal, ServerAway, feed
from simulation.province import QUANG_TRI, UNTIL, Province, Sending, TooManyCitizens
from simulation.registering.patients import Shares
from simulation.telling import SECONDS_BETWEEN_LINES, telling

_USUAL = Shares()
_SHOWN_FAULTS = 20


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(prog="python -m simulation.apart", description=__doc__)
    options.add_argument("--base", metavar="URL", required=True, help="root, e.g. http://127.0.0.1:8000")
    options.add_argument("--citizens", type=int, default=400, help="people at the start (%(default)s)")
    options.add_argument("--seed", type=int, default=1, help="another seed is another province (%(default)s)")
    options.add_argument("--months", type=int, default=24, help="how long their lives are told (%(default)s)")
    options.add_argument("--typed", type=float, default=_USUAL.typed, help="share typed (%(default)s)")
    options.add_argument(
        "--absent", type=float, default=_USUAL.absent, help="share without card (%(default)s)"
    )
    options.add_argument(
        "--mother", type=float, default=_USUAL.mother, help="of children, her card scanned (%(default)s)"
    )
    options.add_argument(
        "--panels",
        type=int,
        metavar="N",
        help="hold the charts of N citizens against what was sent, panel by panel",
    )
    options.add_argument(
        "--shared", action="store_true", help="with --panels: facilities share one Patient of everybody"
    )
    return options


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 charts hold, 1 they do not or something was refused, 2 wrong options, 3 server away."""
    options = parser().parse_args(arguments)
    if options.panels is None and options.shared:
        parser().error("--shared leaves nothing to link: it goes with --panels")
    own = Shares(typed=options.typed, absent=options.absent, mother=options.mother)
    try:
        province = Province(
            options.seed,
            options.citizens,
            months=options.months,
            until=UNTIL,
            code=QUANG_TRI,
            shares=None if options.shared else own,
        )
    except TooManyCitizens as wrong:
        parser().error(str(wrong))
    base = options.base.rstrip("/")
    try:
        return (
            prove(province, base) if options.panels is None else prove_panels(province, base, options.panels)
        )
    except (ServerAway, NotJudged, Incomplete, httpx.HTTPError) as trouble:
        Console(stderr=True).print(f"stopped: {trouble}", markup=False)
        return 3


def prove(province: Province, base: str) -> int:
    """Send the province, have everybody judged, answer, and compare. 0 where charts hold."""
    ledger, console = Ledger(), Console()
    refused = _sent(province, base, ledger.note, console)
    with httpx.Client(timeout=60.0, trust_env=False) as client:
        server, tell = Server(client, base), _told(console)
        server.settle()
        before, persons = linked(server, ledger, tell)
        asked = answer(server, ledger, persons, tell)
        after, joined = linked(server, ledger, tell)
        found = charts(server, ledger, tell)
    groups = figures(ledger, groups_of(province, ledger), persons, joined, asked)
    rows = (*HEAD, *(group.row for group in groups), "")
    for line in (*rows, *_figures(before, asked, after, len(persons)), found.line):
        console.print(line, highlight=False, soft_wrap=True)
    return 0 if _holds(refused, before, asked, after, found) else 1


def prove_panels(province: Province, base: str, number: int) -> int:
    """Send the province, have everybody judged, answer, and hold so many charts against what was sent."""
    ledger, sent, console = Ledger(), Sent(), Console()

    def note(sending: Sending, body: bytes) -> None:
        ledger.note(sending, body)
        sent.note(sending, body)

    refused = _sent(province, base, note, console)
    citizens = some(province.seed, ledger, number)
    with httpx.Client(timeout=60.0, trust_env=False) as client:
        server, tell = Server(client, base), _told(console)
        server.settle()
        asked = answer(server, ledger, linked(server, ledger, tell)[1], tell)
        names = {one.code: one.name for one in province.network.facilities}
        held = hold(server, ledger, sent, names, citizens, tell)
    for line in (*held.table, "", held.line, *map(str, held.faults[:_SHOWN_FAULTS])):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    return 0 if not (refused or asked.left or held.faults) and held.citizens == number else 1


def _sent(province: Province, base: str, note: Answered, console: Console) -> list[Refusal]:
    with (
        telling(console, len(province)) as tell,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        sent = feed(f"{base}/fhir", province, concurrency=CONCURRENCY, progress=tell, answered=note)
        return runner.run(sent).refused


def _holds(refused: list[Refusal], before: Linked, asked: Asked, after: Linked, found: Charts) -> bool:
    whole = not refused and not asked.left
    return whole and not before.wrong and not after.wrong and after.recall >= RECALL and found.hold


def _told(console: Console) -> Tell:
    """A line now and then."""
    told_at = monotonic()

    def tell(what: str, done: int, all_: int) -> None:
        nonlocal told_at
        if monotonic() - told_at >= SECONDS_BETWEEN_LINES:
            told_at = monotonic()
            console.print(f"{what}: {done} of {all_}", highlight=False)

    return tell


def _figures(before: Linked, asked: Asked, after: Linked, registrations: int) -> list[str]:
    per_100 = 100 * len(asked.persons) / max(1, registrations)
    return [
        f"linked by themselves: {before.linked} of {before.pairs} pairs of Patients, {before.wrong} wrong: "
        f"precision {before.precision:.5f}, recall {before.recall:.4f}",
        f"proposals: {len(asked.persons)} in {registrations} registrations, {per_100:.2f} per 100, "
        f"{len(asked.wrong)} about two people; {len(asked.answered)} pairs answered, {asked.left} left",
        f"with proposals: recall {after.recall:.4f}, {after.wrong} wrong",
    ]


if __name__ == "__main__":
    sys.exit(main())
