"""What a decided request hands to the record: facts, the heads and claims they change, and the assertions
under which the decision holds. Plain values; the event store turns them into one statement a flush."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from ehr.facts import Answer, AnyFact
from ehr.searching import Search
from ehr.values import Key

LARGEST_RESOURCE = 8 * 1024 * 1024
"""Bytes of a resource's text, once its links are rewritten: by itself it always fits into a fact."""

LARGEST_FACT = 9 * 1024 * 1024
"""Bytes of an encoded fact: a larger one could not be sent on the log, and would hold up all that follow."""

LARGEST_REQUEST = 256 * 1024 * 1024
"""Bytes of a request's encoded facts. They reach PostgreSQL as one value, which holds less than 1 GiB."""


class EncodedFact(NamedTuple):
    """A fact ready to be stored. ``state`` is its MessagePack form.

    version: the place in its stream that it must take, which is an assertion too; None: wherever that ends.
    """

    stream: UUID
    type: str
    state: bytes
    subject: UUID
    version: int | None = None


class Head(NamedTuple):
    """The current version of a resource. A version of 0 stands for a resource never stated."""

    stream: UUID
    subject: UUID
    version: int
    deleted: bool
    digest: bytes


class HeadWrite(NamedTuple):
    """A resource gets its next version; this also asserts that ``head.version - 1`` is the current one."""

    key: Key
    head: Head


class Claim(NamedTuple):
    """A resource bears an identifier; ``system`` is empty where the identifier has none."""

    key: Key
    system: str
    value: str


class Condition(NamedTuple):
    """Search criteria of a conditional request that name one identifier of one type.

    system None means any system, '' means identifiers without a system
    (https://hl7.org/fhir/R4/search.html#token).
    """

    type: str
    system: str | None
    value: str


Criteria = Condition | Search
"""What a conditional request or reference goes by: an identifier, or any other search."""


class Match(NamedTuple):
    """The assertion that exactly these ids match a condition."""

    condition: Condition
    ids: tuple[str, ...]


class Hits(NamedTuple):
    """The assertion that exactly these ids match a search. position: of the record, when they did."""

    search: Search
    ids: tuple[str, ...]
    position: int


@dataclass(slots=True)
class Append:
    """One request, as a member of a flush: all of it is stored, or nothing."""

    facts: list[EncodedFact] = field(default_factory=list)
    heads: list[HeadWrite] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    asserted_heads: list[tuple[Key, int]] = field(default_factory=list)
    asserted_matches: list[Match] = field(default_factory=list)
    asserted_hits: list[Hits] = field(default_factory=list)
    answer: Answer | None = None


class Verdict(IntEnum):
    """What became of a request in a flush."""

    STORED = 0
    STALE = 1
    REPEATED = 2


class Appended(NamedTuple):
    """The outcome of one request. position: where it can be read, the end of its flush; 0 when it had no
    fact."""

    verdict: Verdict
    position: int
    last_updated: str


class Stored(NamedTuple):
    """The answer kept under an Idempotency-Key.

    position: where the request's facts can be read, 0 when it had none. last_updated: of the versions it
    made; empty when it made none.
    """

    request_hash: bytes
    entries: list[tuple[int, str, str, int]]
    position: int
    last_updated: str


class Resolved(NamedTuple):
    """What the record knew when a request was resolved. position: where it ended when the searches among the
    criteria were looked at."""

    heads: dict[Key, Head]
    matches: dict[Criteria, tuple[str, ...]]
    stored: Stored | None
    position: int = 0


class Found(NamedTuple):
    """What matched searches, when the record ended at ``position``."""

    matches: dict[Criteria, tuple[str, ...]]
    position: int


class Stream(NamedTuple):
    """The facts of a stream, in order. positions: of each."""

    facts: list[AnyFact]
    positions: list[int]

    @property
    def position(self) -> int:
        """Of the last one; 0 where there is none."""
        return self.positions[-1] if self.positions else 0


class Recorder(Protocol):
    """The deciding store, as the door sees it."""

    async def resolve(
        self, heads: set[Key], conditions: set[Condition], key: tuple[str, str] | None
    ) -> Resolved:
        """Current heads, matching ids (sorted) and the stored answer; ``append`` asserts them again.

        The answer is read last: where there is none, the rest owes nothing to that request.
        Raises Unavailable."""
        ...

    async def find(self, searches: Mapping[Search, int]) -> Found:
        """Ids (sorted) that match each search now; of those that match more than the number beside it, at
        least so many. ``append`` asserts them again. Raises Unavailable, its Unseen."""
        ...

    async def read_stream(self, stream: UUID) -> Stream:
        """All facts of a stream; ``append`` asserts the place of the next one. Raises Unavailable."""
        ...

    async def read_fact(self, stream: UUID, version: int) -> AnyFact | None:
        """One fact of a stream by its place, from 1; None where there is none. Raises Unavailable."""
        ...

    async def append(self, request: Append) -> Appended:
        """Stores the request in the next flush, if its assertions hold. Raises Unavailable, its
        OutcomeUnknown, and TooLarge beyond LARGEST_FACT and LARGEST_REQUEST."""
        ...
