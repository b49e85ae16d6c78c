"""Numbers of people: their kinds, the one form in which each is compared, and whether it is in use.

A personal number (CCCD, số định danh cá nhân) has 12 digits (Decree 137/2015/NĐ-CP, art. 13), an old identity
card (CMND) 9, a social insurance number 10: the last ones of the 15 characters of an insurance card (BHYT,
Decision 1351/QĐ-BHXH of 16 November 2015).
"""

import re
from typing import Final, NamedTuple

from ehr.matching.captured import TYPED
from ehr.names import plain

_CORE: Final = "http://fhir.ehealth.gov.vn/core/sid"
_OWN: Final = "http://fhir.example.vn/sid"

PERSONAL: Final = "personal"
INSURANCE: Final = "insurance"
PASSPORT: Final = "passport"
OLD_CARD: Final = "old_card"
BIRTH_PAPER: Final = "birth_paper"
TEMPORARY: Final = "temporary"

KEYS: Final = frozenset({PERSONAL, INSURANCE, PASSPORT})
"""Kinds that belong to one person: what may link. The others are evidence, like a telephone."""

KINDS: Final = (PERSONAL, INSURANCE, PASSPORT, OLD_CARD, BIRTH_PAPER, TEMPORARY)

_KIND_OF = {
    f"{_CORE}/national_id": PERSONAL,
    f"{_OWN}/personal-number-cancelled": PERSONAL,
    f"{_CORE}/citizen_id": OLD_CARD,
    f"{_CORE}/insurance_number": INSURANCE,
    f"{_OWN}/social-insurance-number": INSURANCE,
    f"{_CORE}/passport_number": PASSPORT,
    f"{_OWN}/birth-certificate": BIRTH_PAPER,
    f"{_OWN}/temporary-id": TEMPORARY,
}
_CANCELLED = f"{_OWN}/personal-number-cancelled"

_FORMS = {
    PERSONAL: re.compile(r"(\d{12})", re.ASCII),
    OLD_CARD: re.compile(r"(\d{9})", re.ASCII),
    INSURANCE: re.compile(r"(?:[A-Z]{2}[1-5]\d\d)?(\d{10})", re.ASCII),
    PASSPORT: re.compile(r"([A-Z]{1,2}\d{6,8})", re.ASCII),
    BIRTH_PAPER: re.compile(r"([0-9A-Z]{6,32})", re.ASCII),
    TEMPORARY: re.compile(r"([0-9A-Z]{3,64})", re.ASCII),
}
_LONGEST = 100
_NOT_COUNTED = re.compile(r"[\s./\-]+")
_TELEPHONE = re.compile(r"(?:\+84|0084|84|0)(\d{8,10})", re.ASCII)
_FILLERS = frozenset({"1234567890", "0123456789", "123456789", "123456789012", "012345678901"})


class Number(NamedTuple):
    """A number as it is compared. captured: one of captured.CODES. ended: cancelled, replaced or run out."""

    kind: str
    value: str
    captured: str
    ended: bool

    def __repr__(self) -> str:
        """Without the number: it may be logged."""
        return f"Number({self.kind}, {self.captured}{', ended' if self.ended else ''})"

    @property
    def is_key(self) -> bool:
        """Whether it may link, if the other one may too: of a person's own kind, in use, and not typed."""
        return self.kind in KEYS and not self.ended and self.captured != TYPED


def number_of(system: str, value: str, captured: str, *, old: bool, end: str, on: str) -> Number | None:
    """The number of an Identifier; None for a system that is not compared, and for what cannot be a number.

    old: whether its ``use`` says so. end: of its period, "" for none. on: the day on which it is asked, "" if
    any end counts. The period of an insurance number is that of a card: the number itself stays the person's.
    """
    kind = _KIND_OF.get(system)
    if kind is None:
        return None
    compact = compacted(value)
    if kind == PERSONAL and len(compact) == 9:  # of before 2016, in the place of the new one
        kind = OLD_CARD
    form = _FORMS[kind].fullmatch(compact)
    if form is None or is_filler(form[1]):
        return None
    run_out = bool(end) and kind != INSURANCE and (not on or end[:10] < on[: len(end[:10])])
    return Number(kind, form[1], captured, old or run_out or system == _CANCELLED)


def compacted(value: str) -> str:
    """Capital letters and digits, without what is written between them; cut where no number is that long."""
    return _NOT_COUNTED.sub("", plain(value[:_LONGEST])).upper()


def is_filler(value: str) -> bool:
    """Whether it is what somebody types who has no number: one digit again and again, or counting."""
    return len(set(value)) == 1 or value in _FILLERS


def telephone_of(text: str) -> str:
    """A telephone number of Vietnam with its leading 0, of another country its digits; "" for none.

    Twelve digits without a plus are a personal number.
    """
    compact = re.sub(r"[\s.\-()]+", "", plain(text[:_LONGEST]))
    national = _TELEPHONE.fullmatch(compact)
    if national:
        compact = f"0{national[1]}"
    elif not re.fullmatch(r"\+\d{8,15}|\d{6,11}", compact, re.ASCII):
        return ""
    compact = compact.lstrip("+")
    return "" if is_filler(compact.lstrip("0") or "0") else compact
