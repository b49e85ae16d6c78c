"""Turns a template and what it shows into an answer, in the language of whoever asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fhir_api.pages.codings import IDENTITY, packed
from fhir_api.pages.formats import (
    amounts_text,
    date_text,
    digits_text,
    moment_text,
    number_text,
    percent_text,
)
from fhir_api.pages.languages import COOKIE, LANGUAGES, Messages, language_of
from fhir_api.pages.static_files import static_url

_PLAIN = "/:@!$&'()*+,;=~"
"""Characters that stand for themselves in a path (https://www.rfc-editor.org/rfc/rfc3986#section-3.3)."""

YEAR = 365 * 24 * 3600

templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
templates.filters["date"] = date_text
templates.filters["moment"] = moment_text
templates.globals["static"] = static_url


def render(
    request: Request, template: str, shown: Mapping[str, Any] | None = None, *, status: int = 200
) -> Response:
    """The page or fragment.

    Beside ``shown``, templates know ``t(key, **values)``, ``language``, ``other_language`` and the address
    that switches to it, ``path``, ``static(name)``, ``number(n)``, ``digits(text)``, ``amounts(text)``,
    ``percent(share)`` and the filters ``date`` and ``moment``.
    A template that extends ``layout`` serves as a whole page and as the fragment that htmx asks for.
    """
    language = language_of(request)
    html = templates.get_template(template).render({**(shown or {}), **_known(request, language)})
    response = _packed(request, html.encode(), status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=YEAR, httponly=True, samesite="lax")
    return response


def _packed(request: Request, html: bytes, status: int) -> Response:
    """Compressed, but for answers to forms: what was typed stands in them beside what is to be protected, and
    their length would tell whether the two agree (https://www.breachattack.com)."""
    if request.method not in ("GET", "HEAD"):
        return HTMLResponse(html, status)
    coding, content = packed(html, request.headers.get("accept-encoding", ""))
    headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": coding} if coding != IDENTITY else {})
    return HTMLResponse(content, status, headers)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a piece of the page instead of a browser for the whole."""
    return request.headers.get("hx-request") == "true"


def _known(request: Request, language: str) -> dict[str, Any]:
    other = next(one for one in LANGUAGES if one != language)
    return {
        "t": Messages(language),
        "language": language,
        "other_language": other,
        "switch_language": _address_with(request, other),
        "number": lambda number: number_text(number, language),
        "digits": lambda text: digits_text(text, language),
        "amounts": lambda text: amounts_text(text, language),
        "percent": lambda share: percent_text(share, language),
        "path": request.scope["path"],
        "layout": "fragment.html" if is_fragment(request) else "base.html",
    }


def _address_with(request: Request, language: str) -> str:
    """This page in the other language; the first page where this one answers a form."""
    if request.method not in ("GET", "HEAD"):
        return f"/?lang={language}"
    url = request.url.include_query_params(lang=language)
    # What is decoded once more on the way there leads to the same page.
    return f"{quote(url.path, safe=_PLAIN)}?{url.query}"
