"""Relays in processes of their own, which are killed, stopped for a while, and cut off from the store."""

import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from unittest.mock import patch

import psycopg
import structlog

from streams.broker import Access, Writer
from streams.relay import Way, run_relay
from tests.faults.forks import FORKS
from tests.stating import looking

RELAYS = 2
"""One carries, the other stands by."""

SILENT_SECONDS = 2
"""Until one that hangs is dismissed."""

SMALL = {
    "streams.relay.WINDOW": 200,
    "streams.broker.BATCH_BYTES": 30_000,  # A few in a window.
    "streams.broker._FETCH_BYTES": 200_000,
    "streams.kafka_log.TAIL": 1_000,  # Many batches, all the same.
    "streams.relay.PAUSE_SECONDS": 0.1,
    "streams.relay.TROUBLE_SECONDS": 0.2,
    "ehr.event_store.lease.SILENT_SECONDS": SILENT_SECONDS,
}
"""What is smaller than in earnest: a campaign has no time to lose, and one that begins anew with every cut
spends most of it on waiting and on reading the log's end."""

SELDOM = 40.0
"""Seconds between two troubles of the relays of a store, at most."""

PATIENCE = (0.6, 1.0, 2.0)


class Relays:
    """Relays of one store. writer: in place of the sound one. Whatever ends one of them comes from here."""

    def __init__(self, way: Way, chance: random.Random, writer: type[Writer] = Writer) -> None:
        # The database can tell their connections from others.
        conninfo = psycopg.conninfo.make_conninfo(way.conninfo, application_name="relay")
        self._way, self._chance, self._writer = way._replace(conninfo=conninfo), chance, writer
        self._running: list[BaseProcess] = []
        self.troubles: Counter[str] = Counter()
        self.crashed = 0

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Starts them, and leaves none behind."""
        self.refresh()
        try:
            yield
        finally:
            for relay in self._running:
                _end(relay)

    def refresh(self) -> None:
        """Starts what is missing; counts what has ended by itself."""
        ended = [relay for relay in self._running if not relay.is_alive()]
        self.crashed += len(ended)
        self._running = [relay for relay in self._running if relay.is_alive()]
        while len(self._running) < RELAYS:
            self._running.append(self._started())

    def trouble(self, stop: threading.Event) -> None:
        """Goes on until told to stop."""
        kinds = (self._kill, self._kill, self._pause, self._disconnect)
        while not stop.wait(self._chance.random() * SELDOM):
            self._chance.choice(kinds)()
            self.refresh()

    def _started(self) -> BaseProcess:
        access = Access(self._way.access.servers, patience=self._chance.choice(PATIENCE))
        relay = FORKS.Process(target=carry, args=(self._way._replace(access=access), self._writer))
        relay.start()
        return relay

    def _kill(self) -> None:
        relay = self._running.pop(self._chance.randrange(RELAYS))
        _end(relay)
        self.troubles["kills"] += 1

    def _pause(self) -> None:
        """Longer than a relay may be silent, so that what it had begun comes late."""
        pid = self._chance.choice(self._running).pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self._chance.random() * 2 * SILENT_SECONDS)
        os.kill(pid, signal.SIGCONT)
        self.troubles["pauses"] += 1

    def _disconnect(self) -> None:
        with looking(self._way.conninfo) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and application_name = 'relay' and pid <> pg_backend_pid() and random() < 0.5"
            )
        self.troubles["cuts from the store"] += 1


def carry(to: Way, writer: type[Writer]) -> None:
    """A relay's whole life: until it is killed, or its starter is gone. A writer in place of the sound one is
    believed: the relay does not look whether the log ends where it should."""
    parent = os.getppid()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with contextlib.ExitStack() as stack:
        for name, small in SMALL.items():
            stack.enter_context(patch(name, small))
        stack.enter_context(patch("streams.relay.Writer", writer))
        if writer is not Writer:
            stack.enter_context(patch("streams.relay.Relay._pass_over"))
        run_relay(to, lambda: os.getppid() != parent)


def _end(relay: BaseProcess) -> None:
    relay.kill()
    relay.join()
    relay.close()
