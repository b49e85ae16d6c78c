"""What one broker answers, asked directly: a few requests of Kafka's protocol over one connection.

Requests and answers: https://kafka.apache.org/protocol. SCRAM-SHA-512: https://www.rfc-editor.org/rfc/rfc5802
"""

import hmac
import secrets
import socket
import struct
from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac, sha512

MECHANISM = "SCRAM-SHA-512"
UNSUPPORTED_MECHANISM, ILLEGAL_SASL_STATE = 33, 34

_METADATA, _SASL_HANDSHAKE, _VERSIONS, _SASL_AUTHENTICATE = 3, 17, 18, 36
_CORRELATION = 7
_CLIENT = b"ehr"
_LARGEST_ANSWER = 4 * 1024 * 1024
_MOST_ITERATIONS = 1_000_000


class NoKafka(Exception):
    """What answers does not do so as Kafka does."""


class _Answer:
    """Reads the protocol's primitive types one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, form: str) -> int:
        """A number in the notation of ``struct``."""
        size = struct.calcsize(form)
        (value,) = struct.unpack(form, self.bytes_of(size))
        return int(value)

    def text(self) -> str:
        """A text behind its length; one that is null is empty."""
        return self.text_of(max(0, self.number(">h")))

    def text_of(self, size: int) -> str:
        """So many bytes, as UTF-8."""
        try:
            return self.bytes_of(size).decode()
        except UnicodeDecodeError:
            raise NoKafka from None

    def bytes_of(self, size: int) -> bytes:
        """So many bytes."""
        found = self._content[self._at : self._at + size]
        if not 0 <= size == len(found):
            raise NoKafka
        self._at += size
        return found


class Exchange:
    """Asks over a connection. Every method raises EOFError when the other side ends it, NoKafka, and OSError,
    which is TimeoutError after the connection's timeout."""

    def __init__(self, connection: socket.socket) -> None:
        """The owner closes the connection."""
        self._connection = connection

    def greet(self) -> None:
        """Asks what every broker tells everybody: the versions of its protocol."""
        self._ask(_VERSIONS, 0, b"")

    def propose(self) -> int:
        """0 when a password of MECHANISM is asked for; otherwise the error code."""
        return self._ask(_SASL_HANDSHAKE, 1, _text(MECHANISM)).number(">h")

    def sign_in(self, user: str, password: str) -> bool:
        """Whether the broker takes user and password. user: as SCRAM writes it."""
        nonce = secrets.token_hex(16)
        bare = f"n={user},r={nonce}"
        challenge = self._authenticate(f"n,,{bare}")
        return challenge is not None and self._authenticate(_proof(bare, challenge, password)) is not None

    def brokers(self) -> list[str]:
        """``host:port`` of every broker, as this one tells clients."""
        answer = self._ask(_METADATA, 4, struct.pack(">i?", 0, False))  # no topics, none to be made
        answer.number(">i")  # how long the request was held back
        return [_broker(answer) for _ in range(answer.number(">i"))]

    def _authenticate(self, message: str) -> str | None:
        content = message.encode()
        answer = self._ask(_SASL_AUTHENTICATE, 0, struct.pack(">i", len(content)) + content)
        refused = answer.number(">h")
        answer.text()  # the reason of a refusal
        return None if refused else answer.text_of(answer.number(">i"))

    def _ask(self, request: int, version: int, body: bytes) -> _Answer:
        content = struct.pack(">hhi", request, version, _CORRELATION) + _text(_CLIENT.decode()) + body
        self._connection.sendall(struct.pack(">i", len(content)) + content)
        (size,) = struct.unpack(">i", self._read(4))
        if not 4 <= size <= _LARGEST_ANSWER:
            raise NoKafka
        answer = _Answer(self._read(size))
        if answer.number(">i") != _CORRELATION:
            raise NoKafka
        return answer

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self._connection.recv(size - len(found))
            if not more:
                raise EOFError
            found += more
        return found


def _text(text: str) -> bytes:
    content = text.encode()
    return struct.pack(">h", len(content)) + content


def _broker(answer: _Answer) -> str:
    answer.number(">i")  # its number
    host, port = answer.text(), answer.number(">i")
    answer.text()  # its rack
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _proof(bare: str, challenge: str, password: str) -> str:
    """The client's second message of SCRAM."""
    try:
        told = dict(part.split("=", 1) for part in challenge.split(","))
        nonce, salt, iterations = told["r"], b64decode(told["s"]), int(told["i"])
    except (KeyError, ValueError):
        raise NoKafka from None
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise NoKafka
    key = _signed(pbkdf2_hmac("sha512", password.encode(), salt, iterations), b"Client Key")
    final = f"c=biws,r={nonce}"
    signature = _signed(sha512(key).digest(), f"{bare},{challenge},{final}".encode())
    proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
    return f"{final},p={b64encode(proof).decode()}"


def _signed(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, sha512).digest()
