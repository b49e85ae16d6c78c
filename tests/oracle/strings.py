"""string: the beginning of a text, without regard to case and marks (https://hl7.org/fhir/R4/search.html#string).

Punctuation that joins (``H'Mông``, ``Anne-Marie``) is left out, other punctuation parts words. In a name each
word may begin the match.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from tests.oracle.definitions import definitions
from tests.oracle.expressions import Value
from tests.oracle.values import Matcher, Refused, plain

JOINTS = "'’‘ʼʻ`´′-‐‑‒–—.·"
STROKES = str.maketrans("đðɖƀ", "dddb")
OF_NAME = ("text", "family", "given", "prefix", "suffix")
OF_ADDRESS = ("text", "line", "city", "district", "state", "postalCode", "country")
MODIFIERS = (None, "exact", "contains")


class Field(NamedTuple):
    """One text of a value. by_word: whether a match may start at any word of it."""

    text: str
    by_word: bool


@lru_cache(maxsize=1 << 20)
def normal(text: str) -> str:
    """Small letters and digits without marks, words parted by one blank."""
    joined = "".join(character for character in text if character not in JOINTS)
    joined = "".join(character for character in joined if unicodedata.category(character) != "Cf")
    unmarked = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", joined).lower())
    kept = (_letter(character) for character in unmarked)
    return " ".join("".join(kept).translate(STROKES).split())


def _letter(character: str) -> str:
    kind = unicodedata.category(character)[0]
    if kind == "M" or character in JOINTS:
        return ""
    return character if kind in "LN" else " "


def fields(value: Value) -> list[Field]:
    """The texts of a value."""
    if value.type in ("HumanName", "Address"):
        names = OF_NAME if value.type == "HumanName" else OF_ADDRESS
        return [Field(text, value.type == "HumanName") for name in names for text in _texts(value, name)]
    if isinstance(value.content, str):
        return [Field(value.content, value.path in definitions().in_names)]
    return []


def _texts(value: Value, element: str) -> list[str]:
    found = value.content.get(element, [])
    return [text for text in (found if isinstance(found, list) else [found]) if isinstance(text, str)]


def starts(field: Field, searched: str) -> bool:
    """Whether the field, or where that is meant one of its words, starts with normalised text."""
    text = normal(field.text)
    return text.startswith(searched) or (field.by_word and f" {searched}" in text)


def matcher(text: str, modifier: str | None) -> Matcher:
    """modifier: one of MODIFIERS."""
    written = plain(text)
    if modifier == "exact":
        return lambda value: any(field.text == written for field in fields(value))
    searched = normal(written)
    if not re.search(r"\w", searched):
        raise Refused("no letter or digit to search for")
    if modifier == "contains":
        return lambda value: any(searched in normal(field.text) for field in fields(value))
    return lambda value: any(starts(field, searched) for field in fields(value))


def searchable(value: Value) -> bool:
    """Whether any search could find it."""
    return bool(fields(value))


def sorted_by(value: Value) -> list[str]:
    """What it is sorted by: the whole fields, normalised."""
    return [normal(field.text) for field in fields(value)]
