"""Connections are cut between relay and broker, before an acknowledgement above all, and relays are killed:
the topic has every fact, in order, as it is stored (docs/reliability.md)."""

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

from ehr.appending import Append, EncodedFact
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import connect
from ehr.event_store.relaying import standing
from ehr.values import new_id
from streams.broker import Access, Writer
from streams.relay import Way
from streams.topics import Wish
from tests.backbone.waiting import until
from tests.faults.auditing import Audit
from tests.faults.proxy import Proxy, at_work
from tests.faults.relays import Relays
from tests.kafka_broker import local_kafka
from tests.stating import looking, value

ROUND = 500
"""Cuts between two looks at the topic."""

CITIZENS = 50
LARGEST_FLUSH = 30
LARGEST_STATE = 1_000
HEALING_SECONDS = 60.0
"""A relay that gets nothing through for so long, with nothing in its way, hangs."""


@dataclass(frozen=True)
class Cut:
    """How often connections were cut, and what was wrong with the topic."""

    cuts: int
    told: str
    wrong: list[str]


class Store:
    """A record store with its relays, and an eye on its partition."""

    def __init__(self, to: Way, chance: random.Random, writer: type[Writer]) -> None:
        self.url, self.relays = to.conninfo, Relays(to, chance, writer)
        self.audit = Audit(to.conninfo, to.access.servers, to.place)
        self._chance = chance

    def position(self) -> int | None:
        """Up to which its relay says that the topic has all; None before one has compared."""
        with looking(self.url) as connection:
            told = standing(connection)
        return told.position if told and told.compared else None

    def state(self, stop: threading.Event) -> None:
        """Facts in flushes of all sizes, until told to stop."""
        with connect(self.url) as connection:
            while not stop.wait(self._chance.random() / 10):
                flush = [self._fact() for _ in range(self._chance.randint(1, LARGEST_FLUSH))]
                connection.execute(APPEND, parameters(UUID(new_id()), [Append(flush)]))

    def heal(self) -> None:
        """Waits until a relay says that it has brought everything, and looks whether it has."""
        end = value(self.url, "select max(notification_id) from record.facts")
        best, deadline = 0, time.monotonic() + HEALING_SECONDS
        while (position := self.position() or 0) < end and time.monotonic() < deadline:
            if position > best:
                best, deadline = position, time.monotonic() + HEALING_SECONDS
            self.relays.refresh()
            time.sleep(0.05)
        self.audit.wrong["facts were not relayed afterwards"] += max(0, end - position)
        self.audit.go_on()

    def _fact(self) -> EncodedFact:
        citizen = UUID(int=self._chance.randrange(CITIZENS))
        return EncodedFact(
            citizen, "cut", self._chance.randbytes(self._chance.randrange(LARGEST_STATE)), citizen
        )


@contextmanager
def broker_behind_proxy(seed: int) -> Iterator[Proxy]:
    """A broker that can be reached through the proxy only, which is calm at first."""
    proxy = Proxy(random.Random(seed))
    with (
        at_work(proxy),
        local_kafka(settings={"advertised.listeners": f"PLAINTEXT://{proxy.address}"}) as kafka,
    ):
        proxy.broker = int(kafka.servers.rpartition(":")[2])
        yield proxy


def cut(
    proxy: Proxy,
    urls: Sequence[str],
    cuts: int,
    writer: type[Writer] = Writer,
    told: Callable[[int], None] = lambda _cuts: None,
) -> Cut:
    """Cuts so often while facts are stated in some empty stores; ends early when something is wrong.

    writer: of the relays. told: hears now and then how often it was.
    """
    topic = Wish(f"cut.{secrets.token_hex(6)}", len(urls), copies=1)
    ways = [Way(url, Access(proxy.address), topic, partition) for partition, url in enumerate(urls)]
    stores = [Store(way, proxy.chance, writer) for way in ways]
    proxy.faults.clear()
    with ExitStack() as stack:
        for store in stores:
            stack.enter_context(store.relays.at_work())
        until(lambda: all(store.position() is not None for store in stores), "the tails are compared")
        while proxy.cuts < cuts and not _wrong(stores):
            _have_cut(proxy, stores, min(cuts, proxy.cuts + ROUND))
            for store in stores:
                store.heal()
            told(proxy.cuts)
    return Cut(proxy.cuts, _told(proxy, stores), _wrong(stores))


def _have_cut(proxy: Proxy, stores: Sequence[Store], cuts: int) -> None:
    works = [work for store in stores for work in (store.state, store.relays.trouble)]
    with _meanwhile(*works):
        proxy.calm = False
        while proxy.cuts < cuts:
            time.sleep(0.01)
        proxy.calm = True


def _wrong(stores: Sequence[Store]) -> list[str]:
    found = [wrong for store in stores for wrong in store.audit.found()]
    crashed = sum(store.relays.crashed for store in stores)
    return [*found, f"{crashed} relays ended by themselves"] if crashed else found


def _told(proxy: Proxy, stores: Sequence[Store]) -> str:
    told = Counter[str](facts=0, duplicates=0)
    for store in stores:
        told.update({"facts": store.audit.position, "duplicates": store.audit.duplicates})
        told.update(store.relays.troubles)
    told.update(proxy.faults)
    return ", ".join(f"{many} {what}" for what, many in told.items())


@contextmanager
def _meanwhile(*works: Callable[[threading.Event], None]) -> Iterator[None]:
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
