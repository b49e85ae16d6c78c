"""What somebody types who has no number at hand: a name, a name with a birth date or year, any other
words."""

import re

from ehr.formats.damage import LOST, spelling_of
from ehr.formats.scanned import Fields, Kind, Scanned, Spelling
from ehr.formats.warning_codes import WarningCode
from ehr.formats.written_date import read_date, year_of
from ehr.names import LONGEST

_CODE = re.compile(r"\S{40,}|\S+://\S*|.*\|.*\|.*", re.DOTALL)
"""What nobody types: a very long word, an address of the web, bars."""

_HOLE = re.compile(rf"{LOST}|\?\w")
_TOLD = (WarningCode.TYPING_MODE_ON, WarningCode.ACCENTS_LOST)
"""Of words that may be anything; the second where a character is missing inside of one."""


def birth_said(word: str) -> str | None:
    """The birth date that a word says, with the punctuation of a sentence around it; of a day that is in no
    calendar the year."""
    word = word.strip(",;()")
    return read_date(word) or year_of(word)


def read_said(text: str) -> Scanned:
    """Takes any text."""
    if _CODE.fullmatch(text):
        return Scanned((Kind.TEXT,), warnings=(WarningCode.UNKNOWN_CODE,))
    words = [(word, birth_said(word)) for word in text[:LONGEST].split()]
    name = " ".join(word for word, birth in words if birth is None) or None
    birth = next((birth for _, birth in words if birth), None)
    spelling, codes = spelling_of(name) if name else (Spelling.WRITTEN, ())
    told = _TOLD if _HOLE.search(text) else _TOLD[:1]
    fields = Fields(name=name, spelling=spelling, birth=birth)
    return Scanned((Kind.TEXT,), fields, warnings=tuple(filter(told.__contains__, codes)))
