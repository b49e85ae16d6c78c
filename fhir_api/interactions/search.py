"""Search of a type, of all types and of a compartment, by GET or by POST with a form
(https://hl7.org/fhir/R4/http.html#search).

The next link holds the whole search, sealed, so what was searched for stands in no address but the client's
own. A search by POST is continued by GET all the same.
"""

from collections.abc import Sequence

import orjson
from starlette.responses import Response

from ehr.definitions import RESOURCE_TYPES
from ehr.values import Key
from fhir_api.access.entrance import LONGEST_ADDRESS
from fhir_api.call import Call
from fhir_api.completeness import Lack, found_waits, incomplete_entries, incomplete_headers, lacking
from fhir_api.errors import BadRequest, NoSuchPlace, UnknownParameter
from fhir_api.intake import Issue
from fhir_api.interactions.read import wait_for_position
from fhir_api.interactions.spanning import wait_for_links
from fhir_api.outcomes import outcome
from fhir_api.paging import PAGE, next_page, turn_page
from fhir_api.parameters import MOST_COUNT
from fhir_api.reading import Entry, address, base_of, bundle, entry, outcome_entry
from fhir_api.searching.asking import COMPARTMENTS, Asked, Parameters, Place, read_search
from fhir_api.searching.pages import Page, Step, Walk, explain_page, keep_snapshot, read_page
from fhir_api.subsetting import Subset
from projections.fhir_resources.finding import Wanted
from projections.fhir_resources.found import MOST_BYTES, Found, bodies_of
from projections.search.identifiers import Identified, Named
from projections.search.naming import EACH_ALONE, People
from projections.search.references import is_id
from projections.search.tree import And, Node

ALL = "*"
"""Stands for every type in the address of a compartment."""

_FEWER_MATCHES = "Ask for fewer matches on a page (_count)."
_ANOTHER_SEARCH = "A single match includes more: find it by a search of its own, which has pages."


async def search(call: Call) -> Response:
    """A page of the resources that match."""
    return await _answer(call)


async def search_by_form(call: Call) -> Response:
    """The same with parameters in the body, where no log sees them."""
    await call.add_form()
    return await _answer(call)


def search_asked(call: Call) -> Step:
    """What the parameters ask for. Raises BadRequest, UnknownParameter, NoSuchPlace."""
    place = _place(call)
    named = [value for name, value in call.parameters if name == PAGE]
    if not named:
        return _step(call, place, call.parameters, None)
    if len(call.parameters) > 1:
        raise BadRequest(f"{PAGE} stands alone: it holds the whole search.")
    walk = turn_page(call, named[0], Walk, "search", place.path)
    return _step(call, place, walk.parameters, walk)


def _step(call: Call, place: Place, parameters: Parameters, walk: Walk | None) -> Step:
    def again(people: People) -> Asked:
        lenient = call.prefers("handling") == "lenient"
        return read_search(place, parameters, call.base, lenient=lenient, people=people)

    return Step(place, again(EACH_ALONE), walk, again)


def _place(call: Call) -> Place:
    places = call.places
    type_ = places.get("type")
    if "compartment" not in places:
        return Place(type_, (type_,)) if type_ else Place("")
    within = Key(places["compartment"], places["id"])
    member = places["member"]
    if within.type not in COMPARTMENTS or (member != ALL and member not in RESOURCE_TYPES):
        raise NoSuchPlace
    if not is_id(within.id):
        raise NoSuchPlace("It names no resource.")
    return Place(f"{within.reference}/{member}", () if member == ALL else (member,), within)


async def _answer(call: Call) -> Response:
    step = search_asked(call)
    await wait_for_position(call)
    if step.spans:
        await wait_for_links(call, step.walk.linked if step.walk else None)
    if step.asked.results.explain:
        return await _explained(call, step)
    page = await read_page(call.services, step, call.base)
    parked = await _is_incomplete(call, step.asked.wanted, page)
    answer = _told(call, step, page, lacking(parked=parked, links=not page.linked))
    await keep_snapshot(call.services, page)
    return answer


async def _explained(call: Call, step: Step) -> Response:
    """For developers. What was searched for stands in it, so it is neither logged nor kept."""
    if not call.services.explains:
        raise UnknownParameter("_explain is for developers: EHR_EXPLAIN allows it.")
    told = await explain_page(call.services, step)
    issues = [Issue("informational", "", f"{way}\n" + "\n".join(lines), "information") for way, lines in told]
    return call.answer(orjson.dumps(outcome(issues, call.request_id)))


async def _is_incomplete(call: Call, wanted: Wanted, page: Page) -> bool:
    if not call.services.visibility.parked:
        return False
    node: Node = wanted.node
    parts = node.nodes if isinstance(node, And) else (node,)
    named = [key for part in parts if isinstance(part, Named) for key in part.any_of]
    identified = [condition for part in parts if isinstance(part, Identified) for condition in part.any_of]
    return await found_waits(call, page.found, named, identified)


def _told(call: Call, step: Step, page: Page, lacks: Sequence[Lack]) -> Response:
    asked, results = step.asked, step.asked.results
    links = {"self": address(call, step.place.path, call.parameters if step.walk else asked.used)}
    if page.next:
        links["next"] = _next(call, step, page.next, page.matches)
    entries = _entries(call, page.matches, results.elements or results.subset, "match")
    entries += _entries(call, page.included, results.subset, "include")
    if asked.ignored:
        entries.append(outcome_entry(_ignored(call, asked.ignored)))
    if not page.whole:
        entries.append(outcome_entry(_left_out(call, len(page.matches))))
    entries += incomplete_entries(call, lacks)
    body = bundle("searchset", entries, links, page.total)
    return call.answer(body, headers=incomplete_headers(lacks))


def _entries(call: Call, found: Sequence[Found], how: Subset | None, mode: str) -> list[Entry]:
    base = base_of(call)
    return [entry(base, one, body, mode, how) for one, body in zip(found, bodies_of(found), strict=True)]


def _next(call: Call, step: Step, walk: Walk, matches: Sequence[Found]) -> str:
    """The next page's address. Raises BadRequest where nobody can follow it: a form may ask for more than
    addresses hold."""
    path, count = step.place.path, step.asked.results.count
    position = max((found.position for found in matches), default=0)
    link = next_page(call, path, walk, position, "search", path)
    if len(link) > LONGEST_ADDRESS:
        ended_by_count = len(matches) == count < MOST_COUNT
        instead = ", or for more on a page (_count)" if ended_by_count else ""
        raise BadRequest(f"It is too long for a next page: ask for fewer values{instead}.")
    return link


def _left_out(call: Call, matches: int) -> bytes:
    text = (
        f"Not all that was to be included is here: at most {MOST_BYTES} bytes of it are told on a page. "
        f"{_FEWER_MATCHES if matches > 1 else _ANOTHER_SEARCH}"
    )
    return orjson.dumps(outcome([Issue("too-costly", "", text, "warning")], call.request_id))


def _ignored(call: Call, reasons: Sequence[str]) -> bytes:
    issues = [
        Issue("not-supported", "", f"Ignored, as was preferred. {reason}", "warning") for reason in reasons
    ]
    return orjson.dumps(outcome(issues, call.request_id))
