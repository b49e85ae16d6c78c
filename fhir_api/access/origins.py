"""Requests that a page of another site makes a browser send.

A browser asks on behalf of any page that is open in it, and this server would take it for the person who sits
there. To servers on their own machine and over TLS browsers say on whose behalf
(https://www.w3.org/TR/fetch-metadata/); to others they name the origin at least of what writes
(https://www.rfc-editor.org/rfc/rfc6454#section-7). Programs say neither.
"""

from starlette.datastructures import Headers

_READS = ("GET", "HEAD")
_OWN = ("same-origin", "none")


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another site asks. Whoever follows a link from there asks for themselves."""
    site = headers.get("sec-fetch-site")
    if site is None:
        return method not in _READS and _has_foreign_origin(headers)
    follows = method in _READS and headers.get("sec-fetch-mode") == "navigate"
    return site not in _OWN and not follows


def _has_foreign_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")
