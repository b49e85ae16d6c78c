"""Heavy bundles in processes of their own: reading and validating thousands of resources takes a second of
pure computing, during which small requests must not wait.

A worker carries out the whole Bundle with its own connections to the record; several processes may append.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from typing import NamedTuple

from ehr.errors import Unavailable
from ehr.event_store.store import PostgresRecorder
from ehr.garbage import no_search_for_cycles
from ehr.health_record import HealthRecord
from fhir_api.bundles import BundleLimits
from fhir_api.intake import Issue, warm
from fhir_api.outcomes import Told, note, told
from fhir_api.writing import BundleAnswer, Envelope, state_bundle


class _Refusal(NamedTuple):
    status: int
    issues: list[Issue]
    headers: dict[str, str]


class HeavyWorkers:
    """A pool of worker processes. ``async with`` starts and stops it."""

    def __init__(self, conninfo: str, limits: BundleLimits, tie: Callable[[], None], count: int = 2) -> None:
        """conninfo: of the record's database. tie: called in each worker first, to tie it to this process."""
        self._setup = (conninfo, limits, tie)
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    async def __aenter__(self) -> "HeavyWorkers":
        self._pool = self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    async def state_bundle(self, raw: bytes, envelope: Envelope) -> BundleAnswer:
        """``writing.state_bundle`` in a worker. Raises Told for what it refuses, Unavailable when it died."""
        assert self._pool is not None
        pool = self._pool
        try:
            result = await asyncio.get_running_loop().run_in_executor(pool, _state_bundle, raw, envelope)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._start()
            raise Unavailable from None
        if isinstance(result, _Refusal):
            raise Told(*result)
        return result

    def _start(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._count, spawn, _set_up, self._setup)
        for _ in range(self._count):
            pool.submit(_ready)  # starts a process; nobody waits for it before the first heavy bundle
        return pool


class _Worker:
    """What one worker process keeps between bundles."""

    def __init__(self, conninfo: str, limits: BundleLimits) -> None:
        self.loop = asyncio.new_event_loop()
        self.limits = limits
        self.stack = AsyncExitStack()
        recorder = self.loop.run_until_complete(self.stack.enter_async_context(PostgresRecorder(conninfo)))
        self.record = HealthRecord(recorder)

    def state_bundle(self, raw: bytes, envelope: Envelope) -> BundleAnswer:
        with no_search_for_cycles():
            return self._state_bundle(raw, envelope)

    def _state_bundle(self, raw: bytes, envelope: Envelope) -> BundleAnswer:
        return self.loop.run_until_complete(state_bundle(self.record, raw, self.limits, envelope))


_workers: list[_Worker] = []


def _set_up(conninfo: str, limits: BundleLimits, tie: Callable[[], None]) -> None:
    tie()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the server stops its workers
    warm()
    _workers.append(_Worker(conninfo, limits))


def _ready() -> bool:
    return bool(_workers)


def _state_bundle(raw: bytes, envelope: Envelope) -> BundleAnswer | _Refusal:
    try:
        return _workers[0].state_bundle(raw, envelope)
    except Exception as error:  # noqa: BLE001 - an error that cannot be pickled would break the pool
        note(error, envelope.request_id)
        return _Refusal(*told(error))
