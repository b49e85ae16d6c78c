"""Numbers of people: their kinds, the one form in which each is compared, and whether it is in use."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ehr.formats.birth_paper import birth_paper
from ehr.formats.digits import compact, digits_of, is_filler
from ehr.formats.insurance_number import card_number
from ehr.formats.personal_number import PersonalNumber, personal_number
from ehr.formats.telephone import telephone_key
from ehr.formats.temporary_id import temporary_id
from ehr.identifiers import shortened
from ehr.matching.captured import TYPED
from ehr.names import plain
from ehr.systems import (
    BIRTH_PAPER,
    CANCELLED_NATIONAL_ID,
    INSURANCE_NUMBER,
    NATIONAL_ID,
    OLD_CITIZEN_ID,
    PASSPORT_NUMBER,
    TEMPORARY_ID,
)

PERSONAL: Final = "personal_number"
INSURANCE: Final = "insurance_number"
PASSPORT: Final = "passport_number"
OLD_CARD: Final = "old_citizen_id"
PAPER: Final = "birth_paper"
TEMPORARY: Final = "temporary_id"

KEYS: Final = frozenset({PERSONAL, INSURANCE, PASSPORT})
"""Kinds that belong to one person: what may link. The others are evidence, like a telephone."""

_FOR_LIFE: Final = frozenset({PERSONAL, INSURANCE})
"""What a person keeps, whatever card bears it: a personal number ends only by being cancelled (Decree
70/2024/NĐ-CP art. 11), an insurance number is of the person (Decision 1351/QĐ-BHXH of 2015)."""

_LONGEST: Final = 100


class Number(NamedTuple):
    """A number as it is compared.

    captured: one of captured.CODES. ended: cancelled, replaced or run out. doubted: a personal number that
    tells another sex or birth year than the Patient: perhaps of a card that somebody else has shown. until:
    the last day, month or year (ISO) of one that has not ended yet; "" for none.
    """

    kind: str
    value: str
    captured: str
    ended: bool
    doubted: bool = False
    until: str = ""

    def __repr__(self) -> str:
        """Without the number: it may be logged."""
        return f"Number({self.kind}, {self.captured}{', ended' if self.ended else ''})"

    @property
    def trusted(self) -> str:
        """As which of captured.CODES it counts: one that is doubted as typed, however it was scanned."""
        return TYPED if self.doubted else self.captured

    @property
    def is_key(self) -> bool:
        """Whether it may link, if the other may too: of a person's own kind, in use, captured, fitting."""
        return self.kind in KEYS and not self.ended and self.trusted != TYPED

    def as_of(self, on: str) -> "Number":
        """How it stands on a day (ISO); "": once all that has an end has ended."""
        if self.until and (not on or self.until < on[: len(self.until)]):
            return self._replace(ended=True, until="")
        return self


def number_of(system: str, value: str, captured: str, *, old: bool, end: str, on: str) -> Number | None:
    """The number of an Identifier; None for a system that is not compared, and for what cannot be a number.

    old: whether its ``use`` says so. end: of its period, "" for none. on: the day on which it is asked, "" if
    any end counts. The period of a personal or an insurance number is that of a card: the number stays the
    person's, and ends only where ``use`` says so or the system is that of cancelled ones.
    """
    kind, read = _KINDS.get(system, ("", _nothing))
    said = read(value[:_LONGEST])
    if not said and kind == PERSONAL:  # of before 2016, in the place of the new one
        kind, said = OLD_CARD, _old_card(value[:_LONGEST])
    if not said or is_filler(said):
        return None
    until = "" if kind in _FOR_LIFE else end[:10]
    ended = old or system == CANCELLED_NATIONAL_ID
    return Number(kind, said, captured, ended, until="" if ended else until).as_of(on)


def compared_with(number: Number, sex: str | None, year: int | None) -> Number:
    """The number, doubted if it does not fit the sex (male, female) or the birth year; None is not known."""
    if number.kind != PERSONAL:
        return number
    told = PersonalNumber(number.value)
    doubted = year not in (None, told.birth_year) or (sex in ("male", "female") and sex != told.sex)
    return number._replace(doubted=doubted)


def telephone_of(text: str) -> str:
    """The key of a telephone number; "" for none, and for 0900000000."""
    key = telephone_key(text[:_LONGEST]) or ""
    return "" if is_filler(key[2:]) else key


def _personal(text: str) -> str:
    known = personal_number(text)
    return known.digits if known else ""


def _old_card(text: str) -> str:
    digits, _ = digits_of(text)
    return digits if len(digits) == 9 else ""


def _insurance(text: str) -> str:
    """The person's own ten digits, also of a card's number."""
    card, (digits, _) = card_number(text), digits_of(text)
    return card.person if card else digits if len(digits) == 10 else ""


def _paper(text: str) -> str:
    known = birth_paper(text)
    return known.number if known else ""


def _temporary(text: str) -> str:
    """Also of a form that is not ours: whoever bears it has no number."""
    known = temporary_id(text)
    return known.value if known else _compact(text)


def _compact(text: str) -> str:
    return shortened(compact(plain(text)).upper())


def _passport(text: str) -> str:
    said = _compact(text)
    return said if re.fullmatch("[A-Z]{0,2}[0-9]{6,9}", said) else ""


def _nothing(_: str) -> str:
    return ""


_KINDS: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    NATIONAL_ID: (PERSONAL, _personal),
    CANCELLED_NATIONAL_ID: (PERSONAL, _personal),
    INSURANCE_NUMBER: (INSURANCE, _insurance),
    PASSPORT_NUMBER: (PASSPORT, _passport),
    OLD_CITIZEN_ID: (OLD_CARD, _old_card),
    BIRTH_PAPER: (PAPER, _paper),
    TEMPORARY_ID: (TEMPORARY, _temporary),
}

KINDS: Final = (PERSONAL, INSURANCE, PASSPORT, OLD_CARD, PAPER, TEMPORARY)
