"""Conditions that are searches: who reads them, who finds what a view shows, and who tests one resource.

A condition that names one identifier is decided by claims and needs nothing of this (conditional.py).
"""

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

LONGEST_SECONDS = 1.0
"""Seconds that finding what meets one condition may take: others wait meanwhile."""


class Search(NamedTuple):
    """What is searched for. query: parameters as in an address; once it is read, equal searches are equal
    texts."""

    type: str
    query: str


class Shown(NamedTuple):
    """What a view shows. position: up to which it shows the record. seconds: that it took to find."""

    ids: tuple[str, ...]
    position: int
    seconds: float = 0.0


class Searcher(Protocol):
    """Searches as conditions. ``matches`` and ``met`` must never disagree about a resource.

    What a resource's text does not say is no condition: nothing but its own elements, as they are stored,
    is tested under the append lock. So no ``_lastUpdated``, and nothing about other resources.
    """

    def read(self, search: Search) -> Search:
        """The search in its normal form. Raises Undecidable, naming parameters and never values, for what
        cannot be a condition, and AsksTooMuch; leniency is not for conditions."""
        ...

    async def matches(self, search: Search, most: int) -> Shown:
        """Ids of what matches and is not deleted, in any order, at most so many.

        Ids and position are of one moment. Raises Unseen where facts up to that position are left out that
        may be about a resource of this type, TooCostly where LONGEST_SECONDS are not enough to
        find them, and what the database raises while it cannot be reached.
        """
        ...

    def met(self, searches: Collection[Search], resource: dict[str, Any]) -> Collection[Search]:
        """Those of the searches, all of the resource's type, that match it: as it is stored, without
        versionId and lastUpdated. Pure, and called often with the same searches."""
        ...

    async def close(self) -> None:
        """Gives back what searching took; the recorder does so when it ends."""
        ...
