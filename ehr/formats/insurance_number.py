"""Numbers of health insurance (BHYT): of a card (15 characters), and of the person alone (10 digits).

``GD4454500000017``: object, benefit level, province (the code before 1 July 2025), and the person's number of
social insurance (Decision 1351/QĐ-BHXH of 2015). Cards issued since April 2021 print these last ten digits
only. Object and level are data of the card: the benefit is never computed from them. There is no check digit.
"""

import re

from ehr.formats.damage import as_typed
from ehr.formats.digits import as_digits, compact, digits_of
from ehr.formats.scanned import Fields, Insurance, Kind, Number, Private, Scanned
from ehr.formats.warning_codes import WarningCode
from ehr.names import plain
from ehr.systems import INSURANCE_NUMBER

_CARD = re.compile("([A-Z]{2})([1-5])([0-9]{2})([0-9]{10})")
_CARD_MISREAD = re.compile("[A-Z]{2}[1-5IL][0-9OIL]{12}")


class CardNumber(Private, frozen=True):
    """object: 2 letters. level: 1 to 5. province: 2 digits. person: 10 digits."""

    object: str
    level: str
    province: str
    person: str

    @property
    def value(self) -> str:
        """15 characters."""
        return f"{self.object}{self.level}{self.province}{self.person}"


def card_number(text: str) -> CardNumber | None:
    """In any case, with or without blanks, dots and hyphens; None for anything else."""
    found = _CARD.fullmatch(compact(plain(text)).upper())
    return CardNumber(*found.groups()) if found else None


def read_insurance_number(text: str) -> Scanned | None:
    """The number alone."""
    found, warnings = mended_card_number(text)
    if found:
        insurance = Insurance(object=found.object, level=found.level, province=found.province)
        fields = Fields(numbers=(Number(INSURANCE_NUMBER, found.value),), insurance=insurance)
        return Scanned((Kind.INSURANCE_NUMBER,), fields, warnings=warnings)
    digits, warnings = digits_of(text)
    if len(digits) != 10:
        return None
    fields = Fields(numbers=(Number(INSURANCE_NUMBER, digits),))
    return Scanned((Kind.INSURANCE_NUMBER,), fields, warnings=warnings)


def mended_card_number(text: str) -> tuple[CardNumber | None, tuple[WarningCode, ...]]:
    """Also with letters that look like digits, and as Telex or VNI, switched on, would have changed it
    (``TÉ45…`` for ``TE145…``)."""
    if found := card_number(text):
        return found, ()
    typed = compact(text).upper()
    if _CARD_MISREAD.fullmatch(typed):
        return card_number(typed[:2] + as_digits(typed[2:].lower())), (WarningCode.LETTER_FOR_DIGIT,)
    if typed.isascii():
        return None, ()
    found = next(filter(None, map(card_number, as_typed(typed))), None)
    return found, (WarningCode.TYPING_MODE_ON,) if found else ()
