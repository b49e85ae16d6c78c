"""The store from the log alone, the log from the store alone, an older backup brought forward by the log: all
say and decide the same (docs/consistency.md)."""

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import psycopg

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.errors import Uncompared
from ehr.event_store.connections import connect
from ehr.event_store.relaying import RelayPost
from ehr.event_store.verifying import verify_store
from projections import rebuild
from projections.fhir_resources.view import FhirResources
from streams import restoring
from streams.broker import Access, Place
from streams.event_log import LogMisconfigured
from streams.kafka_log import KafkaLog
from streams.relay import Relay, Way, refill
from streams.restoring import restore
from streams.verifying import compare
from tests.conftest import fresh_database
from tests.faults.telling import answers, tell
from tests.replaying import catch_up
from tests.stating import create, migrated, observation, request, state_all, value
from tests.streams.relaying import way

ROUNDS = 8
PROBES = 40
"""Requests by which stores are asked whether they decide alike."""

FACTS = "select count(*) from record.facts"


class Interrupted(Exception):
    """A restore was ended in its midst."""


@dataclass
class Trial:
    """One history, and what was made of it. wrong: what is not as it must be."""

    server: EmbeddedPostgres
    kafka: Access
    seed: int
    wrong: list[str] = field(default_factory=list)
    facts: int = 0

    def run(self) -> "Trial":
        with ExitStack() as stack:
            told = migrated(stack.enter_context(fresh_database(self.server)))
            tell(told, 2 * self.seed, ROUNDS)
            backup = stack.enter_context(fresh_database(self.server, _name(told)))
            tell(told, 2 * self.seed + 1, ROUNDS)
            made = migrated(stack.enter_context(fresh_database(self.server)))
            self.facts = value(told, FACTS)
            self._follow(told, backup, made)
        return self

    def _follow(self, told: str, backup: str, made: str) -> None:
        log = self._to_new_topic(told)
        refill(log)
        self._require_equal("the log from the store", log)
        self._restore(Way(made, *log[1:]))
        self._require_equal("the store from the log", Way(made, *log[1:]))
        self._require_equal_view(made, log)
        again = self._to_new_topic(made)
        refill(again)
        self._require_equal("a new log from that store", Way(told, *again[1:]))
        self._restore_backup(Way(backup, *log[1:]))
        self._require_equal("the older backup", Way(backup, *log[1:]))
        self._require_like_decisions(told, {"the store from the log": made, "the older backup": backup})

    def _to_new_topic(self, url: str) -> Way:
        return way(url, self.kafka, Place(f"test.rebuilding.{secrets.token_hex(6)}", 0))

    def _require_equal(self, what: str, log: Way) -> None:
        compared, store = compare(log), verify_store(log.conninfo)
        said = [finding.what for finding in compared.findings] + [flaws.first.reason for flaws in store.flaws]
        said += [f"{count} in record.{table}" for table, count in store.tables.items()]
        said += ["it lags"] if compared.lags or compared.end != self.facts else []
        self.wrong += [f"{what}: {one}" for one in said[:1]]

    def _require_equal_view(self, made: str, log: Way) -> None:
        """A view that was made from the restored store, against the log."""
        catch_up(made)
        with closing(KafkaLog(log.access, log.place)) as kept:
            differences = rebuild.verify(FhirResources(), kept, made).differences
        self.wrong += [f"fhir_resources.{one.table} differs" for one in differences]

    def _restore(self, log: Way) -> None:
        """With interruptions wherever they happen to come."""
        chance = random.Random(self.seed)
        for often in (0.3, 0.3, 0.0):
            try:
                restore(log, _interrupting(chance, often))
            except Interrupted:
                continue

    def _restore_backup(self, log: Way) -> None:
        """It must refuse to write before, and accept afterwards."""
        self._expect_refusal(log.conninfo, "before a relay has looked")
        with closing(RelayPost(log.conninfo)) as post, closing(Relay(log, post)) as relay:
            try:
                relay.begin()
                self.wrong.append("the older backup: a relay found nothing")
            except LogMisconfigured:
                pass
        self._expect_refusal(log.conninfo, "after a relay has looked")
        self._restore(log)
        self._expect_refusal(log.conninfo, "before a relay has compared anew")
        with closing(RelayPost(log.conninfo)) as post, closing(Relay(log, post)) as relay:
            relay.begin()

    def _expect_refusal(self, url: str, when: str) -> None:
        try:
            state_all(url, request(create(observation("1", 1))), kept_by_kafka=True)
        except Uncompared:
            return
        self.wrong.append(f"the older backup is written to {when}")

    def _require_like_decisions(self, told: str, others: dict[str, str]) -> None:
        """Answers without a fact are in the first store alone: it forgets them."""
        for url in (told, *others.values()):
            with closing(RelayPost(url)) as post, connect(url) as connection:
                post.leave()
                connection.execute("delete from record.answers where position = 0")
        expected = answers(told, 2 * self.seed, PROBES)
        self.wrong += [
            f"{what} decides otherwise"
            for what, url in others.items()
            if answers(url, 2 * self.seed, PROBES) != expected
        ]


def _interrupting(chance: random.Random, often: float) -> Callable[[int, int], None]:
    def told(position: int, end: int) -> None:
        if position < end and chance.random() < often:
            raise Interrupted

    return told


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def trials(server: EmbeddedPostgres, kafka: Access, seeds: range) -> Iterator[Trial]:
    """One trial for each seed, with small batches, so that there is something to interrupt."""
    batch, restoring.BATCH = restoring.BATCH, 5
    try:
        for seed in seeds:
            yield Trial(server, kafka, seed).run()
    finally:
        restoring.BATCH = batch
