"""Search of one type (https://hl7.org/fhir/R4/http.html#search), by GET or by POST with a form.

The next link holds the whole search, sealed, so what was searched for stands in no address but the client's
own. A search by POST is continued by GET all the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import orjson
from starlette.responses import Response

from fhir_api.access.entrance import LONGEST_ADDRESS
from fhir_api.call import COMMON_PARAMETERS, Call
from fhir_api.completeness import INCOMPLETE, found_waits, incomplete_entry
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.intake import Issue
from fhir_api.interactions.read import wait_for_position
from fhir_api.outcomes import outcome
from fhir_api.paging import PAGE, next_page, turn_page
from fhir_api.reading import address, base_of, bundle, entry, outcome_entry
from fhir_api.searching.parameters import Criteria, names_of, read_criteria, unsupported
from projections.fhir_resources.found import Found, bodies_of
from projections.fhir_resources.search import Place, Wanted, count, find

Parameters = list[tuple[str, str]]


class _Walk(msgspec.Struct, frozen=True, array_like=True):
    """A search, and the resource that it has come to."""

    parameters: Parameters
    last_updated: datetime
    pk: int


class _Asked(NamedTuple):
    """parameters: those that are known. ignored: what to say of the others. after: where the page begins."""

    type: str
    parameters: Parameters
    ignored: str = ""
    after: Place | None = None


async def search(call: Call) -> Response:
    """A page of the resources that match."""
    return await _answer(call)


async def search_by_form(call: Call) -> Response:
    """The same with parameters in the body, where no log sees them."""
    await call.add_form()
    return await _answer(call)


def search_asked(call: Call) -> tuple[_Asked, Criteria]:
    """What the parameters ask for. Raises BadRequest, UnknownParameter."""
    asked = _asked(call, call.places["type"], call.parameters)
    return asked, read_criteria(asked.type, asked.parameters)


async def _answer(call: Call) -> Response:
    asked, criteria = search_asked(call)
    await wait_for_position(call)
    wanted = Wanted(
        criteria.type, _ordered(criteria.ids), criteria.identifiers, criteria.updated, criteria.newest_first
    )
    async with call.services.views.connection() as connection:
        if criteria.count:
            found = await find(connection, wanted, asked.after, criteria.count + 1)
            total = len(found) if len(found) <= criteria.count and not asked.after else None
        else:
            found, total = [], await count(connection, wanted)
    incomplete = await _is_incomplete(call, wanted, found)
    return _told(call, asked, criteria, found, total, incomplete)


async def _is_incomplete(call: Call, wanted: Wanted, found: Sequence[Found]) -> bool:
    identified = [condition for group in wanted.identifiers for condition in group]
    return await found_waits(call, found, wanted.ids, identified, wanted.type)


def _asked(call: Call, type_: str, parameters: Parameters) -> _Asked:
    """Raises UnknownParameter, unless the client wants it lenient."""
    names = [name for name, _ in parameters]
    if PAGE in names:
        if len(names) > 1:
            raise BadRequest(f"{PAGE} stands alone: it holds the whole search.")
        walk = turn_page(call, parameters[0][1], _Walk, "search", type_)
        return _Asked(type_, walk.parameters, after=Place(walk.last_updated, walk.pk))
    known = names_of(type_)
    message = unsupported(names, [*known, *sorted(COMMON_PARAMETERS)])
    if message and call.prefers("handling") != "lenient":
        raise UnknownParameter(message)
    return _Asked(type_, [pair for pair in parameters if pair[0] in known], message)


def _ordered(ids: frozenset[str] | None) -> Sequence[str] | None:
    return None if ids is None else sorted(ids)


def _told(
    call: Call,
    asked: _Asked,
    criteria: Criteria,
    found: Sequence[Found],
    total: int | None,
    incomplete: bool,
) -> Response:
    shown = found[: criteria.count]
    used = call.parameters if asked.after else asked.parameters
    links = {"self": address(call, asked.type, used)}
    if len(found) > len(shown) > 0:
        walk = _Walk(asked.parameters, shown[-1].last_updated, shown[-1].pk)
        position = max(one.position for one in shown)
        links["next"] = _followed(next_page(call, asked.type, walk, position, "search", asked.type))
    base = base_of(call)
    entries = [entry(base, *pair) for pair in zip(shown, bodies_of(shown), strict=True)]
    if asked.ignored:
        entries.append(outcome_entry(_ignored(call, asked.ignored)))
    if incomplete:
        entries.append(incomplete_entry(call))
    return call.answer(bundle("searchset", entries, links, total), headers=INCOMPLETE if incomplete else None)


def _followed(link: str) -> str:
    """The link. Raises BadRequest where nobody can follow it: a form may ask for more than addresses hold."""
    if len(link) > LONGEST_ADDRESS:
        raise BadRequest(
            "It is too long for a next page: ask for fewer values, or for more on a page (_count)."
        )
    return link


def _ignored(call: Call, message: str) -> bytes:
    issue = Issue("not-supported", "", f"Ignored, as was preferred. {message}", "warning")
    return orjson.dumps(outcome([issue], call.request_id))
