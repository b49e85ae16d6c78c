"""``python -m tests.faults TRIALS EVENTS``: trials of each fault under load, a fault every half second; and a
reader that follows so many events. One line each; usually 10 and 100,000."""

import logging
import sys
import tempfile
from pathlib import Path

import structlog

from backbone.embedded_postgres import EmbeddedPostgres
from streams.broker import Access
from tests.faults import rebuilding, zombies
from tests.faults.harness import FAULTS, trial
from tests.faults.house import looked_after_house
from tests.faults.tailing import follow
from tests.faults.zombies import field_of
from tests.kafka_broker import local_kafka
from tests.stating import migrated


def main(trials: int = 10, events: int = 100_000) -> int:
    """Gives the number of failed trials."""
    failed = sum(_try(name, trials) for name in FAULTS) + _zombies(trials) + _rebuild(trials) if trials else 0
    return failed + (_follow(events) if events else 0)


def _try(name: str, trials: int) -> int:
    with looked_after_house() as house:
        failures = 0
        for seed in range(trials):
            wrong = trial(house, FAULTS[name], seed)
            failures += bool(wrong)
            print(f"\r{name}: {seed + 1}/{trials} {'; '.join(wrong)}", end="", flush=True)
    print(f"\r{name}: {trials} trials, {failures} failures, 95 % bound {3 / trials:.2g}", flush=True)
    return failures


def _zombies(trials: int) -> int:
    failures = 0
    with local_kafka() as kafka, field_of(kafka.servers, 150) as place:
        for seed in range(trials):
            wrong = zombies.trial(place, seed)
            failures += bool(wrong)
            print(f"\rzombies: {seed + 1}/{trials} {'; '.join(wrong)}", end="", flush=True)
        told = f"{trials} trials ({place.kills} kills, {place.records} records), {failures} failures"
        print(f"\rzombies: {told}, 95 % bound {3 / trials:.2g}", flush=True)
    return failures


def _rebuild(number: int) -> int:
    failures = facts = 0
    # Each history has an event of the library, which views set aside and say so.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="ehr-faults-") as place, local_kafka() as kafka:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres") as postgres:
            for trial in rebuilding.trials(postgres, Access(kafka.servers), range(number)):
                failures += bool(trial.wrong)
                facts += trial.facts
                print(f"\rrebuilding: {trial.seed + 1}/{number} {'; '.join(trial.wrong)}", end="", flush=True)
    told = f"{number} trials ({facts} facts), {failures} failures"
    print(f"\rrebuilding: {told}, 95 % bound {3 / number:.2g}", flush=True)
    return failures


def _follow(events: int) -> int:
    with tempfile.TemporaryDirectory(prefix="ehr-faults-") as place:
        Path(place).chmod(0o711)
        with EmbeddedPostgres(Path(place) / "postgres") as postgres:
            followed = follow(migrated(postgres.url), events)
    print(f"reader: {followed}", flush=True)
    return bool(followed.wrong)


if __name__ == "__main__":
    sys.exit(min(main(*map(int, sys.argv[1:])), 1))
