"""History of one resource (https://hl7.org/fhir/R4/http.html#history)."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

import msgspec
import orjson
from starlette.responses import Response

from ehr.dates import FIRST, Span, instant
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.headers import etag
from fhir_api.interactions.read import given_once, missing, refuse_former, wait_for_position
from fhir_api.paging import PAGE, next_page, turn_page
from fhir_api.parameters import USUAL_COUNT, read_count, read_span
from fhir_api.reading import Entry, address, base_of, bundle
from fhir_api.subsetting import PARAMETERS as OF_PARTS
from fhir_api.subsetting import Subset, read_subset, subset
from projections.fhir_resources.found import MOST_BYTES
from projections.fhir_resources.history import EVER, Extent, extent, read_versions
from projections.fhir_resources.queries import Version, fitting_versions, unpacked

PARAMETERS = ("_count", "_since", "_at", *OF_PARTS)


class Asked(NamedTuple):
    """What the first page is asked for. since, at: which versions are wanted. part: of each resource."""

    since: datetime
    at: Span
    on_a_page: int
    part: Subset | None


class _Walk(msgspec.Struct, frozen=True, array_like=True):
    """The versions that are still to be told, and how many go on a page."""

    least: int
    most: int
    count: int
    part: Subset | None


async def history(call: Call) -> Response:
    """Versions of a resource, newest first, page by page."""
    key, asked = history_asked(call)
    await wait_for_position(call)
    if isinstance(asked, _Walk):
        return await _page(call, key, asked, None)
    found = await _extent(call, key, asked)
    await _refuse_former(call, key)
    return await _page(call, key, _Walk(found.least, found.most, asked.on_a_page, asked.part), found.size)


def history_asked(call: Call) -> tuple[Key, Asked | _Walk]:
    """Of which resource, and what. Raises BadRequest, UnknownParameter."""
    key = Key(call.places["type"], call.places["id"])
    asked = read_asked(call, [key.type])
    return key, turn_page(call, asked, _Walk, "history", *key) if isinstance(asked, str) else asked


def read_asked(call: Call, types: Sequence[str]) -> Asked | str:
    """What the parameters of any history ask for, or the token of the page that they name. types: of the
    resources. Raises BadRequest, UnknownParameter."""
    if any(name == PAGE for name, _ in call.parameters):
        return given_once(call, (PAGE,))[PAGE]
    given = given_once(call, PARAMETERS)
    since = read_span("_since", given["_since"]).start if "_since" in given else FIRST
    at = read_span("_at", given["_at"]) if "_at" in given else EVER
    count = read_count(given["_count"]) if "_count" in given else USUAL_COUNT
    return Asked(since, at, count, read_subset(given, types))


async def _extent(call: Call, key: Key, asked: Asked) -> Extent:
    async with call.services.views.connection() as connection:
        found = await extent(connection, key, asked.since, asked.at)
    if found is None:
        raise await missing(call, key)
    return found


async def _refuse_former(call: Call, key: Key) -> None:
    """A history without the newest version would be told as if it were whole."""
    current = await call.services.reader.read(key) if call.services.visibility.parked else None
    if current:
        await refuse_former(call, key, current)


async def _page(call: Call, key: Key, walk: _Walk, total: int | None) -> Response:
    versions = await _versions(call, key, walk)
    told = [version for version in versions if version.version >= walk.least][: walk.count]
    told = told[: fitting_versions(told, MOST_BYTES)]
    links = {"self": address(call, f"{key.reference}/_history", call.parameters)}
    if told and told[-1].version > walk.least:
        rest = _Walk(walk.least, told[-1].version - 1, walk.count, walk.part)
        links["next"] = next_page(call, f"{key.reference}/_history", rest, 0, "history", *key)
    base = base_of(call)
    revives = [version.deleted for version in versions[1:]] + [False]
    entries = [
        history_entry(base, key, *one, walk.part)
        for one in zip(told, unpacked(told), revives[: len(told)], strict=True)
    ]
    return call.answer(bundle("history", entries, links, total))


async def _versions(call: Call, key: Key, walk: _Walk) -> list[Version]:
    """Those of the page and the one before them, which says how the oldest of them came about."""
    if not walk.count or not walk.most:
        return []
    async with call.services.views.connection() as connection:
        return await read_versions(connection, key, walk.least - 1, walk.most, walk.count + 1)


def history_entry(
    base: bytes, key: Key, version: Version, body: bytes, revives: bool, part: Subset | None
) -> Entry:
    """One entry of a history. body: of the version, unpacked. revives: whether the version before this one
    was deleted. part: what is told of it."""
    method, url, status = _told(key, version, revives)
    response = {
        "status": status,
        "etag": etag(version.version),
        "lastModified": instant(version.last_updated),
    }
    said = orjson.dumps({"request": {"method": method, "url": url}, "response": response})
    begin = b'{"fullUrl":"%b%b",' % (base, key.reference.encode())
    if version.deleted:
        return begin, said[1:]
    pieces = version.pieces(body)
    told = (subset(b"".join(pieces), key.type, part),) if part else pieces
    return begin, b'"resource":', *told, b",", said[1:]


def _told(key: Key, version: Version, revives: bool) -> tuple[str, str, str]:
    """(method, url, status) by which the version came about; a first version may have come by PUT as well."""
    if version.deleted:
        return "DELETE", key.reference, "204 No Content"
    if version.version == 1:
        return "POST", key.type, "201 Created"
    status = HTTPStatus.CREATED if revives else HTTPStatus.OK
    return "PUT", key.reference, f"{status.value} {status.phrase}"
