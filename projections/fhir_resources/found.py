"""Resources that were found, as rows and as bytes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ehr.bodies import pieces_with_meta
from ehr.compression import decompress, unpacked_size
from ehr.dates import instant

_instant = lru_cache(maxsize=1024)(instant)  # Resources of one flush share their time.


MOST_BYTES = 32 * 1024 * 1024
"""Bytes of the matches or versions on a page, unpacked; and of what is included with them as many again.

The database is asked for no more packed ones, which are hardly ever larger.
"""


class Found(NamedTuple):
    """The current version of a resource, its body compressed; never a deleted one.

    body: empty where it was not read, because those before it fill the page. pk: where the resource was first
    stated, as a number that rises. position: where this version was.
    """

    type: str
    id: str
    version: int
    last_updated: datetime
    splice: int
    body: bytes
    pk: int
    position: int

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}"

    def served(self, body: bytes) -> tuple[bytes, memoryview]:
        """The resource's bytes as a client gets them, in two pieces. body: as ``bodies_of`` gives it."""
        return pieces_with_meta(body, self.splice, self.version, _instant(self.last_updated))


def size_of(found: Sequence[Found]) -> int:
    """Bytes of the resources, unpacked."""
    return sum(unpacked_size(resource.body) for resource in found)


def fitting(found: Sequence[Found], room: int) -> int:
    """How many of them, in order, have so many bytes together, unpacked."""
    return fitting_sizes((unpacked_size(one.body) if one.body else None for one in found), room)


def fitting_sizes(sizes: Iterable[int | None], room: int) -> int:
    """How many of the sizes, in order, go into the room. None: of what was not read, which never does."""
    fits = 0
    for size in sizes:
        if size is None or size > room:
            break
        room -= size
        fits += 1
    return fits


def bodies_of(found: Sequence[Found]) -> list[bytes]:
    """The resources as received, in order."""
    return [decompress(resource.body) for resource in found]
