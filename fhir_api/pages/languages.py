"""The languages of the pages: Vietnamese first, English beside it.

Every text of a page stands in ``messages/`` under one key in each language: ``vi.json`` and ``en.json`` for
what all pages share, ``AREA.vi.json`` and ``AREA.en.json`` for one area of them.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import orjson
from starlette.requests import Request

LANGUAGES = ("vi", "en")
COOKIE = "language"
MESSAGES = Path(__file__).with_name("messages")


class Messages:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """language: one of LANGUAGES."""
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with ``{name}`` replaced by the values; no HTML. Raises KeyError."""
        text = self._texts[key]
        return text.format_map(values) if values else text


def language_of(request: Request) -> str:
    """As ``?lang=`` asks, else as it was chosen before, else Vietnamese."""
    wishes = (request.query_params.get("lang"), request.cookies.get(COOKIE))
    return next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """key -> text. Raises ValueError for a key that stands in two files."""
    texts: dict[str, str] = {}
    for path in sorted([MESSAGES / f"{language}.json", *MESSAGES.glob(f"*.{language}.json")]):
        for key, text in orjson.loads(path.read_bytes()).items():
            if key in texts:
                raise ValueError(f"{path.name}: {key} stands twice")
            texts[key] = text
    return MappingProxyType(texts)
