"""History of all resources of a type, or of every type (https://hl7.org/fhir/R4/http.html#history).

A walk goes down from the newest version; what is stated meanwhile is newer than any place it comes to, and a
version that is superseded keeps its place. So nothing comes twice, and nothing is left out.
"""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from ehr.definitions import RESOURCE_TYPES
from fhir_api.call import Call
from fhir_api.completeness import INCOMPLETE, incomplete_version
from fhir_api.errors import BadRequest
from fhir_api.interactions.history import Asked, history_entry, read_asked
from fhir_api.interactions.read import wait_for_position
from fhir_api.paging import next_page, turn_page
from fhir_api.reading import Entry, Links, address, base_of, bundle
from projections.fhir_resources.history import EVER
from projections.fhir_resources.queries import unpacked
from projections.fhir_resources.versions import Page, Place, Stated, Wanted, newest, number

_EVERY_TYPE = sorted(RESOURCE_TYPES)


class _Walk(msgspec.Struct, frozen=True, array_like=True):
    """What the first page was asked for, and the last version that was told."""

    asked: Asked
    after: Place | None = None


async def histories(call: Call) -> Response:
    """Versions of all resources of a type or of every type, newest first, page by page."""
    walk = histories_asked(call)
    await wait_for_position(call)
    page, total = await _read(call, walk)
    entries, incomplete = _entries(call, walk, page.told), bool(call.services.visibility.parked)
    if incomplete:
        entries.append(incomplete_version(call, _path(call)))
    body = bundle("history", entries, _links(call, walk, page), total)
    return call.answer(body, headers=INCOMPLETE if incomplete else None)


async def _read(call: Call, walk: _Walk) -> tuple[Page, int | None]:
    """A page, and the total where it is known."""
    types, asked = _types(call), walk.asked
    async with call.services.views.connection() as connection:
        if not asked.on_a_page:
            return Page([], None), await number(connection, types, asked.since)
        wanted = Wanted(types, asked.since, asked.at)
        page = await newest(connection, wanted, walk.after, asked.on_a_page)
    return page, None if walk.after or page.rest else len(page.told)


def histories_asked(call: Call) -> _Walk:
    """What is asked for, and from where on. Raises BadRequest, UnknownParameter."""
    asked = read_asked(call, _types(call))
    if isinstance(asked, str):
        return turn_page(call, asked, _Walk, "histories", _path(call))
    if asked.at != EVER and not asked.on_a_page:
        raise BadRequest("_count must be 1 or more: what was current at some time is not counted.")
    return _Walk(asked)


def _types(call: Call) -> Sequence[str]:
    return [call.places["type"]] if "type" in call.places else _EVERY_TYPE


def _path(call: Call) -> str:
    return "/".join(call.path)


def _links(call: Call, walk: _Walk, page: Page) -> Links:
    path = _path(call)
    links = {"self": address(call, path, call.parameters)}
    if page.rest:
        position = max((stated.position for stated in page.told), default=0)
        links["next"] = next_page(call, path, _Walk(walk.asked, page.rest), position, "histories", path)
    return links


def _entries(call: Call, walk: _Walk, told: Sequence[Stated]) -> list[Entry]:
    base, bodies = base_of(call), unpacked([stated.version for stated in told])
    return [
        history_entry(base, stated.key, stated.version, body, stated.revives, walk.asked.part)
        for stated, body in zip(told, bodies, strict=True)
    ]
