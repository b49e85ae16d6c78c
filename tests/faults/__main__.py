"""``python -m tests.faults TRIALS EVENTS NAME…``: campaigns, all or those named; one line each. Usually 10
trials, and 100,000 events that a reader follows. docs/reliability.md tells what they try."""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import structlog

from backbone.embedded_postgres import EmbeddedPostgres
from streams.broker import Access
from tests.conftest import fresh_database
from tests.faults import rebuilding, zombies
from tests.faults.brokers import strike
from tests.faults.conditions import Asked, race
from tests.faults.cutting import broker_behind_proxy, cut
from tests.faults.harness import FAULTS, trial
from tests.faults.histories import Histories, live
from tests.faults.house import looked_after_house
from tests.faults.pasts import Pasts, look_back
from tests.faults.sizes import Carried, carry
from tests.faults.tailing import follow
from tests.faults.zombies import field_of
from tests.kafka_broker import SHORT_SESSIONS, local_kafka
from tests.stating import migrated

CUTS = 1_000
"""For each of the trials that are asked for."""

RACED = 2_000
"""Requests by a condition, in each trial."""

HISTORIES = 50
"""Of Patients, in each trial."""

BURSTS = 60
"""Of requests in each trial, after each of which somebody looks."""

STORES = 3
"""Whose relays are cut off."""

CITIZENS = 50
"""About whom projectors have enough to do for as long as they are struck."""


def main(trials: int, events: int, *names: str) -> int:
    """Gives the number of failures."""
    # Relays and projectors would say of each fault what befell them.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    campaigns: dict[str, Callable[[str], int]] = {name: partial(_try, number=trials) for name in FAULTS}
    campaigns |= {"zombies": partial(_zombies, number=trials), "rebuilding": partial(_rebuild, number=trials)}
    campaigns |= {"acknowledgements": partial(_cut, number=trials), "sizes": partial(_carry, number=trials)}
    campaigns |= {"broker": partial(_strike, number=trials, brokers=1)}
    campaigns |= {"brokers": partial(_strike, number=trials, brokers=3)}
    campaigns |= {"conditions": partial(_race, number=trials)}
    campaigns |= {"histories": partial(_live, number=trials)}
    campaigns |= {"pasts": partial(_look_back, number=trials)}
    campaigns |= {"reader": partial(_follow, events=events)}
    return sum(campaigns[name](name) for name in names or campaigns)


def _try(name: str, number: int) -> int:
    with looked_after_house() as house:
        failures = 0
        for seed in range(number):
            wrong = trial(house, FAULTS[name], seed)
            failures += bool(wrong)
            _so_far(name, seed + 1, number, wrong)
    return _told(name, number, failures)


def _zombies(name: str, number: int) -> int:
    failures = 0
    with local_kafka() as kafka, field_of(kafka.servers, CITIZENS) as place:
        for seed in range(number):
            wrong = zombies.trial(place, seed)
            failures += bool(wrong)
            _so_far(name, seed + 1, number, wrong)
        return _told(name, number, failures, f"{place.kills} kills, {place.records} records")


def _rebuild(name: str, number: int) -> int:
    failures = facts = 0
    with _postgres() as postgres, local_kafka() as kafka:
        for trial in rebuilding.trials(postgres, Access(kafka.servers), range(number)):
            failures += bool(trial.wrong)
            facts += trial.facts
            _so_far(name, trial.seed + 1, number, trial.wrong)
    return _told(name, number, failures, f"{facts} facts")


def _cut(name: str, number: int) -> int:
    cuts = number * CUTS
    with _postgres() as postgres, ExitStack() as stack, broker_behind_proxy(seed=number) as proxy:
        urls = [migrated(stack.enter_context(fresh_database(postgres))) for _ in range(STORES)]
        found = cut(proxy, urls, cuts, told=lambda so_far: _so_far(name, so_far, cuts, []))
    _so_far(name, found.cuts, cuts, found.wrong)
    return _told(name, found.cuts, len(found.wrong), f"seed {number}, {found.told}")


def _strike(name: str, number: int, brokers: int) -> int:
    with _postgres() as postgres, local_kafka(brokers=brokers, settings=SHORT_SESSIONS) as kafka:
        url = migrated(postgres.url)
        struck = strike(kafka, url, number, seed=number, told=lambda done: _so_far(name, done, number, []))
    _so_far(name, struck.strikes.total(), number, struck.wrong)
    kinds = ", ".join(f"{many} {kind}" for kind, many in struck.strikes.items())
    told = f"seed {number}, {kinds}; {struck.facts} facts, {struck.duplicates} duplicates"
    return _told(name, struck.strikes.total(), len(struck.wrong), told)


def _carry(name: str, number: int) -> int:
    carried = Carried()
    with _postgres() as postgres, local_kafka() as kafka:
        for carried in carry(migrated(postgres.url), Access(kafka.servers), range(number)):
            _so_far(name, carried.kinds.total(), number, carried.wrong)
    kinds = ", ".join(f"{many} {kind}" for kind, many in carried.kinds.items())
    return _told(name, carried.kinds.total(), len(carried.wrong), f"{kinds}; {carried.bytes >> 20} MiB")


def _follow(name: str, events: int) -> int:
    with _postgres() as postgres:
        followed = follow(migrated(postgres.url), events)
    print(f"{name}: {followed}", flush=True)
    return bool(followed.wrong)


def _race(name: str, number: int) -> int:
    failures = 0
    asked, stated = Asked(), 0
    with _postgres() as postgres:
        for seed in range(number):
            with fresh_database(postgres) as url:
                raced = race(migrated(url), RACED, seed)
            failures += bool(raced.wrong)
            asked, stated = asked + raced.asked, stated + raced.stated
            _so_far(name, seed + 1, number, raced.wrong)
    kinds = ", ".join(f"{many} {kind}" for kind, many in asked.requests.items())
    told = f"{kinds}; {stated} versions, {asked.refused} refused, {asked.lost} answers lost"
    return _told(name, number, failures, told)


def _live(name: str, number: int) -> int:
    lived = Histories()
    with _postgres() as postgres:
        for seed in range(number):
            with fresh_database(postgres) as url:
                one = live(migrated(url), HISTORIES, seed)
            lived += one
            _so_far(name, (seed + 1) * HISTORIES, number * HISTORIES, one.wrong)
    return _told(name, number * HISTORIES, len(lived.wrong), f"{lived.told}; {lived.facts} facts")


def _look_back(name: str, number: int) -> int:
    seen, failures = Pasts(), 0
    with _postgres() as postgres:
        for seed in range(number):
            with fresh_database(postgres) as url:
                one = look_back(migrated(url), BURSTS, seed)
            seen += one
            failures += bool(one.wrong)
            _so_far(name, seed + 1, number, one.wrong)
    return _told(name, number, failures, f"{seen.charts} charts; {seen.told}; {seen.facts} facts")


@contextmanager
def _postgres() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="ehr-faults-") as place:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres") as postgres:
            yield postgres


def _so_far(name: str, done: int, number: int, wrong: list[str]) -> None:
    print(f"\r{name}: {done}/{number} {'; '.join(wrong)}", end="\n" if wrong else "", flush=True)


def _told(name: str, trials: int, failures: int, told: str = "") -> int:
    """Gives the failures."""
    bound = f", 95 % bound {3 / trials:.2g}" if trials else ""
    print(f"\r{name}: {trials} trials, {failures} failures{bound}{told and f' ({told})'}", flush=True)
    return failures


if __name__ == "__main__":
    asked, events, *names = sys.argv[1:]
    sys.exit(min(main(int(asked), int(events), *names), 1))
