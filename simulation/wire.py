"""One HTTP/1.1 connection (RFC 9112) that posts bundles and costs a load generator little."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult

import httptools


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, the seconds of Retry-After (None without), body."""

    status: int
    retry_after: float | None
    body: bytes


class _Reader(asyncio.Protocol):
    """Turns what arrives into one Answer at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._retry_after: float | None = None
        self._body: list[bytes] = []

    def expect(self) -> asyncio.Future[Answer]:
        """The answer to the request that is about to be written."""
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"not an HTTP answer: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._fail(ConnectionError("the connection was lost") if exc is None else exc)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if name.lower() == b"retry-after" and value.isdigit():
            self._retry_after = float(value)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        answer = Answer(self._parser.get_status_code(), self._retry_after, b"".join(self._body))
        if not self._parser.should_keep_alive() and self.transport:
            self.transport.close()
            self.transport = None
        self._begin()
        if self._answer and not self._answer.done():
            self._answer.set_result(answer)

    def _fail(self, error: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


class Connection:
    """A connection that opens itself when it is needed. One request at a time."""

    def __init__(self, address: SplitResult, timeout: float) -> None:
        secure = address.scheme == "https"
        self._host, self._port = address.hostname or "", address.port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        self._head = f"POST {address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\n".encode()
        self._timeout = timeout
        self._reader: _Reader | None = None

    async def post(self, headers: bytes, body: bytes) -> Answer:
        """Send header lines (each with its CRLF) and body. Raises OSError, TimeoutError: outcome unknown."""
        try:
            async with asyncio.timeout(self._timeout):
                reader = await self._opened()
                return await self._exchange(reader, headers, body)
        except BaseException:
            self.close()  # a late answer must never be taken for that of the next request
            raise

    async def _exchange(self, reader: _Reader, headers: bytes, body: bytes) -> Answer:
        if reader.transport is None:
            raise ConnectionError("the connection was lost")
        answer = reader.expect()
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        reader.transport.writelines((self._head, headers, length, body))
        return await answer

    async def _opened(self) -> _Reader:
        if self._reader is None or self._reader.transport is None:
            loop = asyncio.get_running_loop()
            _, self._reader = await loop.create_connection(_Reader, self._host, self._port, ssl=self._tls)
        return self._reader

    def close(self) -> None:
        """Close it now."""
        if self._reader and self._reader.transport:
            self._reader.transport.abort()
        self._reader = None
