"""Where somebody who looks people up works: those known there are shown first."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fhir_api.access.entrance import visit_of
from fhir_api.pages.forms import form_field
from fhir_api.pages.rendering import YEAR
from projections.citizens.queries import Here
from projections.database import Reader
from projections.facilities.queries import Organization, organizations
from projections.facilities.sender import LONGEST

COOKIE = "workplace"


def workplace_of(request: Request) -> str | None:
    """The facility of the request's Actor, else the one that was chosen on this browser."""
    facility = visit_of(request.scope).actor.facility
    return facility or _code(unquote(request.cookies.get(COOKIE, ""))) or None


def _code(text: str) -> str:
    """Of a facility, without what is no character: it becomes part of facts."""
    return "".join(one for one in text if one.isprintable()).strip()[:LONGEST]


async def here(connection: Reader, request: Request) -> tuple[Here, str | None]:
    """What the look-up needs of the workplace, and its name."""
    facility = workplace_of(request)
    if facility is None:
        return Here(), None
    known = (await organizations(connection, [facility])).get(facility)
    place = Here([facility, *known.aliases], known.commune) if known else Here([facility])
    return place, name_of(facility, known)


def name_of(facility: str, organization: Organization | None) -> str:
    """What a facility is called: by its Organization, else as its facts name it."""
    return organization.name if organization and organization.name else facility


async def choose(request: Request) -> Response:
    """POST /workplace: remembers the facility on this browser; an empty one forgets it."""
    facility = _code(await form_field(request, "facility"))
    response = RedirectResponse("/facilities", status_code=303)
    if facility:
        response.set_cookie(COOKIE, quote(facility), max_age=YEAR, httponly=True, samesite="lax")
    else:
        response.delete_cookie(COOKIE)
    return response


routes = [Route("/workplace", choose, methods=["POST"])]
