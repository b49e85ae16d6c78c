"""Parameters of type uri (https://hl7.org/fhir/R4/search.html#uri): compared as they are."""

import re
from typing import Any

from projections.search.entries import Entries, WordEntry
from projections.search.errors import BadValue
from projections.search.terms import Terms, of_values, term
from projections.search.values import unescaped
from projections.search.words import Below

MOST_SLASHES = 60
"""Of an address that is above or below others."""

_HOSTED = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/\s]+")

MODIFIERS = ("missing", "above", "below")


def index_uri(entries: Entries, number: int, value: Any) -> None:
    """A uri, url, canonical or oid."""
    if value.__class__ is str and value:
        found = term(number, value)
        entries.terms.add(found)
        entries.words.append(WordEntry(number, value, found))


def index_canonical(entries: Entries, number: int, value: Any) -> None:
    """A canonical: with its version, and without."""
    index_uri(entries, number, value)
    if value.__class__ is str:
        address, bar, _ = value.partition("|")
        if bar:
            index_uri(entries, number, address)


def read_uri(number: int, name: str, modifier: str, text: str) -> Terms | Below:
    """The condition of one value. Raises BadValue."""
    address = unescaped(text)
    if modifier and not _HOSTED.match(address):
        raise BadValue(
            f"{name}:{modifier} takes addresses with a host: names (urn:) are not above each other."
        )
    if modifier and address.count("/") > MOST_SLASHES:
        raise BadValue(f"{name}:{modifier} takes addresses with at most {MOST_SLASHES} slashes.")
    if modifier == "below":
        return Below(number, address)
    return of_values(number, _above(address) if modifier == "above" else [address])


def _above(address: str) -> list[str]:
    """The address and those above it, each with and without a slash at its end."""
    host = address.index("//") + 2
    ends = [place for place, mark in enumerate(address) if mark == "/" and place >= host]
    return [address, *(part for end in ends for part in (address[:end], address[: end + 1]))]
