"""Patient/$merge, as R5 defines it (https://hl7.org/fhir/R5/patient-operation-merge.html), and $unmerge,
which takes it back.

References to the Patient that is replaced stay as they are: whatever spans Patients finds both by their link.
"""

import re
from typing import Any

import orjson
from starlette.responses import Response

from ehr.appending import Condition
from ehr.bodies import with_meta
from ehr.compression import decompress
from ehr.health_record import Receipt, now
from ehr.identifiers import shortened
from ehr.linking import Pair, pair_of
from ehr.merging import Named, Result, Wish
from ehr.requests import Change, IdempotencyKey
from ehr.values import ID
from fhir_api.call import Call
from fhir_api.errors import BadRequest
from fhir_api.independence import refuse_own_addresses
from fhir_api.intake import Issue
from fhir_api.interactions.write import (
    OF_READS,
    envelope_of,
    patience,
    position_headers,
    refuse_headers,
    shown_version,
)
from fhir_api.operations.contrary import refuse_contrary
from fhir_api.operations.given import Given, Part, read_given, told
from fhir_api.operations.meanwhile import MOST_TOLD, recorded_meanwhile
from fhir_api.outcomes import outcome
from fhir_api.writing import hash_of

_REFERENCE = re.compile(rf"Patient/({ID.pattern})(?:/_history/([1-9][0-9]{{0,8}}))?")
_PREVIEW = "A preview: nothing was stored."
_ALREADY = "It is so already: nothing was stored."
_MERGED = "Merged. What refers to either is found with both."
_UNMERGED = (
    "The merge is taken back. Of a Patient that was amended since, what came by result-patient stays, "
    "perhaps numbers of the other one."
)
_MORE = f"Of what was recorded meanwhile the first {MOST_TOLD} versions are told."


async def merge(call: Call) -> Response:
    """The source is replaced by the target."""
    given, wish = await _asked(call)
    if not await _is_answered(call, wish):
        tried = await call.services.record.merge(wish._replace(preview=True, key=None))
        await refuse_contrary(call, pair_of(*(one.key.id for one in tried.outcomes)))
    receipt = await call.services.record.merge(wish)
    return await _answer(call, given, wish, receipt, _MERGED)


async def unmerge(call: Call) -> Response:
    """The same taken back, with what was recorded meanwhile."""
    given, wish = await _asked(call)
    receipt = await call.services.record.unmerge(wish)
    pair = _pair(wish, receipt)
    return await _answer(call, given, wish, receipt, _UNMERGED, pair)


async def _is_answered(call: Call, wish: Wish) -> bool:
    """Whether it was done before, with the same key: what was decided since counts for nothing then."""
    if wish.key is None:
        return False
    found = await call.services.recorder.resolve(set(), set(), (wish.key.client, wish.key.key))
    return found.stored is not None


async def _asked(call: Call) -> tuple[Given, Wish]:
    refuse_headers(call, "If-Match", "If-None-Exist", *OF_READS)
    given = await read_given(call)
    return given, _wish(call, given)


async def _answer(
    call: Call, given: Given, wish: Wish, receipt: Receipt, done: str, pair: Pair | None = None
) -> Response:
    """pair: whose facts recorded meanwhile are told."""
    headers = await position_headers(call, receipt.position, receipt.subjects)
    issues = [_note(_PREVIEW if wish.preview else done if receipt.position else _ALREADY)]
    result = await _result(call, wish, receipt)
    parts = [Part("result", result)] if result else []
    if pair:
        versions = {} if wish.preview else {one.key: one.version for one in receipt.outcomes}
        meanwhile = await recorded_meanwhile(call, pair, versions)
        parts += meanwhile.parts
        issues += [_note(_MORE, "warning")] if meanwhile.more else []
    said = orjson.dumps(outcome(issues, call.request_id))
    return call.answer(told([Part("input", given.raw), Part("outcome", said), *parts]), headers=headers)


def _note(text: str, severity: str = "information") -> Issue:
    return Issue("informational", "", text, severity)


def _pair(wish: Wish, receipt: Receipt) -> Pair | None:
    """Whom it was about; None where one was deleted since, and both are named by identifiers alone."""
    ids = [one.key.id for one in receipt.outcomes]
    if len(ids) < 2:
        ids = [one.id for one in (wish.source, wish.target) if one.id]
    return pair_of(*ids) if len(ids) == 2 else None


def _wish(call: Call, given: Given) -> Wish:
    preview, envelope = given.one("preview") is True, envelope_of(call)
    key = None
    if envelope.key and not preview:
        key = IdempotencyKey(call.actor.client, envelope.key, hash_of(call.interaction.encode(), given.raw))
    return Wish(
        _named(given, "source-patient"),
        _named(given, "target-patient"),
        call.actor,
        now(),
        given.one("reason"),
        _wanted(call, given),
        preview,
        call.request_id,
        key,
    )


def _named(given: Given, name: str) -> Named:
    """Who is named by a reference, by identifiers, or by both. Raises BadRequest."""
    reference: dict[str, Any] = given.one(name) or {}
    identifiers = [*given.values[f"{name}-identifier"], *filter(None, [reference.get("identifier")])]
    literal = reference.get("reference")
    if literal is None and not identifiers:
        raise BadRequest(f"Parameter {name} or {name}-identifier: at least one.")
    place = _REFERENCE.fullmatch(literal or "")
    if literal is not None and place is None:
        raise BadRequest(f"Parameter {name}: Patient/id, perhaps with /_history/ and its version.")
    id_, version = place.groups() if place else (None, None)
    return Named(id_, frozenset(map(_condition, identifiers)), int(version) if version else None)


def _condition(identifier: dict[str, Any]) -> Condition:
    value = identifier.get("value")
    if value is None:
        raise BadRequest("An identifier that names a Patient has a value.")
    return Condition("Patient", shortened(identifier.get("system", "")), shortened(value))


def _wanted(call: Call, given: Given) -> Result | None:
    json = given.one("result-patient")
    if json is None:
        return None
    raw = given.texts["result-patient"]
    refuse_own_addresses(Change(None, "update", "Patient", raw=raw, json=json), call.base)
    return Result(raw, json)


async def _result(call: Call, wish: Wish, receipt: Receipt) -> bytes | None:
    """The Patient that stays; the other one where that was deleted since, None where it is not shown."""
    if not receipt.outcomes:
        return None
    done = receipt.outcomes[-1]
    made = receipt.versions.get(done.key)
    if made and wish.preview:
        return decompress(made.body)
    if made:
        return with_meta(decompress(made.body), made.splice, made.version, receipt.last_updated)
    version = (await shown_version(call, done.key, done.version, patience(call))).version
    return version.served() if version and not version.deleted else None
