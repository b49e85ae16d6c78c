"""Resources that were found, as rows and as bytes."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ehr.bodies import pieces_with_meta
from ehr.compression import decompress_all
from ehr.dates import instant

_instant = lru_cache(maxsize=1024)(instant)  # Resources of one flush share their time.


class Found(NamedTuple):
    """The current version of a resource, its body compressed; never a deleted one.

    pk: where the resource was first stated, as a number that rises. position: where this version was.
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


def bodies_of(found: Sequence[Found]) -> list[bytes]:
    """The resources as received, in order."""
    return decompress_all([resource.body for resource in found])
