"""The largest that the record takes goes through store, relay, topic and reader byte for byte; what is larger
is refused before it is appended, so that nothing holds up the log (docs/reliability.md)."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from ehr.appending import LARGEST_FACT, Append, EncodedFact
from ehr.errors import TooLarge
from ehr.event_store.store import PostgresRecorder
from ehr.facts import EncounterDocumented
from streams.broker import Access, Place
from streams.kafka_log import KafkaLog
from streams.recorded_fact import Entry, RecordedFact
from tests.ehr.test_largest import document, visit
from tests.faults.auditing import Audit
from tests.faults.stores import encoded_fact
from tests.stating import create, looking, observation, request, state_all, value
from tests.streams.relaying import relayed

STATES = "select state from record.facts where notification_id > %s order by notification_id"
NEAR = 200
"""Bytes by which a fact is smaller than the largest, at most; one that is refused is larger by so many."""

GIVE_UP_SECONDS = 20.0
"""Until a fact that cannot be read is held to be stopped."""


@dataclass
class Carried:
    """kinds: how many of each there were. wrong: what did not arrive as it was stated."""

    kinds: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


class Stopped(Exception):
    """What was stated does not arrive."""


def carry(url: str, kafka: Access, seeds: Sequence[int]) -> Iterator[Carried]:
    """A trial for each seed, in an empty record: gives what was carried so far, the same object each time.

    Ends early when something does not arrive, as nothing would afterwards.
    """
    place, carried = Place(f"sizes.{secrets.token_hex(6)}", 0), Carried()
    with relayed(url, kafka, place), closing(KafkaLog(kafka, place)) as log:
        for seed in seeds:
            try:
                _Trial(url, log, carried).run(seed)
            except Stopped:
                carried.wrong.append(f"{seed}: nothing arrives any more")
                break
            yield carried
    audit = Audit(url, kafka.servers, place)
    audit.go_on()
    carried.wrong += audit.found()
    yield carried


class _Trial:
    def __init__(self, url: str, log: KafkaLog, carried: Carried) -> None:
        self._url, self._log, self._carried = url, log, carried
        self._read = self._end()

    def run(self, seed: int) -> None:
        """Something large, each kind in its turn, and something small behind it."""
        kinds = {"largest": self._largest, "in parts": self._split, "refused": self._refused}
        name = list(kinds)[seed % len(kinds)]
        self._carried.kinds[name] += 1
        kinds[name](random.Random(seed))
        state_all(self._url, request(create(observation("P", 1))))
        self._receive()

    def _largest(self, chance: random.Random) -> None:
        append(self._url, fact_of(LARGEST_FACT - chance.choice([0, chance.randrange(NEAR)]), chance))
        self._receive()

    def _refused(self, chance: random.Random) -> None:
        with suppress(TooLarge):
            append(self._url, fact_of(LARGEST_FACT + chance.randrange(1, NEAR), chance))
            self._carried.wrong.append("what is too large was not refused")

    def _split(self, chance: random.Random) -> None:
        """A visit with more documents than go into one fact."""
        documents = [document(chance.randrange(1 << 20, 3 << 20)) for _ in range(chance.randint(8, 12))]
        state_all(self._url, request(*visit(), *documents))
        facts = [entry.fact for entry in self._receive() if isinstance(entry, RecordedFact)]
        parts = [(fact.part, fact.parts) for fact in facts if isinstance(fact, EncounterDocumented)]
        if len(parts) < 2 or parts != [(n, len(parts)) for n in range(1, len(parts) + 1)]:
            self._carried.wrong.append(f"of a visit there were the parts {parts}")

    def _receive(self) -> Sequence[Entry]:
        """The flush that has just been stated, as it is read from the topic. Raises Stopped."""
        if not self._log.wait(self._read, GIVE_UP_SECONDS):
            raise Stopped
        entries, end = self._log.read(self._read, 1), self._end()
        if [entry.position for entry in entries] != list(range(self._read + 1, end + 1)):
            self._carried.wrong.append("a flush was not read as a whole")
        with looking(self._url) as connection:
            stored = connection.execute(STATES, (self._read,)).fetchall()
        if stored != [(entry.state,) for entry in entries if isinstance(entry, RecordedFact)]:
            self._carried.wrong.append("facts were read that are not what is stored")
        self._carried.bytes += sum(len(state) for (state,) in stored)
        self._read = end
        return entries

    def _end(self) -> int:
        end: int = value(self._url, "select coalesce(max(notification_id), 0) from record.facts")
        return end


def fact_of(size: int, chance: random.Random) -> EncodedFact:
    """A fact that has so many bytes when it is encoded."""
    citizen, some = uuid4(), 1 << 16  # A length below is told in fewer bytes.
    other = len(encoded_fact(citizen, bytes(some)).state) - some
    return encoded_fact(citizen, chance.randbytes(size - other))


def append(url: str, fact: EncodedFact) -> None:
    """Appends one fact. Raises TooLarge."""

    async def work() -> None:
        async with PostgresRecorder(url) as recorder:
            await recorder.append(Append([fact]))

    asyncio.run(work())
