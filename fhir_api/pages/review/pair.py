"""One pair: the two Patients side by side, what was decided about them, and the decision."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ehr.errors import JudgedMeanwhile, Outdated, Refusal, StillMerged, Unavailable
from ehr.linking import Act, Pair, State, pair_of
from ehr.values import ID
from fhir_api.access.entrance import visit_of
from fhir_api.pages.forms import form_fields
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.review.comparing import Row, rows_of, usual_source
from fhir_api.pages.review.leaving_out import leaves_out
from fhir_api.pages.review.looks import Look, look_at
from fhir_api.pages.review.wishes import GROUNDS, LONGEST_NOTE, NOTHING, Wish, judgement_of, wish_of
from fhir_api.pages.review.words import ACTS, said, sentence, strength, type_name
from fhir_api.pages.workplace import here, name_of
from fhir_api.services import Services
from projections.database import DatabaseTrouble
from projections.fhir_resources.meanwhile import Version
from projections.standing import PATIENCE

AFTERWARDS = 2.0
"""Seconds that the page waits for the views once something was decided meanwhile: it is to show what."""

_LISTS = {State.POSTPONED: "/review/postponed", State.DOUBTED: "/review/doubted"}
"""Where somebody goes on who has decided about a pair of another list than that of those that wait."""

_AFTER = re.compile(rf"([0-9]{{1,18}})_([A-Za-z]{{1,64}})_({ID.pattern})")


async def pair_page(request: Request) -> Response:
    """GET /review/{patient}/{other}."""
    return await _shown(request, _pair(request), NOTHING)


async def decide(request: Request) -> Response:
    """POST /review/{patient}/{other}: a decision, on what was looked at. What somebody typed is never lost:
    whatever keeps it from being stored, the page comes again with it."""
    pair = _pair(request)
    wish = wish_of(await form_fields(request), pair)
    if wish.lacks:
        return await _shown(request, pair, wish, f"review.lacks.{wish.lacks}", status=422)
    try:
        look = await look_at(request.app.state.views, pair)
        refused = await _judge(request, look, wish)
        if refused:
            return await _shown(request, pair, wish, refused, status=409)
    except (Unavailable, DatabaseTrouble):
        shown = {"pair": pair, "wish": wish, "grounds": GROUNDS, "longest": LONGEST_NOTE}
        return render(request, "review_again.html", shown, status=503)
    query = urlencode({"patient": pair.patient, "other": pair.other_patient})
    return RedirectResponse(f"{_LISTS.get(look.state, '/review')}?{query}", status_code=303)


async def _judge(request: Request, look: Look, wish: Wish) -> str | None:
    """Key of the message that says why it was not stored; None where it was, now or the first time it was
    sent."""
    services: Services = request.app.state.services
    pair, t = look.pair, Messages(language_of(request))
    judgement = judgement_of(request, pair, wish, look.verdict.evidence, t)
    if any(side.versions and side.id not in wish.patients for side in look.sides):
        return "review.refused.Outdated"
    if wish.act is Act.LINK and not wish.contrary.issuperset(one.position for one in look.contrary):
        return "review.refused.contrary"
    try:
        judged = await services.record.judge(judgement)
    except Unavailable:
        raise
    except (JudgedMeanwhile, Outdated, StillMerged) as refusal:
        return f"review.refused.{type(refusal).__name__}"
    except Refusal:
        return "review.refused.other"
    if judged.stored:
        return None
    facts = (await services.recorder.read_stream(pair.stream)).facts
    repeated = wish.token and any(fact.op_id == judgement.op_id for fact in facts)
    return None if repeated else "review.refused.already"


def _pair(request: Request) -> Pair:
    try:
        return pair_of(request.path_params["patient"], request.path_params["other"])
    except Refusal:
        raise HTTPException(404) from None


def _after(request: Request) -> Version | None:
    """The version that the address names as ``position_type_id``."""
    found = _AFTER.fullmatch(request.query_params.get("after", ""))
    return Version(int(found[1]), found[2], found[3], 0, datetime.min, False, []) if found else None


async def _shown(
    request: Request, pair: Pair, wish: Wish, refused: str | None = None, *, status: int = 200
) -> Response:
    """The page with what somebody has sent. refused: key of the message why it was not stored."""
    patience = AFTERWARDS if refused else PATIENCE
    look = await look_at(request.app.state.views, pair, patience, _after(request))
    async with request.app.state.views.connection() as connection:
        _, workplace = await here(connection, request)
    if not all(side.versions for side in look.sides) and not look.history:
        key = "review.not_yet" if look.missing else "review.nobody"
        return render(request, "message.html", {"key": key}, status=503 if look.missing else 404)
    rows = await asyncio.to_thread(rows_of, *look.sides, look.verdict.evidence, wish.patients)
    told = _told(request, look, rows, wish, refused) | {"as": [*filter(None, (_user(request), workplace))]}
    return render(request, "review_pair.html", told, status=status)


def _user(request: Request) -> str | None:
    return visit_of(request.scope).actor.user


def _told(
    request: Request, look: Look, rows: Sequence[Row], wish: Wish, refused: str | None
) -> dict[str, Any]:
    t = Messages(language_of(request))
    return {
        "look": look,
        "leaves_out": leaves_out(request, look.pair),
        "rows": rows,
        "usual": [usual_source(rows, side) for side in (0, 1)],
        "wish": wish,
        "refused": refused,
        "since": wish.version if refused and wish.version is not None else look.version,
        "acts": ACTS[look.state],
        "grounds": GROUNDS,
        "longest": LONGEST_NOTE,
        "token": secrets.token_hex(16),
        "sentence": lambda one: sentence(one, t),
        "strength": strength,
        "said": lambda evidence: said(evidence, t),
        "type_name": lambda type_: type_name(type_, t),
        "facility": lambda code: name_of(code, look.organizations.get(code)) if code else None,
    }


routes = [
    Route("/review/{patient}/{other}", pair_page, methods=["GET"]),
    Route("/review/{patient}/{other}", decide, methods=["POST"]),
]
