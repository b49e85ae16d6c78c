"""What one resource leaves in the index."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple


class StringEntry(NamedTuple):
    """A text. folded: as it is compared. exact: as it was written; None where folded is only the rest of a
    name, from one of its later words on."""

    number: int
    folded: str
    exact: str | None


class DateEntry(NamedTuple):
    """A time, from start until before end."""

    number: int
    start: datetime
    end: datetime


class QuantityEntry(NamedTuple):
    """A number, or all from low to high.

    code: hash of the unit's code; unit: of its system and code; None where it has none. A unit that is
    printed otherwise than its code has an entry of its own, as a code without a system.
    """

    number: int
    low: Decimal
    high: Decimal
    code: int | None = None
    unit: int | None = None


class WordEntry(NamedTuple):
    """A text that stands for a term: what is found by a part of it is found by way of the term."""

    number: int
    text: str
    term: int


@dataclass(slots=True)
class Entries:
    """The entries of one resource; what an indexer adds to.

    codes: terms of what the resource is about, to be read in order of its main date. parts: (number of a
    composite parameter, the entries of one part of the resource). id, identifiers ((system or "", value)
    each): for queries of this one resource; views have them in tables of their own.
    """

    id: str = ""
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    terms: set[int] = field(default_factory=set)
    strings: list[StringEntry] = field(default_factory=list)
    dates: list[DateEntry] = field(default_factory=list)
    quantities: list[QuantityEntry] = field(default_factory=list)
    words: list[WordEntry] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    parts: list[tuple[int, "Entries"]] = field(default_factory=list)


Indexer = Callable[[Entries, int, Any], None]
"""Adds what a value of the parameter of a number leaves."""
