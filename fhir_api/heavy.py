"""Heavy requests in processes of their own: reading and validating thousands of resources takes a second of
pure computing, and so does a huge one; meanwhile small requests must not wait.

A worker carries out the whole request with its own connections to the record; several processes may append.
Each worker is given one request at a time, and dies with no other; those that wait do so in the server.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from functools import partial
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import structlog

from ehr.event_store.store import PostgresRecorder
from ehr.garbage import no_search_for_cycles
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Change
from ehr.searching import Searcher
from fhir_api.bundles import BundleLimits
from fhir_api.errors import Busy, WorkerLost
from fhir_api.frames import Read, reads_of_transaction
from fhir_api.intake import Issue, warm
from fhir_api.outcomes import Told, note, told
from fhir_api.room import SMALL, SOON
from fhir_api.single import state_resource
from fhir_api.writing import BundleAnswer, Envelope, state_bundle

HEAVY = SMALL
"""Bytes from which a body goes to a worker process."""

MOST_WAITING = 16
"""Requests that wait for a worker; further ones are refused, as their turn would come too late."""

STOP_SECONDS = 5.0
"""So long a worker that is told to stop may go on; then it is killed."""

log = structlog.get_logger()
Done = TypeVar("Done")


class _Refusal(NamedTuple):
    status: int
    issues: list[Issue]
    headers: dict[str, str]


Work = Callable[..., Coroutine[Any, Any, Done]]
"""A function of a module, since a worker is told its name; called with
``(record, raw, limits, envelope, …)``."""


MakeSearcher = Callable[[str], Searcher]
"""A function of a module, too: makes the searcher on the database of the record and the views. It connects at
its first search, in the loop of whoever searches."""


class _Setup(NamedTuple):
    """What a worker starts with; see ``HeavyWorkers``."""

    conninfo: str
    limits: BundleLimits
    begin: Callable[[], None]
    searcher: MakeSearcher | None
    kept_by_kafka: bool


class HeavyWorkers:
    """A few worker processes. ``async with`` starts and stops them."""

    def __init__(
        self,
        conninfo: str,
        limits: BundleLimits,
        begin: Callable[[], None],
        count: int = 2,
        most_waiting: int = MOST_WAITING,
        *,
        searcher: MakeSearcher | None = None,
        kept_by_kafka: bool = False,
    ) -> None:
        """conninfo: of the record's database. begin: called in each worker first, to tie it to this process
        and to say where its log lines go. count: of workers. searcher: for conditions that are searches.
        kept_by_kafka: see ``PostgresRecorder``."""
        self._setup = _Setup(conninfo, limits, begin, searcher, kept_by_kafka)
        self._count = count
        self._most_waiting = most_waiting
        self._workers: list[_Process] = []
        self._idle: list[_Process] = []
        self._turn = asyncio.Semaphore(count)
        self.waiting = 0

    async def __aenter__(self) -> "HeavyWorkers":
        self._workers = [_Process(self._setup) for _ in range(self._count)]
        self._idle = list(self._workers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def state_bundle(self, raw: bytes, envelope: Envelope) -> BundleAnswer:
        """``writing.state_bundle`` in a worker. Raises Told for what it refuses, Busy when too many wait,
        WorkerLost when it died."""
        return await self._do(state_bundle, raw, envelope)

    async def state_resource(self, raw: bytes, envelope: Envelope, change: Change) -> Receipt:
        """``single.state_resource`` in a worker. Raises the same."""
        return await self._do(state_resource, raw, envelope, change)

    async def reads_of_transaction(self, raw: bytes, envelope: Envelope) -> list[Read]:
        """``frames.reads_of_transaction`` in a worker. Raises the same."""
        return await self._do(_reads_of_transaction, raw, envelope)

    async def _do(self, work: Work[Done], raw: bytes, envelope: Envelope, *more: object) -> Done:
        await self._wait()
        worker = self._idle.pop()
        done = asyncio.create_task(worker.do(work, raw, envelope, *more))
        done.add_done_callback(partial(self._give_back, worker))
        result = await asyncio.shield(done)
        if isinstance(result, _Refusal):
            raise Told(*result)
        return result

    def _give_back(self, worker: "_Process", done: "asyncio.Task[Any]") -> None:
        """Once the work is done, and not when its caller has gone: the worker goes on with it."""
        self._idle.append(worker)
        self._turn.release()
        if not done.cancelled():
            done.exception()  # nobody else may ask for it

    async def _wait(self) -> None:
        """Until a worker has nothing to do; whoever came first is first."""
        if self._turn.locked() and self.waiting >= self._most_waiting:
            raise Busy(headers=SOON)
        self.waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self.waiting -= 1


class _Process:
    """One worker, and when it has died the next one in its place."""

    def __init__(self, setup: _Setup) -> None:
        self._setup = setup
        self._pool = self._start()
        self._stopped = False

    async def do(self, work: Work[Done], raw: bytes, envelope: Envelope, *more: object) -> Done | _Refusal:
        """Raises WorkerLost."""
        try:
            return await asyncio.wrap_future(self._submit(work, raw, envelope, *more))
        except BrokenProcessPool:
            log.error("a worker died", request=envelope.request_id, bytes=len(raw))
            if not self._stopped:
                self._restart()
            raise WorkerLost(headers={"Retry-After": "1"}) from None

    async def stop(self) -> None:
        """Waits for what is under way, and not beyond STOP_SECONDS."""
        self._stopped = True
        ended = asyncio.create_task(asyncio.to_thread(self._pool.shutdown, cancel_futures=True))
        await asyncio.wait([ended], timeout=STOP_SECONDS)
        if not ended.done():
            log.error("a worker is killed, as it does not stop")
            self._kill()
        await ended

    def _kill(self) -> None:
        for process in list((self._pool._processes or {}).values()):  # kill_workers() from Python 3.14 on
            process.kill()

    def _submit(self, work: Work[Done], *given: Any) -> Future[Done | _Refusal]:
        try:
            return self._pool.submit(_do, work, *given)
        except BrokenProcessPool:  # It had nothing to do when it died, so nothing is lost.
            log.error("an idle worker died")
            self._restart()
            return self._pool.submit(_do, work, *given)

    def _restart(self) -> None:
        self._pool.shutdown(wait=False)
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _set_up, self._setup)
        pool.submit(_ready)  # starts the process; nobody waits for it before the first heavy bundle
        return pool


class _Worker:
    """What one worker process keeps. Its loop goes on between Bundles: lost flushes are found out about."""

    def __init__(
        self, conninfo: str, limits: BundleLimits, searcher: Searcher | None, *, kept_by_kafka: bool
    ) -> None:
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, name="loop", daemon=True).start()
        self._limits = limits
        self._stack = AsyncExitStack()
        recorder = PostgresRecorder(conninfo, searcher, kept_by_kafka=kept_by_kafka)
        self._record = HealthRecord(self._run(self._stack.enter_async_context(recorder)), searcher)

    def do(self, work: Work[Done], raw: bytes, *more: object) -> Done:
        with no_search_for_cycles():
            return self._run(work(self._record, raw, self._limits, *more))

    def _run(self, work: Coroutine[Any, Any, Done]) -> Done:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


_workers: list[_Worker] = []


def _set_up(
    conninfo: str,
    limits: BundleLimits,
    begin: Callable[[], None],
    searcher: MakeSearcher | None,
    kept_by_kafka: bool,
) -> None:
    begin()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the server stops its workers
    warm()
    _workers.append(_Worker(conninfo, limits, searcher and searcher(conninfo), kept_by_kafka=kept_by_kafka))
    log.info("worker ready", process=os.getpid())


def _ready() -> bool:
    return bool(_workers)


async def _reads_of_transaction(
    _: HealthRecord, raw: bytes, limits: BundleLimits, __: Envelope
) -> list[Read]:
    return reads_of_transaction(raw, limits.entries)


def _do(work: Work[Done], raw: bytes, envelope: Envelope, *more: object) -> Done | _Refusal:
    begun = perf_counter()
    try:
        return _workers[0].do(work, raw, envelope, *more)
    except Exception as error:  # noqa: BLE001 - an error that cannot be pickled would break the pool
        note(error, envelope.request_id)
        return _Refusal(*told(error))
    finally:
        seconds = round(perf_counter() - begun, 3)
        log.debug("heavy request", request=envelope.request_id, bytes=len(raw), seconds=seconds)
