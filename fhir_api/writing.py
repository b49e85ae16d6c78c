"""From wishes to the record and back to answers: one change, a transaction, a batch."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import orjson

from ehr.appending import Criteria
from ehr.bodies import with_meta
from ehr.compression import decompress
from ehr.deciding import Outcome
from ehr.health_record import HealthRecord, Receipt, now
from ehr.requests import Change, IdempotencyKey, Request
from ehr.searching import Search
from ehr.values import Actor
from fhir_api.bundles import BundleLimits, Get, ParsedBundle, Wish, parse_bundle
from fhir_api.frames import Refused
from fhir_api.independence import (
    Neighbours,
    neighbours_of,
    refuse_links_astray,
    refuse_links_into,
    refuse_own_addresses,
)
from fhir_api.outcomes import note, note_refusal, outcome, told

NUMBERED = "\x1f"
"""Stands between the key of a batch and an entry's index; no key of a client has it."""


class Envelope(NamedTuple):
    """What a request says beside its body. key: its Idempotency-Key, if it has one. base: this server's
    address, as the client says it."""

    actor: Actor
    request_id: str
    key: str | None = None
    representation: bool = False
    base: str = ""


class Former(NamedTuple):
    """An entry whose version was made earlier, by others or when the same request was answered before."""

    outcome: Outcome


Entry = bytes | Get | Former


class BundleAnswer(NamedTuple):
    """entries: the JSON of each response entry in order; a Get or Former where reading is still to be done.

    position: of the last fact that was stored; 0 when there was none. subjects: whom the entries are about.
    """

    type: str
    entries: list[Entry]
    position: int
    subjects: frozenset[UUID]


async def state_bundle(
    record: HealthRecord, raw: bytes, limits: BundleLimits, envelope: Envelope
) -> BundleAnswer:
    """Carries out a Bundle, but for its reads. Raises what a transaction is refused for."""
    bundle = parse_bundle(raw, limits)
    if bundle.type == "transaction":
        return await _state_transaction(record, bundle, raw, envelope)
    return await _state_batch(record, bundle, envelope)


async def state_change(
    record: HealthRecord, change: Change, envelope: Envelope, request_hash: bytes
) -> Receipt:
    """Carries out one change of its own."""
    refuse_own_addresses(change, envelope.base)
    key = IdempotencyKey(envelope.actor.client, envelope.key, request_hash) if envelope.key else None
    return await record.state(Request([change], envelope.actor, now(), envelope.request_id, key))


def hash_of(*parts: bytes) -> bytes:
    """Tells two requests apart that came with one Idempotency-Key."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def hash_of_change(change: Change) -> bytes:
    """The same for one change."""
    asked = (change.action, change.type, change.id, change.condition, change.if_match)
    more = (b"several",) if change.several else ()  # What was asked before there were such is told as it was.
    return hash_of(repr(asked).encode(), change.raw, *more)


async def _state_transaction(
    record: HealthRecord, bundle: ParsedBundle, raw: bytes, envelope: Envelope
) -> BundleAnswer:
    changes = [wish for wish in bundle.wishes if isinstance(wish, Change)]
    neighbours = neighbours_of(bundle, envelope.base)
    for change in changes:
        refuse_links_astray(change, neighbours)
        refuse_own_addresses(change, envelope.base, neighbours.names)
    key = IdempotencyKey(envelope.actor.client, envelope.key, hash_of(raw)) if envelope.key else None
    receipt = await record.state(Request(changes, envelope.actor, now(), envelope.request_id, key))
    told_changes = iter(receipt.outcomes)
    entries: list[Entry] = [
        wish if isinstance(wish, Get) else _entry(next(told_changes), receipt, envelope)
        for wish in bundle.wishes
    ]
    return BundleAnswer("transaction-response", entries, receipt.position, receipt.subjects)


async def _state_batch(record: HealthRecord, bundle: ParsedBundle, envelope: Envelope) -> BundleAnswer:
    """Each entry is a request of its own; those that wait at one time share flushes.

    Those that a flush could not share, as they are about one resource, come one after the other.
    """
    await _take_key(record, envelope)
    neighbours = neighbours_of(bundle, envelope.base)
    results: dict[int, tuple[Entry, Receipt | None]] = {}

    async def state_in_turn(indexes: list[int]) -> None:
        for index in indexes:
            results[index] = await _state_entry(record, bundle.wishes[index], neighbours, envelope)

    await asyncio.gather(*map(state_in_turn, _by_resource(bundle.wishes)))
    entries = [results[index][0] for index in range(len(bundle.wishes))]
    receipts = [receipt for _, receipt in results.values() if receipt]
    position = max((receipt.position for receipt in receipts), default=0)
    subjects = frozenset(subject for receipt in receipts for subject in receipt.subjects)
    return BundleAnswer("batch-response", entries, position, subjects)


def _by_resource(wishes: Sequence[Wish]) -> list[list[int]]:
    """The indexes of the entries, those together that name one resource by its id, or one condition."""
    groups: dict[object, list[int]] = {}
    for index, wish in enumerate(wishes):
        named: object = index
        if isinstance(wish, Change) and wish.condition:
            named = (wish.type, _text(wish.condition), "condition")
        elif isinstance(wish, Change) and wish.id:
            named = (wish.type, wish.id)
        groups.setdefault(named, []).append(index)
    return list(groups.values())


def _text(criteria: Criteria) -> str:
    return criteria.query if isinstance(criteria, Search) else criteria.value


async def _take_key(record: HealthRecord, envelope: Envelope) -> None:
    """The key is then a batch's: no other kind of request can have it. Raises KeyReused.

    What the entries say does not matter here: those that were refused may come corrected.
    """
    if envelope.key:
        key = IdempotencyKey(envelope.actor.client, envelope.key, hash_of(b"batch"))
        await record.state(Request([], envelope.actor, now(), envelope.request_id, key))


async def _state_entry(
    record: HealthRecord, wish: Wish, neighbours: Neighbours, envelope: Envelope
) -> tuple[Entry, Receipt | None]:
    if isinstance(wish, Get):
        return wish, None
    if isinstance(wish, Refused):
        return _refused(wish.error, envelope), None
    try:
        refuse_links_into(wish, neighbours)
        refuse_own_addresses(wish, envelope.base)
        key = f"{envelope.key}{NUMBERED}{wish.index}" if envelope.key else None
        numbered = envelope._replace(key=key)
        receipt = await state_change(record, wish, numbered, hash_of_change(wish))
    except Exception as error:  # noqa: BLE001 - what one entry brings must not fail its neighbours
        note(error, envelope.request_id)
        return _refused(error, envelope), None
    return _entry(receipt.outcomes[0], receipt, envelope), receipt


def _entry(done: Outcome, receipt: Receipt, envelope: Envelope) -> bytes | Former:
    version = receipt.versions.get(done.key)
    if version is None and done.version:
        return Former(done)
    body = b""
    if envelope.representation and version and version.body:
        body = with_meta(decompress(version.body), version.splice, version.version, receipt.last_updated)
    return response_entry(done, receipt.last_updated if version else "", body)


def response_entry(done: Outcome, last_updated: str, resource: bytes) -> bytes:
    """One entry of the response Bundle (https://hl7.org/fhir/R4/http.html#transaction-response).

    last_updated: RFC 3339, of the version; empty where it is not known. resource: empty unless wanted.
    """
    key, number = done.key, done.version
    said = f'{{"response":{{"status":"{done.status} {HTTPStatus(done.status).phrase}"'
    if number and done.status != HTTPStatus.NO_CONTENT:
        said += f',"location":"{key.type}/{key.id}/_history/{number}"'
    if number:
        said += f',"etag":"W/\\"{number}\\""'
    if last_updated:
        said += f',"lastModified":"{last_updated}"'
    entry = said.encode() + b"}"
    return entry + (b',"resource":' + resource if resource else b"") + b"}"


def _refused(error: Exception, envelope: Envelope) -> bytes:
    status, issues, _ = told(error)
    note_refusal(envelope.request_id, status, issues)
    response = {
        "status": f"{status} {HTTPStatus(status).phrase}",
        "outcome": outcome(issues, envelope.request_id),
    }
    return orjson.dumps({"response": response})


def join_bundle(type_: str, entries: Sequence[bytes]) -> bytes:
    """A response Bundle of finished entries."""
    # An array that would be empty is left out: https://hl7.org/fhir/R4/json.html
    told_entries = b',"entry":[%b]' % b",".join(entries) if entries else b""
    return b'{"resourceType":"Bundle","type":"%b"%b}' % (type_.encode(), told_entries)
