"""Record stores in which facts are stated all the time, each with its relays and an eye on its partition."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from ehr.appending import Append, EncodedFact
from ehr.encoding import encode_fact
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import connect
from ehr.event_store.relaying import RelayStanding, keep_by_kafka, standing
from ehr.facts import SCHEMA_VERSION, ResourceRecorded, ResourceVersion
from ehr.values import new_id
from streams.broker import Writer
from streams.relay import Way
from tests.faults.auditing import Audit
from tests.faults.relays import Relays
from tests.stating import looking, value

CITIZENS = 50
LARGEST_FLUSH = 30
LARGEST_BODY = 1_000

HEALING_SECONDS = 60.0
"""A relay that gets nothing through for so long, with nothing in its way, hangs."""


class Store:
    """A record store with its relays, and an eye on its partition."""

    def __init__(self, to: Way, chance: random.Random, writer: type[Writer]) -> None:
        with looking(to.conninfo) as connection:
            keep_by_kafka(connection)
        self.url, self.relays = to.conninfo, Relays(to, chance, writer)
        self.place = to.access, to.place
        self.audit = Audit(to.conninfo, to.access.servers, to.place)
        self._chance = chance

    @property
    def end(self) -> int:
        """Its last position."""
        end: int = value(self.url, "select coalesce(max(notification_id), 0) from record.facts")
        return end

    def standing(self) -> RelayStanding | None:
        """What its relay tells of itself."""
        with looking(self.url) as connection:
            return standing(connection)

    def position(self) -> int:
        """Up to which its relay says that the topic has all."""
        told = self.standing()
        return told.position if told else 0

    def is_open(self) -> bool:
        """Whether facts can be stated."""
        told = self.standing()
        return told is not None and told.compared

    def state(self, stop: threading.Event) -> None:
        """Facts in flushes of all sizes, until told to stop."""
        with connect(self.url) as connection:
            while not stop.wait(self._chance.random() / 10):
                flush = [self._fact() for _ in range(self._chance.randint(1, LARGEST_FLUSH))]
                connection.execute(APPEND, parameters(UUID(new_id()), [Append(flush)], kept_by_kafka=False))

    def heal(self) -> None:
        """Waits until a relay says that it has brought everything, and looks whether it has."""
        end = self.end
        best, deadline = 0, time.monotonic() + HEALING_SECONDS
        while (position := self.position()) < end and time.monotonic() < deadline:
            if position > best:
                best, deadline = position, time.monotonic() + HEALING_SECONDS
            self.relays.refresh()
            time.sleep(0.05)
        self.audit.wrong["facts were not relayed afterwards"] += max(0, end - position)
        self.audit.go_on()

    def wrong(self) -> list[str]:
        """What is wrong with the topic, or the relays, in words."""
        crashed = self.relays.crashed
        return [*self.audit.found(), *[f"{crashed} relays ended by themselves"] * (crashed > 0)]

    def _fact(self) -> EncodedFact:
        body = self._chance.randbytes(self._chance.randrange(LARGEST_BODY))
        return encoded_fact(UUID(int=self._chance.randrange(CITIZENS)), body)


def encoded_fact(citizen: UUID, body: bytes) -> EncodedFact:
    """A fact about a citizen."""
    fact = ResourceRecorded(
        event_id=new_id(),
        schema_version=SCHEMA_VERSION,
        subject=citizen,
        stream=citizen,
        resources=[ResourceVersion("Binary", new_id(), 1, "create", 0, body)],
        actor="test",
        happened_at="2026",
        recorded_at="2026-01-01T00:00:00.000Z",
    )
    return EncodedFact(citizen, fact.name, encode_fact(fact), citizen)


@contextmanager
def meanwhile(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    """Each of the works in a thread, until told to stop."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
