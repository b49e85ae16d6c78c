"""Scripts and styles of the pages: few small files, kept compressed in memory, cached for a year by browsers.

Their addresses carry a mark of the content, so a new release is fetched at once.
"""

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_api.pages.codings import IDENTITY, best_coding, smallest

PLACE = Path(__file__).with_name("static")
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_OF_OTHERS = re.compile(r"-\d|^LICENSE")
"""Names of files that are served as they were published."""

FOR_A_YEAR = "public, max-age=31536000, immutable"


class StaticFile(NamedTuple):
    """One file. mark: of its content. codings: content coding -> bytes, smallest first."""

    media_type: str
    mark: str
    codings: dict[str, bytes]


@cache
def files() -> dict[str, StaticFile]:
    """name -> file, read once. Requests name entries of this table, never a path."""
    return {path.name: _read(path) for path in PLACE.iterdir() if path.suffix in KINDS}


def static_url(name: str) -> str:
    """The address of a static file. Raises KeyError when there is no such file."""
    return f"/static/{name}?{files()[name].mark}"


async def serve(request: Request) -> Response:
    """GET /static/{name}."""
    found = files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    coding = best_coding(request.headers.get("accept-encoding", ""), found.codings)
    headers = {"Cache-Control": FOR_A_YEAR, "Vary": "Accept-Encoding"}
    if coding != IDENTITY:
        headers["Content-Encoding"] = coding
    return Response(found.codings[coding], headers=headers, media_type=found.media_type)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes() if _OF_OTHERS.search(path.name) else _lean(path).encode()
    return StaticFile(KINDS[path.suffix], blake2b(content, digest_size=6).hexdigest(), smallest(content))


def _lean(path: Path) -> str:
    """Ours, without comments and indentation."""
    text = path.read_text("utf8")
    comments = {".css": r"(?s)/\*.*?\*/", ".js": r"(?m)^\s*//.*$"}
    return re.sub(
        r"(?m)^\s+", "", re.sub(comments[path.suffix], "", text) if path.suffix in comments else text
    )


routes = [Route("/static/{name}", serve, methods=["GET"])]
