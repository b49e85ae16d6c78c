"""A load of HTTP requests that costs little itself: raw sockets, keep-alive, closed loops."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes that are read without a pause."""


@dataclass(slots=True)
class Outcome:
    """seconds: of the whole load. latencies: of each request, in seconds. refused: answers beyond 2xx."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Latency in milliseconds that this share of the requests stays within."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Connection:
    """One keep-alive connection. Answers must have a Content-Length."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """(status, body) of the answer."""
        head, body = await self.exchange(request)
        return int(head[9:12]), body

    async def exchange(self, request: bytes) -> tuple[bytes, bytes]:
        """(head, body) of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address, limit=LARGEST_ANSWER)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(header(head, b"content-length") or 0)
        return head, await reader.readexactly(length) if length else b""

    def close(self) -> None:
        """Closes the connection."""
        if self._streams:
            self._streams[1].close()


def get(path: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """The bytes of a POST request with FHIR JSON."""
    kind = "application/fhir+json"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def run(
    base: str, requests: Iterator[bytes], clients: int, seen: Callable[[bytes], None] | None = None
) -> Outcome:
    """Sends all requests over so many connections, each the next one as soon as its last is answered.

    seen: given the body of every answer of success.
    """
    parts = urlsplit(base)
    outcome = Outcome()
    started = time.perf_counter()

    async def client() -> None:
        connection = Connection(parts.hostname or "", parts.port or 80)
        for request in requests:
            begun = time.perf_counter()
            status, body = await connection.send(request)
            outcome.latencies.append(time.perf_counter() - begun)
            if not 200 <= status < 300:
                outcome.refused += 1
            elif seen:
                seen(body)
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    outcome.seconds = time.perf_counter() - started
    return outcome


def until(seconds: float, requests: Iterator[bytes]) -> Iterator[bytes]:
    """The requests, for so long."""
    end = time.perf_counter() + seconds
    for request in requests:
        if time.perf_counter() >= end:
            return
        yield request


def header(head: bytes, name: bytes) -> bytes:
    """The value of a header, by its name in lower case; empty where there is none."""
    for line in head.split(b"\r\n")[1:]:
        said, _, value = line.partition(b":")
        if said.lower() == name:
            return value.strip()
    return b""
