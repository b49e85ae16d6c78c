"""What became of communes and provinces on 1 July 2025, by their codes.

Today's list: Decision 19/2025/QĐ-TTg, with the changes since. README.md says where each file comes from, and
what is not known.
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

MERGER: Final = "2025-07-01"
"""Since then a commune belongs to a province without a district between them, and has a code of a new list.
Codes with an earlier list's date are of before; those without a date, of today."""

MOST_CODE: Final = 20
"""Characters of a code that are kept."""


class Commune(NamedTuple):
    """One of today's 3,321 communes. province: code of one of today's 34."""

    code: str
    name: str
    province: str


class FormerCommune(NamedTuple):
    """One of the 10,035 communes before the merger. province: code of one of the 63.

    today: codes of the communes that it became, wholly or in part; the one in which most of it is goes first.
    """

    code: str
    name: str
    district: str
    province: str
    today: tuple[str, ...]


@cache
def communes() -> Mapping[str, Commune]:
    """Today's, by their codes."""
    return MappingProxyType({row["code"]: Commune(**row) for row in _rows("communes")})


@cache
def former_communes() -> Mapping[str, FormerCommune]:
    """Those before the merger, by their codes. A code may be of both lists: today's communes keep that of one
    of their parts."""
    found = ((row.pop("today"), row) for row in _rows("former_communes"))
    return MappingProxyType({row["code"]: FormerCommune(**row, today=tuple(t.split())) for t, row in found})


@cache
def provinces() -> Mapping[str, str]:
    """The names of today's 34, by their codes."""
    return MappingProxyType({row["code"]: row["name"] for row in _rows("provinces")})


@cache
def former_provinces() -> Mapping[str, tuple[str, str]]:
    """(name, code of today's province) of the 63, by their codes."""
    return MappingProxyType({row["code"]: (row["name"], row["today"]) for row in _rows("former_provinces")})


def is_of_before(listed: str | None) -> bool:
    """Whether a code is of before the merger, by the date of its list (Coding.version)."""
    return bool(listed) and (listed or "")[:10] < MERGER


def communes_today(code: str, listed: str | None = None) -> tuple[str, ...]:
    """Today's communes that a code stands for, the likeliest first; the code itself where it is not known.

    listed: the date of the code's list; without one, a code that is of both lists is of today's.
    """
    if is_of_before(listed) or MERGED.is_former_commune(code):
        return MERGED.communes(code)
    return (code,)


class MergerTable:
    """What the tables know, as matching asks for it (``ehr.matching.residences.Units``)."""

    def communes(self, former: str) -> tuple[str, ...]:
        """Today's communes that a former one became; its own code where it is not known."""
        known = former_communes().get(former)
        return known.today if known else (former,)

    def province(self, former: str) -> str | None:
        """Today's province that a former one became."""
        return former_provinces().get(former, (None, None))[1]

    def is_former_commune(self, code: str) -> bool:
        """Whether a code is of the former list alone."""
        return code in former_communes() and code not in communes()

    def is_former_province(self, code: str) -> bool:
        """The same of a province's."""
        return code in former_provinces() and code not in provinces()


MERGED: Final = MergerTable()


def _rows(name: str) -> Iterator[dict[str, str]]:
    with Path(__file__).with_name(f"{name}.csv").open(encoding="utf8", newline="") as lines:
        yield from csv.DictReader(lines)
