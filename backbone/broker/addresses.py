"""Ports of 127.0.0.1 on which a broker may listen."""

import random
import socket

from backbone.broker.answering import HOST
from backbone.errors import Refused

# Below those that the kernel takes for outgoing connections: a client that tries again and again to reach a
# broker that is down would end up connected to itself there, and the broker would find its port taken.
CANDIDATES = range(20_000, 32_000)
ATTEMPTS = 1_000


class PortTaken(Refused):
    """Something else listens on a port."""


def free_port(taken: set[int]) -> int:
    """A port on which nothing listens, which is added to `taken`."""
    for _ in range(ATTEMPTS):
        port = random.choice(CANDIDATES)  # noqa: S311 - nobody is kept out by it
        if port not in taken and is_free(port):
            taken.add(port)
            return port
    raise PortTaken(f"no port of {HOST} is free between {CANDIDATES[0]} and {CANDIDATES[-1]}")


def is_free(port: int) -> bool:
    """Whether a broker can listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
