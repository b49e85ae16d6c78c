"""Brokers are stopped, killed and started again, one or two of three, while facts are stated and read: facts
are stated all the time, none vanishes, and a reader meets each once and in order (docs/reliability.md)."""

import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from kafka import KafkaAdminClient

from backbone.embedded_kafka import EmbeddedKafka
from streams.broker import Access, Writer
from streams.event_log import LogDamaged, LogUnreachable
from streams.kafka_log import KafkaLog
from streams.relay import Way
from streams.topics import Wish
from tests.backbone.waiting import until
from tests.faults.stores import HEALING_SECONDS, Store, meanwhile
from tests.faults.tailing import Tail, wrong_with

DOWN_SECONDS = 2.0
"""For so long brokers are down, at most, beside the time that they take to start."""

TELLING_SECONDS = 20.0
"""Until a relay must have told that it gets nothing through."""

ROUND = 5
"""Strikes between two looks at the topic."""

READINGS = (1, 7, 500)
"""Facts that a reader asks for at a time."""


@dataclass
class Struck:
    """strikes: how many of each kind. wrong: with the topic, or with what was read."""

    strikes: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    duplicates: int = 0
    wrong: list[str] = field(default_factory=list)


def strike(
    kafka: EmbeddedKafka,
    url: str,
    strikes: int,
    seed: int,
    writer: type[Writer] = Writer,
    told: Callable[[int], None] = lambda _strikes: None,
) -> Struck:
    """Strikes so often, each kind in its turn, while facts are stated in an empty record; leaves all brokers
    running; ends early when something is wrong. writer: of the relays. told: hears how many strikes it was.
    """
    chance, copies = random.Random(seed), kafka.servers.count(",") + 1
    topic, access = Wish(f"struck.{secrets.token_hex(6)}", copies=copies), Access(kafka.servers, patience=1.0)
    store = Store(Way(url, access, topic, 0), chance, writer)
    with store.relays.at_work(), closing(KafkaLog(*store.place)) as log:
        until(store.is_open, "the tails are compared")
        hand, reader = _Hand(kafka, store, copies, chance), _Reader(log, chance)
        while (done := hand.struck.strikes.total()) < strikes and not hand.struck.wrong:
            with meanwhile(store.state, reader.follow):
                for _ in range(min(ROUND, strikes - done)):
                    hand.strike()
                    told(hand.struck.strikes.total())
            store.heal()
            if not store.wrong():
                reader.catch_up(store.end)
            hand.struck.wrong += [*store.wrong(), *reader.wrong, *wrong_with(reader.tail, url)]
    hand.struck.facts, hand.struck.duplicates = store.audit.position, store.audit.duplicates
    return hand.struck


class _Hand:
    """Strikes brokers, and sees to it that they run again."""

    def __init__(self, kafka: EmbeddedKafka, store: Store, brokers: int, chance: random.Random) -> None:
        self._kafka, self._store, self._brokers, self._chance = kafka, store, brokers, chance
        self.struck = Struck()

    def strike(self) -> None:
        """While facts are on their way."""
        kinds = _KINDS_OF_ONE if self._brokers == 1 else _KINDS_OF_THREE
        kind = kinds[self.struck.strikes.total() % len(kinds)]
        before, down = self._store.end, self._victims(kind)
        until(lambda: self._store.position() > before, "a relay is at work")
        (self._kill if "killed" in kind else self._stop)(down)
        time.sleep((0.2 + 0.8 * self._chance.random()) * DOWN_SECONDS)
        if 2 * len(down) >= self._brokers and not self._is_told():
            self.struck.wrong.append("no relay told that it gets nothing through")
        if self._store.end == before:
            self.struck.wrong.append("nothing was stated meanwhile")
        self._kafka.launch(*down)
        self.struck.strikes[kind] += 1

    def _victims(self, kind: str) -> Sequence[int]:
        if "two" in kind:
            return self._chance.sample(range(1, self._brokers + 1), 2)
        return [leader(self._kafka.servers, self._store.place[1].topic)] if "leader" in kind else [1]

    def _kill(self, brokers: Sequence[int]) -> None:
        self._kafka.kill(*brokers)

    def _stop(self, brokers: Sequence[int]) -> None:
        for number in brokers:
            os.kill(self._kafka.pid(number), signal.SIGTERM)
        until(lambda: not any(map(self._kafka.is_running, brokers)), "brokers stop when they are asked to")

    def _is_told(self) -> bool:
        """Whether a relay tells of its trouble within reasonable time."""
        deadline = time.monotonic() + TELLING_SECONDS
        while (told := self._store.standing()) is None or told.trouble is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


_KINDS_OF_ONE = ("killed", "stopped")
_KINDS_OF_THREE = ("leader killed", "two killed", "leader stopped", "two stopped")


class _Reader:
    """Follows the topic, and waits while it is away."""

    def __init__(self, log: KafkaLog, chance: random.Random) -> None:
        self._log, self._chance = log, chance
        self.tail = Tail()
        self.wrong: list[str] = []

    def follow(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self.wrong:
            self._read()

    def catch_up(self, end: int) -> None:
        """Until it is there, or does not get further."""
        deadline = time.monotonic() + HEALING_SECONDS
        while self._last < end and time.monotonic() < deadline and not self.wrong:
            self._read()

    @property
    def _last(self) -> int:
        return self.tail.positions[-1] if self.tail.positions else 0

    def _read(self) -> None:
        try:
            if self._log.wait(self._last, 0.2) and (
                entries := self._log.read(self._last, self._chance.choice(READINGS))
            ):
                self.tail.take(entries)
        except LogUnreachable:
            time.sleep(0.05)
        except LogDamaged as damage:
            self.wrong.append(str(damage))


def leader(servers: str, topic: str) -> int:
    """The number of the broker that leads a topic's first partition; 1 where none does at this moment."""
    with closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
        found = int(admin.describe_topics([topic])[0]["partitions"][0]["leader_id"])
    return max(1, found)
