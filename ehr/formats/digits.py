"""Places where only digits belong: what people and scanners write there."""

import re

from ehr.formats.warning_codes import WarningCode

_LIKE_DIGITS = str.maketrans("OoIil", "00111")
_PARTING = re.compile(r"[\s.\-]+")
FEWEST = 4
"""So many true digits must be among the letters that look like one."""


_COUNTED = frozenset({"123456789", "1234567890", "0123456789", "012345678901", "123456789012"})


def is_filler(digits: str) -> bool:
    """Whether it is what somebody types who has no number: one digit again and again, or counting."""
    return len(set(digits)) == 1 or digits in _COUNTED


def compact(text: str) -> str:
    """Without the blanks, dots and hyphens that part groups."""
    return _PARTING.sub("", text)


def digits_of(text: str) -> tuple[str, tuple[WarningCode, ...]]:
    """(the digits, warnings) of a text of nothing but digits and what looks like them, else ("", ())."""
    text = compact(text)
    if re.fullmatch("[0-9]+", text):
        return text, (WarningCode.NUMBER_MADE_UP,) if is_filler(text) else ()
    if re.fullmatch("[0-9OoIl]+", text) and len(re.findall("[0-9]", text)) >= FEWEST:
        return text.translate(_LIKE_DIGITS), (WarningCode.LETTER_FOR_DIGIT,)
    return "", ()


def as_digits(text: str) -> str:
    """The text with digits for the letters that look like them, in a place where only digits can stand."""
    return text.translate(_LIKE_DIGITS)
