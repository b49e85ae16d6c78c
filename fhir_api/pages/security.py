"""Headers that keep a page from running, loading or leaking what it should not.

A form of another site is refused. The policy allows files of this server only: no script or style within
the HTML, no frames, no form to elsewhere (https://www.w3.org/TR/CSP3/). Pages hold health data: nothing keeps
a copy unless a route says so.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the stylesheet draws its small marks as data: images
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """ASGI middleware: adds HEADERS, keeps answers out of caches, refuses forms of other sites."""

    def __init__(self, app: ASGIApp) -> None:
        """app: the pages."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _is_foreign_form(scope):
            await PlainTextResponse("This form belongs to another site.", 403)(scope, receive, send_secured)
        else:
            await self._app(scope, receive, send_secured)


def _is_foreign_form(scope: Scope) -> bool:
    """Browsers say where a request comes from (https://www.w3.org/TR/fetch-metadata/), others do not."""
    site = Headers(scope=scope).get("sec-fetch-site", "same-origin")
    return scope["method"] not in ("GET", "HEAD") and site not in ("same-origin", "none")
