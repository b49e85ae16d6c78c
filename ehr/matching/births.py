"""Birth dates as they are compared: whole, or only as far as they are known."""

import re
from functools import lru_cache
from typing import Final

from ehr.formats.scanned import Private

EXACT: Final = "exact"
SWAPPED: Final = "swapped"
DIGIT: Final = "digit"
YEAR: Final = "year"
SAME_YEAR: Final = "same_year"
CLOSE: Final = "close"
DIFFERENT: Final = "different"

LEVELS: Final = (EXACT, SWAPPED, YEAR, DIGIT, CLOSE, SAME_YEAR, DIFFERENT)
"""From full agreement down.

exact: the same day. swapped: day and month exchanged. year: the year agrees and one of the two says no more;
1 January counts as no more, because it is what programs write that cannot leave the day open. digit: one
digit of the eight differs, or two neighbours are exchanged. close: years at most two apart, and one of the
two says no more (the old know their age, not their year). same_year: the year agrees, the day does not.
different: anything else.
"""

_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T.*)?", re.ASCII | re.DOTALL)
_CLOSE: Final = 2


class Birth(Private, frozen=True):
    """year: as a number. digits: ``yyyymmdd`` of a whole date, "" of a partial one and of 1 January.

    month: of a date, 0 where it is not known.
    """

    year: int
    month: int
    digits: str


@lru_cache(maxsize=65536)
def birth_of(text: str) -> Birth | None:
    """The birth that a FHIR date says; None for text that is none."""
    found = _DATE.fullmatch(text[:64])
    if found is None:
        return None
    year, month, day = (part or "" for part in found.groups())
    if (
        not 1800 <= int(year) <= 2200
        or int(month or 1) not in range(1, 13)
        or int(day or 1) not in range(1, 32)
    ):
        return None
    whole = bool(day) and (month, day) != ("01", "01")
    return Birth(
        int(year), 0 if day and not whole else int(month or 0), f"{year}{month}{day}" if whole else ""
    )


def agreement(one: Birth, other: Birth) -> str:
    """The level of two births; the same whichever comes first."""
    a, b = one.digits, other.digits
    if a and b:
        return EXACT if a == b else _of_days(a, b)
    if one.year == other.year:
        return YEAR if not (one.month and other.month) or one.month == other.month else SAME_YEAR
    return CLOSE if abs(one.year - other.year) <= _CLOSE else DIFFERENT


def _of_days(a: str, b: str) -> str:
    if a[:4] == b[:4] and a[4:6] == b[6:] and a[6:] == b[4:6]:
        return SWAPPED
    unlike = [place for place in range(8) if a[place] != b[place]]
    if len(unlike) == 1 or (len(unlike) == 2 and _exchanged(a, b, *unlike)):
        return DIGIT
    return SAME_YEAR if a[:4] == b[:4] else DIFFERENT


def _exchanged(a: str, b: str, first: int, second: int) -> bool:
    return second == first + 1 and a[first] == b[second] and a[second] == b[first]
