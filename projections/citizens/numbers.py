"""Numbers of people: the keys under which they are stored, and those of what is typed."""

import re

from ehr.formats.digits import compact
from ehr.formats.insurance_number import card_number
from ehr.formats.telephone import telephone
from ehr.identifiers import shortened
from ehr.names import plain

_UNKNOWN_NATIONAL = re.compile(r"(?:\+84|0084|84|0)([0-9]{8,10})")
_UNKNOWN = re.compile(r"\+[0-9]{8,15}|[0-9]{6,11}")


def number_key(text: str) -> str:
    """What the ways of writing an identifier share: capital letters, no blanks, dots or hyphens, and nothing
    invisible.

    Of an insurance card it is the person's own number. Short enough for an index.
    """
    card = card_number(text)
    return card.person if card else shortened(compact(plain(text)).upper())


def is_card(text: str) -> bool:
    """Whether the text is the number of an insurance card."""
    return card_number(text) is not None


def telephone_key(text: str) -> str | None:
    """A telephone number in Vietnam with its leading 0, of another country its digits; None for no number.

    Numbers of eleven digits of before 2018 are told as the ten digits that they became. Digits that are a
    number in no plan count as they are. Twelve digits without a plus are a personal number.
    """
    if known := telephone(text):
        return known.number.lstrip("+")
    digits = re.sub(r"[\s.\-()]+", "", plain(text))
    national = _UNKNOWN_NATIONAL.fullmatch(digits)
    if national:
        return f"0{national[1]}"
    return digits.lstrip("+") if _UNKNOWN.fullmatch(digits) else None
