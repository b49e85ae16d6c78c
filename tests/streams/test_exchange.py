"""What is no answer of Kafka's is told as that, whatever it is."""

import socket
import struct
from collections.abc import Callable

import pytest

from streams.exchange import Exchange, NoKafka

CORRELATION = 7
NOT_UTF_8 = b"\xff"


def asked(question: Callable[[Exchange], object], *contents: bytes) -> object:
    """What a question gives when these are the answers."""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(5)
        for content in contents:
            there.sendall(struct.pack(">ii", 4 + len(content), CORRELATION) + content)
        return question(Exchange(here))


def sign_in(exchange: Exchange) -> bool:
    return exchange.sign_in("relay", "secret")


def challenge(text: bytes, size: int | None = None) -> bytes:
    """The answer to a message of SCRAM."""
    return struct.pack(">hhi", 0, -1, len(text) if size is None else size) + text


def test_a_challenge_is_answered() -> None:
    assert asked(sign_in, challenge(b"r=nonce,s=c2FsdA==,i=1"), challenge(b"v=")) is True


@pytest.mark.parametrize(
    "told",
    [
        challenge(b"r=nonce,s=c2FsdA==,i=0"),
        challenge(b"r=nonce,s=c2FsdA==,i=-1"),
        challenge(b"r=nonce,s=c2FsdA==,i=1000001"),
        challenge(b"r=nonce,s=c2FsdA==,i=many"),
        challenge(b"r=nonce,s=x,i=1"),
        challenge(b"r=nonce"),
        challenge(b"nonce"),
        challenge(NOT_UTF_8),
        challenge(b"", size=9),
        challenge(b"", size=-1),
        struct.pack(">hh", 1, 1) + NOT_UTF_8,
    ],
)
def test_a_challenge_that_is_none_is_not_kafka_s(told: bytes) -> None:
    with pytest.raises(NoKafka):
        asked(sign_in, told, challenge(b"v="))


def test_a_broker_whose_name_is_no_text_is_not_kafka_s() -> None:
    told = struct.pack(">iiih", 0, 1, 1, 1) + NOT_UTF_8 + struct.pack(">ih", 9092, -1)
    with pytest.raises(NoKafka):
        asked(Exchange.brokers, told)
