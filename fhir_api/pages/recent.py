"""Whose charts were opened lately in this browser: offered before anything is typed.

The browser keeps ids alone, as addresses do, in a cookie that no script reads and that it forgets when it is
closed (docs/decisions/0018-what-a-browser-keeps.md). Nothing is kept on the server.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ehr.values import ID

COOKIE = "recent"

MOST = 8
"""People that are remembered."""


def recent_ids(request: Request) -> list[str]:
    """Ids of Patients, that of the chart that was opened last first. Odd ones are left out."""
    ids = request.cookies.get(COOKIE, "").split("~")
    return [one for one in ids if ID.fullmatch(one)][:MOST]


def remember(request: Request, response: Response, patient_id: str) -> Response:
    """The response, with the id before those of the request."""
    others = [one for one in recent_ids(request) if one != patient_id]
    ids = "~".join([patient_id, *others][:MOST])
    response.set_cookie(COOKIE, ids, httponly=True, samesite="lax")
    return response


async def forget(_: Request) -> Response:
    """POST /recent/forget."""
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


routes = [Route("/recent/forget", forget, methods=["POST"])]
