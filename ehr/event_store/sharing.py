"""Which requests share a flush: as many as fit, and none that touches what another of them writes."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

from ehr.appending import LARGEST_FACT, LARGEST_REQUEST, Append, Appended
from ehr.errors import TooLarge
from ehr.values import Key

MOST_REQUESTS = 256
MOST_RESOURCES = 20_000
MOST_BYTES = 64 * 1024 * 1024
"""A flush holds at most so many requests, and takes no further one once it has so many resources or bytes."""


class Waiting(NamedTuple):
    """A request, whom it keeps waiting, and the bytes of its facts."""

    request: Append
    done: asyncio.Future[Appended]
    size: int


def share(queue: deque[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Takes from the queue (the next flush, requests that touch what an earlier one in it writes).

    The latter were resolved before that write: they are stale as soon as the flush is over.
    """
    flush: list[Waiting] = []
    clashing: list[Waiting] = []
    touched: set[Any] = set()
    resources = size = 0
    while queue and len(flush) < MOST_REQUESTS:
        if resources >= MOST_RESOURCES or size >= MOST_BYTES:
            break
        waiting = queue.popleft()
        if waiting.done.done():  # its caller has gone
            continue
        writes, reads = _touches(waiting.request)
        if not touched.isdisjoint(reads):
            clashing.append(waiting)
            continue
        flush.append(waiting)
        touched |= writes
        resources += len(waiting.request.heads)
        size += waiting.size
    return flush, clashing


def check_size(request: Append) -> int:
    """Bytes of the request's facts. Raises TooLarge."""
    sizes = [len(fact.state) for fact in request.facts]
    if max(sizes, default=0) > LARGEST_FACT:
        answer = "with the answer that its Idempotency-Key keeps" if request.answer else "by itself"
        raise TooLarge(f"A fact passes 9 MiB {answer}.")
    if sum(sizes) > LARGEST_REQUEST:
        raise TooLarge("Its facts pass 256 MiB together.")
    return sum(sizes)


def _touches(request: Append) -> tuple[set[Any], set[Any]]:
    """(what the request writes, what it reads or writes), as comparable tokens."""
    writes: set[Any] = {write.key for write in request.heads}
    writes |= {(claim.key.type, claim.value, "claim") for claim in request.claims}
    writes |= {(fact.stream, fact.version, "place") for fact in request.facts if fact.version is not None}
    if request.answer:
        writes.add((request.answer.client, request.answer.key, "answer"))
    reads: set[Any] = {key for key, _ in request.asserted_heads}
    reads |= {(match.condition.type, match.condition.value, "claim") for match in request.asserted_matches}
    # What matches may cease to: whoever writes it may take the identifier away.
    reads |= {Key(match.condition.type, id_) for match in request.asserted_matches for id_ in match.ids}
    return writes, {write for write in writes if len(write) < 3 or write[2] != "claim"} | reads
