"""Search of a type, of all types and of a compartment, by GET or by POST with a form
(https://hl7.org/fhir/R4/http.html#search).

The next link holds the whole search, sealed, so what was searched for stands in no address but the client's
own. A search by POST is continued by GET all the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import orjson
from starlette.responses import Response

from ehr.definitions import RESOURCE_TYPES
from ehr.values import Key
from fhir_api.access.entrance import LONGEST_ADDRESS
from fhir_api.call import Call
from fhir_api.completeness import INCOMPLETE, found_waits, incomplete_entry
from fhir_api.errors import BadRequest, NoSuchPlace, TooMuchIncluded
from fhir_api.intake import Issue
from fhir_api.interactions.read import wait_for_position
from fhir_api.outcomes import outcome
from fhir_api.paging import PAGE, next_page, turn_page
from fhir_api.reading import Entry, address, base_of, bundle, entry, outcome_entry
from fhir_api.searching.asking import COMPARTMENTS, Asked, Parameters, Place, read_search
from fhir_api.subsetting import Subset
from projections.database import Reader
from projections.fhir_resources.finding import Hit, Wanted, count, estimate, find
from projections.fhir_resources.found import Found, bodies_of
from projections.fhir_resources.including import MOST_INCLUDED, TooManyIncluded, included
from projections.search.identifiers import Identified, Named
from projections.search.sorting import After
from projections.search.tree import And, Node

ALL = "*"
"""Stands for every type in the address of a compartment."""


class _Walk(msgspec.Struct, frozen=True, array_like=True):
    """A search, and where it has come to: keys and number of the last resource. total: if it was told."""

    parameters: Parameters
    keys: list[str | None]
    pk: int
    total: int | None


class _Step(NamedTuple):
    """One page of a search. walk: what brought it here; None on the first page."""

    place: Place
    asked: Asked
    walk: _Walk | None

    @property
    def after(self) -> After | None:
        """Where the page begins."""
        if self.walk is None:
            return None
        keys = zip(self.asked.wanted.keys, self.walk.keys, strict=True)
        return After(tuple(key.read(text) for key, text in keys), self.walk.pk)


class _Page(NamedTuple):
    """hits: one more than are told, if there are more. total: of all pages, if it is known. included: beside
    those that are told."""

    hits: Sequence[Hit]
    total: int | None
    included: Sequence[Found] = ()


async def search(call: Call) -> Response:
    """A page of the resources that match."""
    return await _answer(call)


async def search_by_form(call: Call) -> Response:
    """The same with parameters in the body, where no log sees them."""
    await call.add_form()
    return await _answer(call)


def search_asked(call: Call) -> _Step:
    """What the parameters ask for. Raises BadRequest, UnknownParameter, NoSuchPlace."""
    place = _place(call)
    named = [value for name, value in call.parameters if name == PAGE]
    if not named:
        return _Step(place, _read(call, place, call.parameters), None)
    if len(call.parameters) > 1:
        raise BadRequest(f"{PAGE} stands alone: it holds the whole search.")
    walk = turn_page(call, named[0], _Walk, "search", place.path)
    return _Step(place, _read(call, place, walk.parameters), walk)


def _read(call: Call, place: Place, parameters: Parameters) -> Asked:
    return read_search(place, parameters, call.base, lenient=call.prefers("handling") == "lenient")


def _place(call: Call) -> Place:
    places = call.places
    type_ = places.get("type")
    if "compartment" not in places:
        return Place(type_, (type_,)) if type_ else Place("")
    within = Key(places["compartment"], places["id"])
    member = places["member"]
    if within.type not in COMPARTMENTS or (member != ALL and member not in RESOURCE_TYPES):
        raise NoSuchPlace
    return Place(f"{within.reference}/{member}", () if member == ALL else (member,), within)


async def _answer(call: Call) -> Response:
    step = search_asked(call)
    await wait_for_position(call)
    async with call.services.views.snapshot() as connection:
        page = await _page(connection, step, await call.services.frequent.known(connection))
        page = page._replace(included=await _included(connection, step, page, call.base))
    return _told(call, step, page, await _is_incomplete(call, step.asked.wanted, page))


async def _page(connection: Reader, step: _Step, common: frozenset[int]) -> _Page:
    wanted, results = step.asked.wanted, step.asked.results
    if not results.count:
        return _Page([], await count(connection, wanted))
    hits = await find(connection, wanted, step.after, results.count + 1, common)
    if step.walk:
        return _Page(hits, step.walk.total)
    if len(hits) <= results.count:
        return _Page(hits, None if results.total == "none" else len(hits))
    if results.total == "accurate":
        return _Page(hits, await count(connection, wanted))
    return _Page(hits, await estimate(connection, wanted) if results.total == "estimate" else None)


async def _included(connection: Reader, step: _Step, page: _Page, base: str) -> list[Found]:
    results = step.asked.results
    if not results.steps:
        return []
    told = [hit.found for hit in page.hits[: results.count]]
    try:
        return await included(connection, told, results.steps, base)
    except TooManyIncluded:
        raise TooMuchIncluded(f"At most {MOST_INCLUDED} resources are included.") from None


async def _is_incomplete(call: Call, wanted: Wanted, page: _Page) -> bool:
    if not call.services.visibility.parked:
        return False
    node: Node = wanted.node
    parts = node.nodes if isinstance(node, And) else (node,)
    named = [key for part in parts if isinstance(part, Named) for key in part.any_of]
    identified = [condition for part in parts if isinstance(part, Identified) for condition in part.any_of]
    found = [*(hit.found for hit in page.hits), *page.included]
    return await found_waits(call, found, named, identified)


def _told(call: Call, step: _Step, page: _Page, incomplete: bool) -> Response:
    asked = step.asked
    shown = page.hits[: asked.results.count]
    links = {"self": address(call, step.place.path, call.parameters if step.walk else asked.used)}
    if len(page.hits) > len(shown) > 0:
        links["next"] = _next(call, step, page, shown)
    results = asked.results
    entries = _entries(call, [hit.found for hit in shown], results.elements or results.subset, "match")
    entries += _entries(call, page.included, results.subset, "include")
    if asked.ignored:
        entries.append(outcome_entry(_ignored(call, asked.ignored)))
    if incomplete:
        entries.append(incomplete_entry(call))
    body = bundle("searchset", entries, links, page.total)
    return call.answer(body, headers=INCOMPLETE if incomplete else None)


def _entries(call: Call, found: Sequence[Found], how: Subset | None, mode: str) -> list[Entry]:
    base = base_of(call)
    return [entry(base, one, body, mode, how) for one, body in zip(found, bodies_of(found), strict=True)]


def _next(call: Call, step: _Step, page: _Page, shown: Sequence[Hit]) -> str:
    """The next page's address. Raises BadRequest where nobody can follow it: a form may ask for more than
    addresses hold."""
    last = shown[-1].place
    keys = [key.written(value) for key, value in zip(step.asked.wanted.keys, last.values, strict=True)]
    walk = _Walk(step.asked.used, keys, last.pk, page.total)
    position = max(hit.found.position for hit in shown)
    link = next_page(call, step.place.path, walk, position, "search", step.place.path)
    if len(link) > LONGEST_ADDRESS:
        raise BadRequest(
            "It is too long for a next page: ask for fewer values, or for more on a page (_count)."
        )
    return link


def _ignored(call: Call, reasons: Sequence[str]) -> bytes:
    issues = [
        Issue("not-supported", "", f"Ignored, as was preferred. {reason}", "warning") for reason in reasons
    ]
    return orjson.dumps(outcome(issues, call.request_id))
