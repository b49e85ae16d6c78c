"""Which facts a request states: the resources of one encounter are one fact, others stand alone."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ehr.appending import LARGEST_FACT
from ehr.facts import (
    MOVE,
    SCHEMA_VERSION,
    Answer,
    AnyFact,
    CitizenRegistered,
    EncounterDocumented,
    ResourceAmended,
    ResourceRecorded,
    ResourceRetracted,
    ResourceVersion,
)
from ehr.values import Key, new_id, stream_of

ENVELOPE = 64 * 1024
"""Bytes that a fact may need beside its resources and its answer."""

BESIDE_BODY = 200
"""Bytes that one resource may need beside its body: type, id (64), version, action, splice."""

_FIRST: dict[str, type[AnyFact]] = {"Encounter": EncounterDocumented, "Patient": CitizenRegistered}


class Former(NamedTuple):
    """Where a resource was before it moved to another subject."""

    subject: UUID
    stream: UUID


class Stated(NamedTuple):
    """One resource version that a request makes.

    stream: in which it goes on; None where one begins. encounters: ids of the Encounters it belongs to.
    digest: of the body (Head.digest). first: whether the resource was never stated before. former: set when
    it moved.
    """

    key: Key
    version: ResourceVersion
    subject: UUID
    stream: UUID | None
    encounters: frozenset[str]
    happened_at: str
    digest: bytes
    first: bool
    former: Former | None = None


def into_encounters(stated: Iterable[Stated]) -> list[list[Stated]]:
    """The resources of one request by the fact they travel in, the encounter itself first.

    A resource travels with an encounter of the same request when it is new too, belongs to that encounter
    alone and has its subject.
    """
    stated = list(stated)
    documented = {one.key.id: _begun(one) for one in stated if one.first and one.key.type == "Encounter"}
    groups: dict[Key, list[Stated]] = {one.key: [one] for one in documented.values()}
    for one in stated:
        home = _encounter_of(one, documented)
        if home:
            groups[home.key].append(one._replace(stream=home.stream))
        elif one.key not in groups:
            groups[one.key] = [_begun(one)]
    return list(groups.values())


def _begun(one: Stated) -> Stated:
    return one if one.stream else one._replace(stream=stream_of(one.key))


def _encounter_of(one: Stated, documented: Mapping[str, Stated]) -> Stated | None:
    if not one.first or one.key.type == "Encounter" or len(one.encounters) != 1:
        return None
    home = documented.get(next(iter(one.encounters)))
    return home if home and home.subject == one.subject else None


def facts_of(group: list[Stated], common: Mapping[str, Any], answer: Answer | None) -> list[AnyFact]:
    """The fact of one group: in numbered parts when it would be too large, after the retraction from the
    former subject when a resource moved. common: what all facts of the request share. answer: rides on the
    first fact."""
    parts = _parts(group, LARGEST_FACT - ENVELOPE - (len(msgspec.msgpack.encode(answer)) if answer else 0))
    lead = group[0]
    facts: list[AnyFact] = []
    if lead.former:
        moved = ResourceVersion(*lead.key, lead.version.version, MOVE, 0, b"")
        place = {"subject": lead.former.subject, "stream": lead.former.stream}
        retraction = {"resources": [moved], "moved_to": lead.subject, **place}
        facts.append(_make(ResourceRetracted, lead, common, retraction))
    for number, part in enumerate(parts, 1):
        content: dict[str, Any] = {"subject": lead.subject, "stream": lead.stream}
        content |= {"resources": [member.version for member in part], "part": number, "parts": len(parts)}
        if lead.former:
            content["moved_from"] = lead.former.subject
        facts.append(_make(_type_of(lead), lead, common, content))
    return [msgspec.structs.replace(facts[0], answer=answer), *facts[1:]] if answer else facts


def _parts(group: list[Stated], room: int) -> list[list[Stated]]:
    """room: bytes for the resources of a part; one that needs more by itself is a part by itself."""
    parts: list[list[Stated]] = [[]]
    size = 0
    for member in group:
        weight = len(member.version.body) + BESIDE_BODY
        if parts[-1] and size + weight > room:
            parts.append([])
            size = 0
        parts[-1].append(member)
        size += weight
    return parts


def _type_of(lead: Stated) -> type[AnyFact]:
    if lead.version.action == "delete":
        return ResourceRetracted
    if lead.former:
        return ResourceRecorded
    if not lead.first:
        return ResourceAmended
    return _FIRST.get(lead.key.type, ResourceRecorded)


def _make(
    kind: type[AnyFact], lead: Stated, common: Mapping[str, Any], content: Mapping[str, Any]
) -> AnyFact:
    encounter = lead.key.id if lead.key.type == "Encounter" else None
    if encounter is None and len(lead.encounters) == 1:
        (encounter,) = lead.encounters
    return kind(
        event_id=new_id(),
        schema_version=SCHEMA_VERSION,
        encounter=encounter,
        happened_at=lead.happened_at,
        **common,
        **content,
    )
