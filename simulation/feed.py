"""Sends what a province's facilities state to a FHIR server: in order for each citizen, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from zlib import crc32

import orjson

from simulation.province import Sending
from simulation.wire import Answer, Connection

CONCURRENCY: Final = 16
PATIENCE: Final = 120.0
_TIMEOUT: Final = 60.0
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0
_WAITING_IN_LINE: Final = 8  # sendings of one lane; more would only be memory


class ServerAway(Exception):
    """The server could not be reached, or would not take anything, for longer than the patience allows."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sending that the server refused for good: which, with what status, and its issues as text."""

    idempotency_key: str
    facility: str
    status: int
    issues: tuple[str, ...]


@dataclass(slots=True)
class Counts:
    """What has been sent so far. `resources` are the entries of accepted bundles, `retries` the repeats."""

    accepted: int = 0
    resources: int = 0
    retries: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def done(self) -> int:
        """The sendings that have their answer."""
        return self.accepted + len(self.refused)


Progress = Callable[[Counts], None]
Answered = Callable[[Sending, bytes], None]
"""Called with what was accepted, and the body of the answer."""


def _silent(_: Counts) -> None:
    return None


def _unheard(_: Sending, _answer: bytes) -> None:
    return None


async def feed(
    base_url: str,
    sendings: Iterable[Sending],
    *,
    concurrency: int = CONCURRENCY,
    progress: Progress = _silent,
    patience: float = PATIENCE,
    answered: Answered = _unheard,
) -> Counts:
    """Post every sending to the FHIR base `base_url`, such as http://127.0.0.1:8000/fhir.

    Sendings about one citizen go one after the other, those about facilities before all citizens. After each,
    `progress` is told the counts, and `answered` what was accepted. A busy or lost server is tried again
    under the same key for at most `patience` seconds in a row. A second run adds nothing. Refused sendings
    are counted, not raised. Raises ServerAway.
    """
    counts = Counts()
    lanes = [_Lane(base_url, counts, progress, patience, answered) for _ in range(concurrency)]
    try:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(lane.run()) for lane in lanes]
            await _distribute(sendings, lanes)
            for worker in workers:
                worker.cancel()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        for lane in lanes:
            lane.close()
    return counts


async def _distribute(sendings: Iterable[Sending], lanes: list[_Lane]) -> None:
    about_citizens = False
    for sending in sendings:
        if bool(sending.citizen) != about_citizens:
            await _drained(lanes)
            about_citizens = not about_citizens
        key = sending.citizen or sending.facility
        await lanes[crc32(key.encode()) % len(lanes)].line.put(sending)
    await _drained(lanes)


async def _drained(lanes: list[_Lane]) -> None:
    for lane in lanes:
        await lane.line.join()


class _Lane:
    """A connection and the sendings that wait for it; a citizen always takes the same lane."""

    def __init__(
        self, base_url: str, counts: Counts, progress: Progress, patience: float, answered: Answered
    ) -> None:
        self.line: asyncio.Queue[Sending] = asyncio.Queue(_WAITING_IN_LINE)
        self._connection = Connection(urlsplit(base_url), _TIMEOUT)
        self._counts, self._progress, self._patience = counts, progress, patience
        self._answered = answered

    async def run(self) -> None:
        """Deliver what comes, for ever."""
        while True:
            sending = await self.line.get()
            self._count(sending, await self._delivered(sending))
            self.line.task_done()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    async def _delivered(self, sending: Sending) -> Answer:
        loop, headers, wait = asyncio.get_running_loop(), _headers(sending), _FIRST_WAIT
        gives_up = loop.time() + self._patience
        while True:
            answer = await self._tried(headers, sending.body)
            if answer and answer.status not in _TRY_AGAIN:
                return answer
            pause = max(wait, answer.retry_after or 0) if answer else wait
            if loop.time() + pause > gives_up:
                raise ServerAway(f"no answer for {self._patience:.0f} s")
            self._counts.retries += 1
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _tried(self, headers: bytes, body: bytes) -> Answer | None:
        try:
            return await self._connection.post(headers, body)
        except (OSError, TimeoutError):
            return None

    def _count(self, sending: Sending, answer: Answer) -> None:
        if answer.status < 300:
            self._counts.accepted += 1
            self._counts.resources += sending.resources
            self._answered(sending, answer.body)
        else:
            issues = _issues(answer.body)
            refusal = Refusal(sending.idempotency_key, sending.facility, answer.status, issues)
            self._counts.refused.append(refusal)
        self._progress(self._counts)


def _headers(sending: Sending) -> bytes:
    fields = {
        "Content-Type": "application/fhir+json",
        "Accept": "application/fhir+json",
        "Idempotency-Key": sending.idempotency_key,
        "X-EHR-Facility": sending.facility,
        "X-EHR-Device": sending.device,
        "X-EHR-User": sending.user,
    }
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()


def _issues(body: bytes) -> tuple[str, ...]:
    """The issues of an OperationOutcome, each as one line; nothing for another body."""
    try:
        outcome = orjson.loads(body)
        return tuple(_line(issue) for issue in outcome["issue"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ()


def _line(issue: dict[str, Any]) -> str:
    text = issue.get("details", {}).get("text") or issue.get("diagnostics") or ""
    place = ", ".join(issue.get("expression", ()))
    return " ".join(part for part in (issue.get("code", ""), place, text) if part)
