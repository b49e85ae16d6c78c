"""Read and version read (https://hl7.org/fhir/R4/http.html#read, #vread)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.responses import Response

from ehr.dates import span
from ehr.errors import Gone, Unknown
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.completeness import waits
from fhir_api.errors import BadRequest, NotShownYet, UnknownParameter
from fhir_api.headers import version_headers
from fhir_api.parameters import unsupported
from fhir_api.subsetting import PARAMETERS as OF_PARTS
from fhir_api.subsetting import Subset, read_subset, subset
from projections.fhir_resources.queries import Version, read_version


def part_asked(call: Call) -> Subset | None:
    """Which part of the resource is wanted. Raises BadRequest, UnknownParameter."""
    return read_subset(given_once(call, OF_PARTS), [call.places["type"]])


def given_once(call: Call, known: Sequence[str]) -> dict[str, str]:
    """The parameters, each of which may come once. Raises BadRequest, UnknownParameter."""
    names = [name for name, _ in call.parameters]
    message = unsupported(names, known)
    if message:
        raise UnknownParameter(message)
    if len(set(names)) < len(names):
        raise BadRequest("A parameter is there twice.")
    return dict(call.parameters)


async def read(call: Call) -> Response:
    """The current version; 304 when the client has it, 404, 410."""
    part = part_asked(call)
    await wait_for_position(call)
    key = Key(call.places["type"], call.places["id"])
    version = await call.services.reader.read(key)
    if version is None:
        raise await missing(call, key)
    await refuse_former(call, key, version)
    return _told(call, key.type, version, part)


async def vread(call: Call) -> Response:
    """One version, also a former one."""
    part = part_asked(call)
    await wait_for_position(call)
    number = call.places["version"]
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Unknown("Versions are whole numbers.")
    key = Key(call.places["type"], call.places["id"])
    async with call.services.views.connection() as connection:
        version = await read_version(connection, key, int(number))
    if version is None:
        raise await missing(call, key, int(number))
    return _told(call, key.type, version, part)


async def wait_for_position(call: Call) -> None:
    """Waits for what ``X-EHR-Position`` names and what the client has seen, for as long as a write would.

    Raises NotShownYet, BadRequest.
    """
    position = max(asked_position(call), call.seen)
    if position and not await call.services.visibility.wait(position, call.services.visibility_wait):
        raise NotShownYet("They have not come to the position that it names.", headers={"Retry-After": "1"})


def asked_position(call: Call) -> int:
    """What ``X-EHR-Position`` names; 0 where it is not there. Raises BadRequest."""
    wanted = call.headers.get("x-ehr-position", "0")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise BadRequest("X-EHR-Position must be a position.")
    return int(wanted)


async def refuse_former(call: Call, key: Key, version: Version) -> None:
    """Raises NotShownYet when a later version waits with its parked citizen."""
    if await waits(call, {key: version.version}):
        raise NotShownYet("A later version waits with its citizen's facts.", headers={"Retry-After": "1"})


def _told(call: Call, type_: str, version: Version, part: Subset | None) -> Response:
    if version.deleted:
        raise Gone
    headers = version_headers(version.version, version.last_updated)
    if _client_has(call, version):
        return Response(status_code=304, headers=headers)
    return call.answer(subset(version.served(), type_, part), headers=headers)


def _client_has(call: Call, version: Version) -> bool:
    tags = call.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
        return "*" in known or str(version.version) in known
    since = call.headers.get("if-modified-since")
    end = _end_of(since) if since else None
    return end is not None and version.last_updated < end


def _end_of(moment: str) -> datetime | None:
    """When an HTTP date, exact to the second, or an instant, as Bundles say it, ends; None: it is neither."""
    instant = span(moment) if "T" in moment else None
    if instant:
        return instant.end
    try:
        start = parsedate_to_datetime(moment)
        return start + timedelta(seconds=1) if start.tzinfo else None
    except (ValueError, OverflowError):
        return None


async def missing(call: Call, key: Key, version: int = 1) -> Exception:
    """Why the view does not have a resource: it never was, or its fact is not (or cannot be) projected."""
    resolved = await call.services.recorder.resolve({key}, set(), None)
    head = resolved.heads.get(key)
    if head and head.version >= version > 0:
        detail = "It is stored; its citizen's facts wait, or the views lag."
        return NotShownYet(detail, headers={"Retry-After": "1"})
    return Unknown()


async def absent(call: Call, key: Key) -> Exception:
    """The same of a resource that may have been deleted."""
    version = await call.services.reader.read(key)
    return Gone() if version and version.deleted else await missing(call, key)
