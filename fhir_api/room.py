"""Room for the bodies of large requests, so that many at once do not fill the memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fhir_api.errors import Busy

SMALL = 96 * 1024
"""Bytes of a body below which it needs no room."""

SOON = {"Retry-After": "5"}
"""Seconds; a large Bundle takes about one."""

Growth = Callable[[int], None]
"""Is told the size of a body each time that it grows. Raises Busy where there is no room for it."""


class Room:
    """So many bytes for all bodies that are being read, wait or are carried out in this process."""

    def __init__(self, most: int = 256 * 1024 * 1024) -> None:
        """most: bytes; a body of more than that never finds room."""
        self._most = most
        self.taken = 0

    @contextmanager
    def share(self) -> Iterator[Growth]:
        """What one body takes as it grows; given back at the end."""
        own = 0

        def grow(size: int) -> None:
            nonlocal own
            if size < SMALL:
                return
            if self.taken - own + size > self._most:
                raise Busy(headers=SOON)
            self.taken, own = self.taken - own + size, size

        try:
            yield grow
        finally:
            self.taken -= own
