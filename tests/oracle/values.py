"""How search values are written (https://hl7.org/fhir/R4/search.html#escaping, #prefix)."""

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.oracle.expressions import Value

Matcher = Callable[[Value], bool]
"""Whether one value of a resource is what is searched."""

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


class Refused(Exception):
    """The search has no meaning: a server must answer 400."""


class Prefixed(NamedTuple):
    """``ge2020`` taken apart; without a prefix it is ``eq``."""

    prefix: str
    text: str


def parted(text: str, by: str) -> list[str]:
    """The text between the separators, still escaped."""
    parts, escaped = [""], False
    for character in text:
        if character == by and not escaped:
            parts.append("")
            continue
        parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def plain(text: str) -> str:
    """The text without its escapes."""
    if any(escaped not in ("\\", ",", "$", "|") for escaped in _ESCAPE.findall(text)):
        raise Refused("a backslash escapes , $ | and itself")
    return _ESCAPE.sub(r"\1", text)


def prefixed(text: str) -> Prefixed:
    """The prefix and what follows it."""
    return Prefixed(text[:2], text[2:]) if text[:2] in PREFIXES else Prefixed("eq", text)
