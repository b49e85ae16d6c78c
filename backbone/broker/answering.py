"""Asks a broker which brokers are in service, in one exchange of Kafka's protocol.

Metadata request and response, version 4: https://kafka.apache.org/protocol#The_Messages_Metadata. A broker is
listed once the controller has let it in ("unfenced"): from then on it serves.
"""

import socket
import struct
from dataclasses import dataclass

HOST = "127.0.0.1"
SECONDS = 2.0
METADATA, VERSION, CORRELATION = 3, 4, 7
CLIENT = b"ehr"
NO_TOPICS, NO_CREATION = 0, False


@dataclass(frozen=True, slots=True)
class InService:
    """The brokers in service, by number, and the cluster that they form."""

    cluster_id: str
    brokers: frozenset[int]


class _Reader:
    """Reads the protocol's primitive types one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def string(self) -> str:
        """A string after its length; a null string is empty."""
        length = max(0, self.number(">h"))
        self._at += length
        return self._content[self._at - length : self._at].decode()


def in_service(port: int) -> InService | None:
    """What the broker on `port` of this machine says; None when nothing answers there as a broker does."""
    try:
        return _understood(_exchanged(port))
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def _exchanged(port: int) -> bytes:
    head = struct.pack(">hhih", METADATA, VERSION, CORRELATION, len(CLIENT)) + CLIENT
    request = head + struct.pack(">i?", NO_TOPICS, NO_CREATION)
    with socket.create_connection((HOST, port), SECONDS) as connection, connection.makefile("rb") as answer:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", answer.read(4))
        return answer.read(length)


def _understood(response: bytes) -> InService | None:
    reader = _Reader(response)
    if reader.number(">i") != CORRELATION:
        return None
    reader.number(">i")  # How long the broker throttled the request.
    brokers = frozenset(_broker(reader) for _ in range(reader.number(">i")))
    return InService(reader.string(), brokers)


def _broker(reader: _Reader) -> int:
    number = reader.number(">i")
    reader.string()  # host
    reader.number(">i")  # port
    reader.string()  # rack
    return number
