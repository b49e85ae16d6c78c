"""Transaction and batch (https://hl7.org/fhir/R4/http.html#transaction)."""

import asyncio
from collections.abc import Iterator, Sequence

from starlette.responses import Response

from ehr.dates import instant
from ehr.deciding import Outcome
from fhir_api.bundles import Get
from fhir_api.call import Call
from fhir_api.frames import Read, reads_of_transaction
from fhir_api.heavy import HEAVY
from fhir_api.interactions.bundle_reads import Reads, check_read
from fhir_api.interactions.write import envelope_of, patience, position_headers, shown_version
from fhir_api.writing import BundleAnswer, Entry, Former, join_bundle, response_entry, state_bundle

AT_A_TIME = 256
"""Entries that are looked up with one query."""


async def bundle(call: Call) -> Response:
    """Carries out a Bundle: its writes first, then its reads."""
    call.refuse_parameters()
    with call.services.room.share() as grow:
        answer = await _state(call, await call.body(call.services.limits.bytes, grow))
    headers = await position_headers(call, answer.position, answer.subjects)
    former = await _look_up_all(call, [e.outcome for e in answer.entries if isinstance(e, Former)])
    with call.services.room.share() as grow:
        reads = Reads(call, grow)
        entries = [await _finished(entry, reads, former) for entry in answer.entries]
        return call.answer(join_bundle(answer.type, entries), headers=headers)


async def _state(call: Call, raw: bytes) -> BundleAnswer:
    services, envelope = call.services, envelope_of(call)
    heavy = services.heavy if len(raw) >= HEAVY else None
    if b'"GET"' in raw:
        limit = services.limits.entries
        reads = await heavy.reads_of_transaction(raw, envelope) if heavy else reads_of_transaction(raw, limit)
        await _check_reads(call, reads)
    if heavy:
        return await heavy.state_bundle(raw, envelope)
    return await state_bundle(services.record, raw, services.limits, envelope)


async def _check_reads(call: Call, reads: Sequence[Read]) -> None:
    """A transaction is refused for a read that cannot be carried out, before anything is stored: its reads
    come last."""
    for read in reads:
        check_read(call, *read)
        await asyncio.sleep(0)  # Others have their turn: there may be thousands.


async def _finished(entry: Entry, reads: Reads, former: Iterator[bytes]) -> bytes:
    if isinstance(entry, Get):
        return await reads.answer(entry)
    return next(former) if isinstance(entry, Former) else entry


async def _look_up_all(call: Call, outcomes: Sequence[Outcome]) -> Iterator[bytes]:
    """The entries about versions that were made earlier, many with one query."""
    until = patience(call)
    entries: list[bytes] = []
    for start in range(0, len(outcomes), AT_A_TIME):
        some = outcomes[start : start + AT_A_TIME]
        entries += await asyncio.gather(*(_look_up(call, done, until) for done in some))
    return iter(entries)


async def _look_up(call: Call, done: Outcome, until: float) -> bytes:
    version, _ = await shown_version(call, done.key, done.version, until)
    if version is None:
        return response_entry(done, "", b"")
    wanted = call.prefers("return") == "representation" and not version.deleted
    return response_entry(done, instant(version.last_updated), version.served() if wanted else b"")
