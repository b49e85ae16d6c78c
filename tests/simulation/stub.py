"""A small HTTP server that answers as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """What arrived. headers: names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


class Dropped(Exception):
    """Close the connection instead of answering."""


Answering = Callable[[Request], Reply]


@dataclass
class Stub:
    """address: the FHIR base. requests: all that arrived, in order. busy, busiest: at the same time."""

    answering: Answering
    address: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    serving: set[asyncio.Task[None]] = field(default_factory=set)
    busy: int = 0
    busiest: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self.serving.add(task)
        try:
            while True:
                await self._exchange(reader, writer)
        except (Dropped, asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            self.serving.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        self.requests.append(request)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(0)  # lets the others arrive
        self.busy -= 1
        writer.write(_written(self.answering(request)))
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in fields}
    return Request(head[0], headers, await reader.readexactly(int(headers["content-length"])))


def _written(reply: Reply) -> bytes:
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} -\r\n{lines}\r\n".encode() + reply.body


@asynccontextmanager
async def listening(answering: Answering) -> AsyncIterator[Stub]:
    """A server on a free port."""
    stub = Stub(answering)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0, limit=1 << 22)
    async with server:
        port = server.sockets[0].getsockname()[1]
        stub.address = f"http://127.0.0.1:{port}/fhir"
        try:
            yield stub
        finally:
            await asyncio.gather(*stub.serving)  # of connections that the clients have closed
