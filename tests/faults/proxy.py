"""A TCP proxy before a broker: it lets everything through as it is, and cuts connections.

Of the protocol it knows where a message ends, which one is a produce request, and which answer belongs to
which request: https://kafka.apache.org/protocol#protocol_messages
"""

import asyncio
import random
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

HOST = "127.0.0.1"
PRODUCE = 0
LONGEST = 0.4
"""Seconds of a delay or a refusal."""


class Fault(StrEnum):
    """What befalls a request or its answer; all but a delay cut the connection."""

    REQUEST_TORN = "torn requests"
    REQUEST_LATE = "requests that came after the cut"
    ANSWER_LOST = "lost acknowledgements"
    ANSWER_TORN = "torn acknowledgements"
    ANSWER_SLOW = "delays"
    ALL_CUT = "refusals of all connections"


_OF_ANSWERS = (Fault.ANSWER_LOST, Fault.ANSWER_TORN, Fault.ANSWER_SLOW)
_OF_OTHERS = (Fault.REQUEST_TORN, Fault.ANSWER_LOST, Fault.ANSWER_TORN)
_OF_PRODUCING = (
    *3 * (Fault.ANSWER_LOST,),
    *2 * (*_OF_ANSWERS, Fault.REQUEST_TORN, Fault.REQUEST_LATE),
    Fault.ALL_CUT,
)


class Cut(Exception):
    """The connection ends here."""


class Proxy:
    """Listens on ``port``, and leads to ``broker``, which is a port too. chance: decides what is cut. often,
    seldom: part of the produce requests, and of all others, that something befalls."""

    def __init__(self, chance: random.Random, often: float = 0.5, seldom: float = 0.01) -> None:
        """It listens when it is ``at_work``."""
        self.chance = chance
        self.port = self.broker = 0
        self.calm = True
        self.faults: Counter[Fault] = Counter()
        self.links: set[_Link] = set()
        self._often, self._seldom = often, seldom
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """What clients are to be told."""
        return f"{HOST}:{self.port}"

    @property
    def cuts(self) -> int:
        """How many there were."""
        return self.faults.total() - self.faults[Fault.ANSWER_SLOW]

    def fault_for(self, message: bytes) -> Fault | None:
        """What befalls a request and its answer."""
        producing = struct.unpack_from(">h", message, 4) == (PRODUCE,)
        if self.calm or self.chance.random() > (self._often if producing else self._seldom):
            return None
        fault = self.chance.choice(_OF_PRODUCING if producing else _OF_OTHERS)
        self.faults[fault] += 1
        return fault

    async def serve(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Cuts all connections, and does not listen for a moment."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for link in self.links:
            link.abort()
        self._opening = asyncio.create_task(self._open_again())

    async def end(self) -> None:
        """Ends all connections, and listens no more."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    async def _open_again(self) -> None:
        await asyncio.sleep(self.chance.random() * LONGEST)
        await self.serve()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker = await asyncio.open_connection(HOST, self.broker)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), broker)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)


class _Link:
    """A connection of a client, and the one to the broker that belongs to it."""

    def __init__(
        self,
        proxy: Proxy,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        broker: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._from_client, self._to_client = client
        self._from_broker, self._to_broker = broker
        self._faults: dict[bytes, Fault] = {}  # of answers that are to come, by what they are known by

    async def run(self) -> None:
        """Carries both ways until either ends."""
        ways = [asyncio.create_task(self._requests()), asyncio.create_task(self._answers())]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self.abort()

    def abort(self) -> None:
        """Ends both connections at once."""
        for transport in (self._to_client.transport, self._to_broker.transport):
            if not transport.is_closing():  # asyncio 3.11 fails where one has ended after its last bytes.
                transport.abort()

    async def _requests(self) -> None:
        while True:
            message = await _message(self._from_client)
            fault = self._proxy.fault_for(message)
            match fault:
                case Fault.REQUEST_TORN:
                    await self._tear(self._to_broker, message)
                case Fault.REQUEST_LATE:
                    await self._send_late(message)
                case Fault.ALL_CUT:
                    await self._proxy.refuse()
                case _ if fault in _OF_ANSWERS:
                    self._faults[message[8:12]] = fault
            self._to_broker.write(message)
            await self._to_broker.drain()

    async def _send_late(self, message: bytes) -> None:
        """The sender is told at once that its connection is lost; its request reaches the broker later."""
        self._to_client.transport.abort()
        await asyncio.sleep(self._proxy.chance.random() * LONGEST)
        self._faults[message[8:12]] = Fault.ANSWER_LOST
        self._to_broker.write(message)
        await asyncio.Future()  # until the answer is there

    async def _answers(self) -> None:
        while True:
            message = await _message(self._from_broker)
            match self._faults.pop(message[4:8], None):
                case Fault.ANSWER_LOST:
                    raise Cut
                case Fault.ANSWER_TORN:
                    await self._tear(self._to_client, message)
                case Fault.ANSWER_SLOW:
                    await asyncio.sleep(self._proxy.chance.random() * LONGEST)
            self._to_client.write(message)
            await self._to_client.drain()

    async def _tear(self, to: asyncio.StreamWriter, message: bytes) -> None:
        to.write(message[: self._proxy.chance.randrange(1, len(message))])
        await to.drain()
        to.close()  # What was written before leaves first.
        await to.wait_closed()
        raise Cut


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A message with its length before it."""
    length = await reader.readexactly(4)
    return length + await reader.readexactly(struct.unpack(">i", length)[0])


@contextmanager
def at_work(proxy: Proxy) -> Iterator[None]:
    """The proxy in a thread of its own; it is calm at first."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(proxy.serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(proxy.end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
