"""`python -m simulation`: draw a province, send it to a FHIR server, or write its bundles to files."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import uvloop
from rich.console import Console

from simulation.clock import INDOCHINA_TIME
from simulation.code_lists import UnknownProvince
from simulation.feed import CONCURRENCY, Counts, Refusal, ServerAway, feed
from simulation.files import written
from simulation.province import DEMO_CITIZENS, QUANG_TRI, UNTIL, Province, Sending, TooManyCitizens
from simulation.telling import Tell, telling

_SHOWN_REFUSALS = 10


def _day(text: str) -> date:
    return datetime.now(INDOCHINA_TIME).date() if text == "today" else date.fromisoformat(text)


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    options.add_argument(
        "--base", metavar="URL", help="FHIR base to send to, e.g. http://127.0.0.1:8000/fhir"
    )
    options.add_argument("--write", metavar="DIR", type=Path, help="write the bundles into this directory")
    options.add_argument(
        "--citizens", type=int, default=DEMO_CITIZENS, help="people at the start (%(default)s)"
    )
    options.add_argument("--seed", type=int, default=1, help="another seed is another province (%(default)s)")
    options.add_argument("--province", default=QUANG_TRI, help="one of the 34 codes (%(default)s)")
    options.add_argument("--months", type=int, default=24, help="how long their lives are told (%(default)s)")
    options.add_argument(
        "--until", type=_day, default=UNTIL, help="first day left out, or today (%(default)s)"
    )
    options.add_argument("--concurrency", type=int, default=CONCURRENCY, help="connections (%(default)s)")
    options.add_argument(
        "--patient-per-facility", action="store_true", help="each facility registers its own Patient"
    )
    return options


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 all accepted, 1 something refused, 2 wrong options, 3 server away, 130 Ctrl-C."""
    options = parser().parse_args(arguments)
    if not options.base and not options.write:
        parser().error("nothing to do: give --base, --write or both")
    province = _province(options)
    sendings: Iterable[Sending] = written(options.write, province) if options.write else province
    try:
        counts = _sent(options, sendings, len(province))
    except ServerAway as away:
        Console(stderr=True).print(f"stopped: {away}")
        return 3
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped: the next start goes on from here")
        return 130
    _report(counts.refused)
    return 1 if counts.refused else 0


def _province(options: argparse.Namespace) -> Province:
    try:
        return Province(
            options.seed,
            options.citizens,
            months=options.months,
            until=options.until,
            code=options.province,
            patient_per_facility=options.patient_per_facility,
        )
    except (UnknownProvince, TooManyCitizens) as wrong:
        parser().error(str(wrong))


def _sent(options: argparse.Namespace, sendings: Iterable[Sending], total: int) -> Counts:
    with telling(Console(), total) as tell:
        if not options.base:
            return _counted(sendings, tell)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(feed(options.base, sendings, concurrency=options.concurrency, progress=tell))


def _counted(sendings: Iterable[Sending], tell: Tell) -> Counts:
    counts = Counts()
    for sending in sendings:
        counts.accepted += 1
        counts.resources += sending.resources
        tell(counts)
    return counts


def _report(refused: list[Refusal]) -> None:
    console = Console(stderr=True)
    for refusal in refused[:_SHOWN_REFUSALS]:
        reasons = "; ".join(refusal.issues) or "no reason given"
        console.print(f"refused: {refusal.idempotency_key} with {refusal.status}: {reasons}", markup=False)
    if len(refused) > _SHOWN_REFUSALS:
        console.print(f"refused: {len(refused) - _SHOWN_REFUSALS} more")


if __name__ == "__main__":
    sys.exit(main())
