"""Delivery: brings submissions to the server and keeps trying while it is away, busy, or being started again.

Trying again is safe: the Idempotency-Key makes the server give its first answer to a request that it had
stored before the connection was lost.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from backbone.importing.answers import NOT_LET_IN, NOT_REACHED, Delivery, Reply, read_reply
from backbone.importing.progress import Progress
from backbone.importing.submissions import Submission

TIMEOUT = httpx.Timeout(connect=10.0, read=600.0, write=120.0, pool=None)
"""A transaction of ten thousand entries may take a while."""


class CannotImport(Exception):
    """The import cannot begin or go on."""


class Stopped(CannotImport):
    """Somebody else's delivery came to an end for good, and with it this one."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying, in seconds.

    first_pause doubles up to longest_pause; what the server asks for in Retry-After counts up to longest_ask.
    After in_all without an answer the import ends. tries: how often a request is sent whose refusal may pass.
    """

    first_pause: float = 0.25
    longest_pause: float = 15.0
    longest_ask: float = 120.0
    in_all: float = 300.0
    tries: int = 5

    def pauses(self) -> Iterator[float]:
        """Ever longer ones."""
        pause = self.first_pause
        while True:
            yield pause
            pause = min(self.longest_pause, pause * 2)


@dataclass(frozen=True, slots=True)
class _Away:
    """There was no answer, or none from the server itself."""

    reason: str
    ask: float | None = None


class Courier:
    """Delivers to one server; several threads may use it at once."""

    def __init__(self, client: httpx.Client, base: str, progress: Progress, patience: Patience) -> None:
        """``base``: the FHIR base, without a slash at its end."""
        self._client = client
        self._base = base
        self._progress = progress
        self._patience = patience
        self._stopped = threading.Event()

    def stop(self) -> None:
        """No delivery waits any more, and none is tried again."""
        self._stopped.set()

    def check(self) -> None:
        """Raises CannotImport unless a FHIR server answers."""
        try:
            reply = self._client.get(f"{self._base}/metadata")
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise CannotImport(f"nobody answers at {self._base} ({_name(error)})") from error
        if reply.status_code in NOT_LET_IN:
            raise CannotImport(f"{self._base} does not let this client in (HTTP {reply.status_code})")
        if reply.status_code not in NOT_REACHED and b'"CapabilityStatement"' not in reply.content:
            raise CannotImport(f"{self._base} is not the address of a FHIR server")

    def deliver(self, submission: Submission) -> Delivery:
        """Sends until there is an answer that stands. Raises CannotImport when there will be none."""
        if self._stopped.is_set():
            raise Stopped
        deadline = time.monotonic() + self._patience.in_all
        tries = 0
        for pause in self._patience.pauses():
            result = self._send(submission)
            if isinstance(result, Delivery):
                tries += 1
                if not result.try_again or tries >= self._patience.tries:
                    return result
                self._wait(pause)
            elif time.monotonic() > deadline:
                reason = f"gave up after {self._patience.in_all:g} s: {result.reason}"
                raise CannotImport(f"{submission.document}: {reason}")
            else:
                self._progress.note(f"waiting for the server: {result.reason}")
                self._wait(min(result.ask or pause, self._patience.longest_ask))
        raise AssertionError("there is always another pause")

    def _wait(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped

    def _send(self, submission: Submission) -> Delivery | _Away:
        url = f"{self._base}/{submission.path}".rstrip("/")
        headers = {"Idempotency-Key": submission.key}
        try:
            response = self._client.request(submission.method, url, content=submission.body, headers=headers)
        except httpx.RequestError as error:
            return _Away(_name(error))
        status = response.status_code
        if status in NOT_LET_IN:
            raise CannotImport(f"{self._base} does not let this client in (HTTP {status})")
        ask = _retry_after(response.headers.get("Retry-After", ""))
        if status in NOT_REACHED:
            return _Away(f"HTTP {status}", ask)
        reply = Reply(status, response.content, response.headers.get("X-Request-Id", ""))
        return read_reply(submission, reply)


def _retry_after(text: str) -> float | None:
    """Seconds, given as a number or as a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)."""
    if text.strip().isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _name(error: Exception) -> str:
    return str(error) or type(error).__name__
