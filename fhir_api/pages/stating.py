"""What somebody writes on a page enters the record by the door of the FHIR API: same checks, same facts."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, unquote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ehr.health_record import Receipt, now
from ehr.requests import Change, IdempotencyKey
from ehr.requests import Request as Asked
from fhir_api.access.actor import LONGEST
from fhir_api.access.entrance import visit_of
from fhir_api.bundles import read_resource
from fhir_api.independence import refuse_own_addresses
from fhir_api.pages.workplace import workplace_of
from fhir_api.services import Services
from fhir_api.writing import hash_of

COOKIE = "writer"

LARGEST_FORM = 64 * 1024
"""Bytes of a form with a note or a correction: each letter with its accents takes up to nine."""

LONGEST_TEXT = 2000
"""Characters of a note, of a reason, or of a text that is corrected."""


def writer_of(request: Request) -> str:
    """Who writes: as the request says, else as was typed before in this browser; "" for nobody."""
    user = visit_of(request.scope).actor.user
    return user or " ".join(cleaned(unquote(request.cookies.get(COOKIE, ""))).split())[:LONGEST]


def cleaned(text: str) -> str:
    """What was typed, with lines as everywhere else, without what is no character, and not too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in lines if one.isprintable() or one in "\n\t").strip()


async def state(
    request: Request, changes: Sequence[Change], by: str, token: str | None, wish: Sequence[str]
) -> Receipt:
    """Stores the changes in one transaction, and waits for a while until charts show it.

    by: who writes, where nobody says so for the request. token: names the form, so that sending it twice
    stores it once. wish: what the form said; with it, times that are taken anew make no other request.

    Raises what the FHIR API would refuse it for.
    """
    services: Services = request.app.state.services
    visit = visit_of(request.scope)
    user = visit.actor.user or by or None
    actor = msgspec.structs.replace(visit.actor, user=user, facility=workplace_of(request))
    read = [
        replace(change, json=read_resource(change.raw, services.limits, change, change.type))
        for change in changes
    ]
    for change in read:
        refuse_own_addresses(change, f"{request.url.scheme}://{request.url.netloc}/fhir")
    asked = hash_of(*(text.encode() for text in wish))
    key = IdempotencyKey(actor.client, f"page/{token}", asked) if token else None
    receipt = await services.record.state(Asked(read, actor, now(), visit.request_id, key))
    views = (services.charts, services.visibility)
    wait = services.visibility_wait
    await asyncio.gather(*(view.wait(receipt.position, wait) for view in views))
    return receipt


def done(address: str, by: str) -> Response:
    """Leads to where it can be seen; remembers who wrote, until the browser is closed."""
    response = RedirectResponse(address, status_code=303)
    response.set_cookie(COOKIE, quote(by[:LONGEST]), httponly=True, samesite="lax")
    return response
