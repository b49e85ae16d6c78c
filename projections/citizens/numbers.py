"""Numbers of people: the keys under which identifiers and telephones are stored, and those of what is typed.

A personal number (CCCD) has 12 digits. An insurance number (BHYT) has 10; that of a card has 15 characters,
these last: object, benefit level, province, number (Decision 1351/QĐ-BHXH of 16 November 2015).
"""

import re

from ehr.identifiers import shortened
from ehr.names import plain

_NOT_COUNTED = re.compile(r"[\s.\-]+")
_CARD = re.compile(r"[A-Z]{2}[1-5]\d{2}(\d{10})")
_TELEPHONE = re.compile(r"(?:\+84|0084|84|0)(\d{8,10})")


def number_key(text: str) -> str:
    """What the ways of writing an identifier share: capital letters, no blanks, dots or hyphens, and nothing
    invisible.

    Of an insurance card it is the person's own number. Short enough for an index.
    """
    compact = _compact(text)
    card = _CARD.fullmatch(compact)
    return card[1] if card else shortened(compact)


def is_card(text: str) -> bool:
    """Whether the text is the number of an insurance card."""
    return _CARD.fullmatch(_compact(text)) is not None


def telephone_key(text: str) -> str | None:
    """A telephone number in Vietnam with its leading 0, of another country its digits; None for no number.

    Twelve digits without a plus are a personal number.
    """
    compact = re.sub(r"[\s.\-()]+", "", plain(text))
    national = _TELEPHONE.fullmatch(compact)
    if national:
        return f"0{national[1]}"
    return compact.lstrip("+") if re.fullmatch(r"\+\d{8,15}|\d{6,11}", compact) else None


def _compact(text: str) -> str:
    return _NOT_COUNTED.sub("", plain(text)).upper()
