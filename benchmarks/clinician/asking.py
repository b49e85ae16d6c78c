"""Asks as a browser does, over a connection of its own, and takes the time of each answer."""

import gzip
import re
import time
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from benchmarks import load

_ACCEPTED: Final = "Accept: text/html\r\nAccept-Encoding: gzip, deflate\r\n"
"""Over plain HTTP browsers offer no other codings."""


class Answer(NamedTuple):
    """seconds: until its last byte."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """Of a page."""
        packed = load.header(self.head, b"content-encoding") == b"gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Browser:
    """One of those who ask. base: any address of the server."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._connection = load.Connection(parts.hostname or "", parts.port or 80)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._connection.close()

    async def get(self, path: str) -> Answer:
        """A page."""
        return await self.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{_ACCEPTED}\r\n".encode())

    async def look_up(self, typed: str) -> Answer:
        """What is found, as the box asks for it."""
        return await self.post("/lookup", {"text": typed}, "HX-Request: true\r\n")

    async def post(self, path: str, fields: dict[str, str], more: str = "") -> Answer:
        """What becomes of a form. more: header lines."""
        body = urlencode(fields).encode()
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}{_ACCEPTED}{more}"
        return await self.ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def ask(self, request: bytes) -> Answer:
        """Raises AssertionError for an answer that is neither a success nor leads elsewhere."""
        begun = time.perf_counter()
        head, body = await self._connection.exchange(request)
        answer = Answer(int(head[9:12]), head, body, time.perf_counter() - begun)
        assert 200 <= answer.status < 400, (request.partition(b"\r\n")[0], answer.status, _said(answer.text))
        return answer


def _said(html: str) -> str:
    """What a page says beside what all pages have."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2] or html).split())[:300]
