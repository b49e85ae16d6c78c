"""Lists of pairs: those that wait for somebody, were put off, or are in doubt; and all decisions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.errors import Refusal
from ehr.linking import State, pair_of
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.review.leaving_out import leaves_out_links
from fhir_api.pages.review.words import said, telling
from fhir_api.pages.workplace import name_of
from projections.citizens.summaries import Summary, summaries
from projections.database import Reader
from projections.facilities.queries import Organization, organizations
from projections.fhir_resources.statements import latest_facilities
from projections.links.proposals import Place, Proposal, newest, number_of, strongest
from projections.links.queries import Decision, contradicted_pairs, decisions, latest_decisions
from projections.links.view import Links
from projections.standing import facts_missing

ROWS = 20
"""Pairs of a page."""

DECISIONS = 50
"""Decisions of a page."""

MOST_COUNTED = 1000
"""Beyond so many, pairs are not counted."""

WAITING, POSTPONED, DOUBTED, CONTRADICTED = "waiting", "postponed", "doubted", "contradicted"
STATES = {WAITING: State.PROPOSED, POSTPONED: State.POSTPONED, DOUBTED: State.DOUBTED}
ORDERS = {"strongest": strongest, "newest": newest}

_PLACE = re.compile(r"(?:(-?[0-9]{1,4}\.[0-9]{1,3})_)?([0-9]{1,18})")


class Listing(NamedTuple):
    """Some decisions, and from which place on there are more; None where there are none."""

    decisions: Sequence[Decision]
    rest: str | None


async def waiting_page(request: Request) -> Response:
    """GET /review: proposals, the likeliest first."""
    return await _list(request, WAITING)


async def postponed_page(request: Request) -> Response:
    """GET /review/postponed."""
    return await _list(request, POSTPONED)


async def doubted_page(request: Request) -> Response:
    """GET /review/doubted: links that programs have made and would not any more."""
    return await _list(request, DOUBTED)


async def contradicted_page(request: Request) -> Response:
    """GET /review/contradicted: pairs that were kept apart and are one person all the same."""
    return await _list(request, CONTRADICTED)


async def history_page(request: Request) -> Response:
    """GET /review/decisions: all decisions, the newest first."""
    async with request.app.state.views.connection() as connection:
        place = _place(request)
        found = await latest_decisions(connection, DECISIONS + 1, place.position if place else None)
        rest = str(found[DECISIONS - 1].position) if len(found) > DECISIONS else None
        shown = await _known(connection, Listing(found[:DECISIONS], rest))
        counts = await _counts(connection)
        missing = await facts_missing(connection, Links.name)
    return render(request, "review_decisions.html", shown | _page(request, "decisions", counts, missing))


async def _list(request: Request, kind: str) -> Response:
    async with request.app.state.views.connection() as connection:
        missing = await facts_missing(connection, Links.name)
        order = _order(request)
        listing = await _listing(connection, kind, order, _place(request))
        shown = await _known(connection, listing)
        counts = await _counts(connection)
        done = await _done(connection, request)
    page = _page(request, kind, counts, missing)
    return render(request, "review_list.html", shown | page | {"order": order, "done": done})


async def _listing(connection: Reader, kind: str, order: str, after: Place | None) -> Listing:
    if kind == CONTRADICTED:
        found = await contradicted_pairs(connection, ROWS + 1, after.position if after else 0)
        return Listing(found[:ROWS], str(found[ROWS - 1].position) if len(found) > ROWS else None)
    if after and (order == "newest") != (after.weight is None):
        after = None
    proposals: list[Proposal] = await ORDERS[order](connection, STATES[kind], ROWS + 1, after)
    rest = _text(proposals[ROWS - 1].place) if len(proposals) > ROWS else None
    return Listing([one.decision for one in proposals[:ROWS]], rest)


async def _known(connection: Reader, listing: Listing) -> dict[str, Any]:
    """What templates show of the listing."""
    keys = {key for one in listing.decisions for key in one.pair.keys}
    people: Mapping[str, Summary] = await summaries(connection, [key.id for key in keys])
    stated = await latest_facilities(connection, keys)
    places = [*(one.facility for one in listing.decisions), *stated.values()]
    facilities: Mapping[str, Organization] = await organizations(connection, filter(None, places))
    return {
        "listing": listing,
        "people": people,
        "stated_by": {key.id: facility for key, facility in stated.items()},
        "facility": lambda code: name_of(code, facilities.get(code)) if code else None,
    }


async def _counts(connection: Reader) -> dict[str, int]:
    """How many pairs each list has, counted up to MOST_COUNTED and one more."""
    counts = {kind: await number_of(connection, state, MOST_COUNTED + 1) for kind, state in STATES.items()}
    contradicted = await contradicted_pairs(connection, ROWS + 1)
    return counts | {CONTRADICTED: len(contradicted)}


async def _done(connection: Reader, request: Request) -> Decision | None:
    """The last decision about the pair that the address names: what somebody has decided just now."""
    try:
        pair = pair_of(request.query_params.get("patient", ""), request.query_params.get("other", ""))
    except Refusal:
        return None
    return next(iter(await decisions(connection, pair)), None)


def _page(request: Request, kind: str, counts: Mapping[str, int], missing: int) -> dict[str, Any]:
    t = Messages(language_of(request))
    return {
        "kind": kind,
        "counts": counts,
        "most_counted": dict.fromkeys(STATES, MOST_COUNTED) | {CONTRADICTED: ROWS},
        "missing": missing,
        "leaves_out": leaves_out_links(request),
        "first": _place(request) is None,
        "said": lambda evidence: said(evidence, t),
        "telling": lambda evidence: telling(evidence, t),
    }


def _order(request: Request) -> str:
    asked = request.query_params.get("order", "")
    return asked if asked in ORDERS else "strongest"


def _place(request: Request) -> Place | None:
    """As ``_text`` writes it; None for anything else."""
    found = _PLACE.fullmatch(request.query_params.get("after", ""))
    return Place(float(found[1]) if found[1] else None, int(found[2])) if found else None


def _text(place: Place) -> str:
    return str(place.position) if place.weight is None else f"{place.weight!r}_{place.position}"


routes = [
    Route("/review", waiting_page, methods=["GET"]),
    Route("/review/postponed", postponed_page, methods=["GET"]),
    Route("/review/doubted", doubted_page, methods=["GET"]),
    Route("/review/contradicted", contradicted_page, methods=["GET"]),
    Route("/review/decisions", history_page, methods=["GET"]),
]
