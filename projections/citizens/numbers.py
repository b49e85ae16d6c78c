"""Numbers of people: the keys under which they are stored, and those of what is typed."""

from collections.abc import Collection
from typing import Final, NamedTuple

from ehr.formats.digits import compact
from ehr.formats.insurance_number import card_number
from ehr.identifiers import shortened
from ehr.matching.captured import CODES, TYPED, VERIFIED
from ehr.matching.numbers import compared_with, number_of
from ehr.names import plain

CONTRARY: Final = "contrary"
"""Of a personal number that tells another sex or birth year than its Patient."""

CAPTURED: Final = "captured"

OBTAINED: Final = (VERIFIED, CAPTURED, TYPED, CONTRARY)
"""How a number of a known kind is counted, the most trusted first."""


def number_key(text: str) -> str:
    """What the ways of writing an identifier share: capital letters, no blanks, dots or hyphens, and nothing
    invisible.

    Of an insurance card it is the person's own number. Short enough for an index.
    """
    card = card_number(text)
    return card.person if card else shortened(compact(plain(text)).upper())


class Identified(NamedTuple):
    """An Identifier. said: how its number was obtained, by its extensions (ehr.matching.captured)."""

    system: str
    value: str
    old: bool
    said: Collection[str]


def counted_as(one: Identified, sex: str | None, birth: str | None) -> tuple[str | None, str | None]:
    """(kind, one of OBTAINED) of a number in use; nothing for one that is of no known kind, or out of use.

    birth: FHIR date. kind: one of ehr.matching.numbers.KINDS.
    """
    captured = min((code for code in CODES if code in one.said), key=CODES.index, default=TYPED)
    number = number_of(one.system, one.value, captured, old=one.old, end="", on="")
    if number is None or number.ended:
        return None, None
    number = compared_with(number, sex, int(birth[:4]) if birth else None)
    if number.doubted:
        return number.kind, CONTRARY
    return number.kind, captured if captured in OBTAINED else CAPTURED
