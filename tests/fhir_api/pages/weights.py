"""What a browser has to fetch."""

import httpx


def weight(client: httpx.Client, address: str) -> int:
    """Bytes of the body as it is sent."""
    with client.stream("GET", address) as answer:
        return sum(len(piece) for piece in answer.iter_raw())
