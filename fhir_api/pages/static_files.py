"""Scripts and styles of the pages: few small files, kept compressed in memory, cached for a year by browsers.

Their addresses carry a mark of the content, so a new release is fetched at once.
"""

import gzip
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import zstandard
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLACE = Path(__file__).with_name("static")
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
FOR_A_YEAR = "public, max-age=31536000, immutable"


class StaticFile(NamedTuple):
    """One file. encodings: content coding -> bytes, smallest first; ``identity`` is last."""

    media_type: str
    mark: str
    encodings: dict[str, bytes]

    def accepted(self, accept: str) -> tuple[str, bytes]:
        """(coding, bytes) for an Accept-Encoding header."""
        offered = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
        coding = next((coding for coding in self.encodings if coding in offered), "identity")
        return coding, self.encodings[coding]


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
    coding, content = found.accepted(request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": FOR_A_YEAR, "Vary": "Accept-Encoding"}
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(content, headers=headers, media_type=found.media_type)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    encodings = {
        "zstd": zstandard.ZstdCompressor(level=19).compress(content),
        "gzip": gzip.compress(content, compresslevel=9, mtime=0),
        "identity": content,
    }
    return StaticFile(KINDS[path.suffix], blake2b(content, digest_size=6).hexdigest(), encodings)


routes = [Route("/static/{name}", serve, methods=["GET"])]
