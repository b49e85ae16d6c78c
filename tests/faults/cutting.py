"""Connections are cut between relay and broker, before an acknowledgement above all, and relays are killed:
the topic has every fact, in order, as it is stored (docs/reliability.md)."""

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from streams.broker import Access, Writer
from streams.relay import Way
from streams.topics import Wish
from tests.backbone.waiting import until
from tests.faults.proxy import Proxy, at_work
from tests.faults.stores import Store, meanwhile
from tests.kafka_broker import local_kafka

ROUND = 500
"""Cuts between two looks at the topic."""


@dataclass(frozen=True)
class Cut:
    """How often connections were cut, and what was wrong with the topic."""

    cuts: int
    told: str
    wrong: list[str]


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
        until(lambda: all(store.is_open() for store in stores), "the tails are compared")
        while proxy.cuts < cuts and not _wrong(stores):
            _have_cut(proxy, stores, min(cuts, proxy.cuts + ROUND))
            for store in stores:
                store.heal()
            told(proxy.cuts)
    return Cut(proxy.cuts, _told(proxy, stores), _wrong(stores))


def _have_cut(proxy: Proxy, stores: Sequence[Store], cuts: int) -> None:
    works = [work for store in stores for work in (store.state, store.relays.trouble)]
    with meanwhile(*works):
        proxy.calm = False
        while proxy.cuts < cuts:
            time.sleep(0.01)
        proxy.calm = True


def _wrong(stores: Sequence[Store]) -> list[str]:
    return [wrong for store in stores for wrong in store.wrong()]


def _told(proxy: Proxy, stores: Sequence[Store]) -> str:
    told = Counter[str](facts=0, duplicates=0)
    for store in stores:
        told.update({"facts": store.audit.position, "duplicates": store.audit.duplicates})
        told.update(store.relays.troubles)
    told.update(proxy.faults)
    return ", ".join(f"{many} {what}" for what, many in told.items())
