"""Facts: what a facility stated and the record accepted. Frozen, in past tense, with two times.

A fact is stored and sent as a MessagePack map: the fields below by name, and ``type`` with the stable name.
docs/reference/envelope.md lists every field. Names and meanings never change; a changed shape gets a new
``schema_version`` and an upcaster (upcasting.py).
"""

from typing import ClassVar
from uuid import UUID

import msgspec

SCHEMA_VERSION = 1
"""The newest shape of facts that this code writes and understands."""


MOVE = "move"
"""The action by which a former subject learns that a resource has moved: it makes no version."""


class ResourceVersion(msgspec.Struct, frozen=True, array_like=True):
    """One version of one FHIR resource within a fact.

    ``action`` is ``create``, ``update``, ``delete``, or MOVE. ``body`` is the resource as received,
    compressed (compression.py), without ``meta.versionId`` and ``meta.lastUpdated``; ``splice`` says where
    readers put those two (bodies.py). A delete or a move has an empty body.
    """

    type: str
    id: str
    version: int
    action: str
    splice: int
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """What was answered to a request with an Idempotency-Key; rides on the first fact of the request.

    ``entries`` holds (status, type, id, version) for each entry of the request, in order.
    """

    client: str
    key: str
    request_hash: bytes
    entries: list[tuple[int, str, str, int]]


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all facts say.

    subject: the citizen (or the resource, where no single citizen is concerned): the log's key.
    happened_at: FHIR date, dateTime or instant as stated, possibly partial.
    recorded_at: RFC 3339 instant at which the record's door took the request.
    part, parts: place among the numbered parts of a fact that was split for its size.
    """

    event_id: str
    schema_version: int
    subject: UUID
    stream: UUID
    resources: list[ResourceVersion]
    encounter: str | None = None
    facility: str | None = None
    device: str | None = None
    actor: str
    user: str | None = None
    happened_at: str
    recorded_at: str
    correlation_id: str | None = None
    causation_id: str | None = None
    op_id: str | None = None
    moved_from: UUID | None = None
    moved_to: UUID | None = None
    answer: Answer | None = None
    part: int = 1
    parts: int = 1

    name: ClassVar[str] = ""


class CitizenRegistered(Fact, frozen=True, kw_only=True, tag="CitizenRegistered"):
    """A facility registered a person: the first version of a Patient."""

    name = "CitizenRegistered"


class EncounterDocumented(Fact, frozen=True, kw_only=True, tag="EncounterDocumented"):
    """A facility documented an encounter together with what was recorded in it."""

    name = "EncounterDocumented"


class ResourceRecorded(Fact, frozen=True, kw_only=True, tag="ResourceRecorded"):
    """A facility recorded a resource on its own (with ``encounter``, when it belongs to one)."""

    name = "ResourceRecorded"


class ResourceAmended(Fact, frozen=True, kw_only=True, tag="ResourceAmended"):
    """A facility stated a further version of a resource; the former stays readable."""

    name = "ResourceAmended"


class ResourceRetracted(Fact, frozen=True, kw_only=True, tag="ResourceRetracted"):
    """A facility took a resource back (FHIR delete), or it moved to another subject (``moved_to``)."""

    name = "ResourceRetracted"


class Evidence(msgspec.Struct, frozen=True, array_like=True):
    """How far two Patients agree in one field; never what stands in it.

    level: a word of the rule that compared them. bits: binary logarithm of how much likelier that is of one
    person than of two; negative where it speaks against one person.
    """

    field: str
    level: str
    bits: float


class Merge(msgspec.Struct, frozen=True, array_like=True):
    """That one Patient was replaced by the other also in their resources (merging.py).

    source: id of the replaced one. source_version, target_version: those that were made by it; 0 for none.
    """

    source: str
    source_version: int
    target_version: int


class PairFact(Fact, frozen=True, kw_only=True):
    """What was decided about two Patients: whether they are one person. It states no resource.

    subject, other: of ``patient`` and ``other_patient`` (ids), the smaller UUID first. The stream is the
    pair's own (linking.py). rule: version of the rules by which a program decided; None: somebody did.
    reason: in the words of whoever decided.
    """

    patient: str
    other: UUID
    other_patient: str
    evidence: list[Evidence] = []
    rule: str | None = None
    reason: str | None = None


class LinkProposed(PairFact, frozen=True, kw_only=True, tag="LinkProposed"):
    """Two Patients may be one person: somebody shall look."""

    name = "LinkProposed"


class RecordsLinked(PairFact, frozen=True, kw_only=True, tag="RecordsLinked"):
    """Two Patients are one person. merge: whether one of them was replaced."""

    merge: Merge | None = None

    name = "RecordsLinked"


class RecordsUnlinked(PairFact, frozen=True, kw_only=True, tag="RecordsUnlinked"):
    """A link was taken back."""

    name = "RecordsUnlinked"


class RecordsJudgedDifferent(PairFact, frozen=True, kw_only=True, tag="RecordsJudgedDifferent"):
    """Two Patients are not one person."""

    name = "RecordsJudgedDifferent"


class LinkPostponed(PairFact, frozen=True, kw_only=True, tag="LinkPostponed"):
    """Somebody looked at a proposal and could not tell."""

    name = "LinkPostponed"


class LinkDoubted(PairFact, frozen=True, kw_only=True, tag="LinkDoubted"):
    """A program has linked two Patients, and would not any more: by what they say now, or by what others say
    who are one person with them. Somebody shall look; the link stands until then."""

    name = "LinkDoubted"


AnyPairFact = (
    LinkProposed | RecordsLinked | RecordsUnlinked | RecordsJudgedDifferent | LinkPostponed | LinkDoubted
)
AnyFact = (
    CitizenRegistered
    | EncounterDocumented
    | ResourceRecorded
    | ResourceAmended
    | ResourceRetracted
    | AnyPairFact
)
FACT_TYPES: dict[str, type[Fact]] = {
    fact.name: fact
    for fact in (
        CitizenRegistered,
        EncounterDocumented,
        ResourceRecorded,
        ResourceAmended,
        ResourceRetracted,
        LinkProposed,
        RecordsLinked,
        RecordsUnlinked,
        RecordsJudgedDifferent,
        LinkPostponed,
        LinkDoubted,
    )
}
"""The closed table of fact types: nothing outside it is ever decoded, no module path is ever resolved."""
