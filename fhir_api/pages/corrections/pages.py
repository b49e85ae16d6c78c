"""One entry, to be corrected: what it says, what it is to say, and why."""

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.errors import KeyReused, Refusal, Unavailable, VersionConflict
from ehr.requests import Change
from ehr.values import ID, Key
from fhir_api.access.entrance import visit_of
from fhir_api.errors import ApiError
from fhir_api.intake import IntakeRefused
from fhir_api.outcomes import Invalid
from fhir_api.pages.corrections.fields import TYPES, Field, backwards, corrected, reading
from fhir_api.pages.corrections.looks import Entry, Look, look_at
from fhir_api.pages.corrections.wishes import Wish, provenance, wish_of
from fhir_api.pages.forms import form_fields
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.rendering import render
from fhir_api.pages.review.words import type_name
from fhir_api.pages.stating import LARGEST_FORM, LONGEST_TEXT, done, state, writer_of
from fhir_api.pages.workplace import name_of, workplace_of
from projections.database import DatabaseTrouble

AFTERWARDS = 2.0
"""Seconds that the page waits for the view once others have stated something: it is to show what."""

log = structlog.get_logger()


class Refused(NamedTuple):
    """Why it was not stored. key: of the message. dates: of which it speaks."""

    key: str
    dates: Sequence[Field] = ()


_CONFLICT = Refused("correction.refused.conflict")


async def correction_page(request: Request) -> Response:
    """GET /resources/{type}/{id}/correction."""
    return await _shown(request, _key(request))


async def correct(request: Request) -> Response:
    """POST /resources/{type}/{id}/correction: on the version that was shown. What somebody typed is never
    lost: whatever keeps it from being stored, the page comes again with it."""
    key = _key(request)
    wish = wish_of(await form_fields(request, LARGEST_FORM))
    wish = wish._replace(by=visit_of(request.scope).actor.user or wish.by)
    try:
        look = await look_at(request.app.state.views, key)
        if look is None:
            raise HTTPException(404)
        refused = await _try(request, look, wish)
        if refused:
            status = 412 if refused == _CONFLICT else 422
            return await _shown(request, key, wish, refused, status=status)
    except (Unavailable, DatabaseTrouble):
        shown = {"wish": wish, "key": key, "longest": LONGEST_TEXT}
        return render(request, "correction_again.html", shown, status=503)
    return done(f"/citizens/{look.patient}#notes", wish.by)


async def _try(request: Request, look: Look, wish: Wish) -> Refused | None:
    """None where it was stored, now or the first time it was sent."""
    looked_at = look.at(wish.version)
    if look.patient is None or looked_at is None or looked_at.resource is None:
        return _CONFLICT
    changed = wish.changed(looked_at.fields)
    read = {field: reading(field, text) for field, text in changed.items()}
    lacks = _lacks(wish, looked_at, read)
    if lacks:
        return Refused(lacks)
    if dates := backwards(looked_at.resource, read):
        return Refused("correction.lacks.order", dates)
    raw = corrected(looked_at.resource, read, error=wish.error)
    changes = [
        Change(0, "update", *look.key, if_match=looked_at.version, raw=raw),
        Change(1, "create", "Provenance", raw=_why(look, looked_at, wish)),
    ]
    try:
        await state(request, changes, wish.by, wish.token, wish.said)
    except Unavailable:
        raise
    except (VersionConflict, KeyReused):
        return _CONFLICT
    except (Refusal, Invalid, IntakeRefused, ApiError) as error:
        log.info("correction refused", request=visit_of(request.scope).request_id, kind=type(error).__name__)
        return Refused("correction.refused.invalid")
    return None


def _why(look: Look, looked_at: Entry, wish: Wish) -> bytes:
    assert look.patient is not None
    return provenance(look.key, looked_at.version + 1, look.patient, look.called, wish)


def _lacks(wish: Wish, looked_at: Entry, read: dict[Field, Any]) -> str | None:
    """Key of the message that says what is missing before it can be stored."""
    if wish.too_long:
        return "correction.lacks.short"
    if not read and (not wish.error or looked_at.is_error):
        return "correction.lacks.change"
    if any(value is None for value in read.values()):
        return "correction.lacks.readable"
    if not wish.reason:
        return "correction.lacks.reason"
    return None if wish.by else "correction.lacks.by"


def _key(request: Request) -> Key:
    type_, id_ = request.path_params["type"], request.path_params["id"]
    if type_ not in TYPES or not ID.fullmatch(id_):
        raise HTTPException(404)
    return Key(type_, id_)


async def _shown(
    request: Request, key: Key, wish: Wish | None = None, refused: Refused | None = None, *, status: int = 200
) -> Response:
    """The page with what somebody has sent. refused: where it was not stored."""
    look = await look_at(request.app.state.views, key, *([AFTERWARDS] if refused else []))
    if look is None or (wish is None and not (look.patient and look.now.resource)):
        return _absent(request, look)
    return render(request, "correction.html", _told(request, look, wish, refused), status=status)


def _absent(request: Request, look: Look | None) -> Response:
    if look is not None and look.missing:
        return render(request, "message.html", {"key": "chart.not_yet"}, status=503)
    return render(request, "message.html", {"key": "correction.none"}, status=404)


def _told(request: Request, look: Look, wish: Wish | None, refused: Refused | None) -> dict[str, Any]:
    sent = wish or Wish(by=writer_of(request))
    typed = sent.changed((look.at(sent.version) or look.now).fields)
    current = {field.name: field for field in look.now.fields}
    workplace = workplace_of(request)
    return {
        "look": look,
        "wish": sent,
        "refused": refused,
        "anew": {field.name: text for field, text in typed.items()},
        "clashes": [(field, text, current.get(field.name)) for field, text in typed.items()],
        "since": look.since(sent.version),
        "user": visit_of(request.scope).actor.user,
        "workplace": name_of(workplace, look.organizations.get(workplace)) if workplace else None,
        "facility": lambda code: name_of(code, look.organizations.get(code)) if code else None,
        "called": look.called or type_name(look.key.type, Messages(language_of(request))),
        "longest": LONGEST_TEXT,
        "token": secrets.token_hex(16),
    }


routes = [
    Route("/resources/{type}/{id}/correction", correction_page, methods=["GET"]),
    Route("/resources/{type}/{id}/correction", correct, methods=["POST"]),
]
