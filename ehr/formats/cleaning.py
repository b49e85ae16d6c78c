"""What comes out of a scanner or a keyboard, made readable: bounded, without control characters."""

import re
from typing import NamedTuple
from unicodedata import category

from ehr.formats.damage import decoded_again, of_vietnamese_keys
from ehr.formats.warning_codes import WarningCode
from ehr.names import plain

LONGEST = 4096
"""Characters of a scan that are read; a QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L)."""

_SYMBOLOGY = re.compile("^\\][A-Za-z][0-9A-Za-z]")
"""What some scanners send first: the kind of code (ISO/IEC 15424)."""

_ASCII_CONTROLS = "".join(map(chr, [*range(33), 127]))
_CONTROLS = _ASCII_CONTROLS + "".join(map(chr, range(128, 161))) + "\ufeff\u200b"
"""Those above ASCII may be bytes of letters in a wrong encoding; they are taken away after that is undone."""

_WIDE = re.compile("[\uff01-\uff5e\u3000]")


class Clean(NamedTuple):
    """lines: without blanks at the ends, none empty."""

    lines: list[str]
    warnings: tuple[WarningCode, ...]

    @property
    def text(self) -> str:
        """In one line."""
        return " ".join(self.lines)


def clean(text: str) -> Clean:
    """The text in its usual form. Breaks at its ends (Enter, as scanners are set up to send it) do not
    count."""
    warnings = [WarningCode.TOO_LONG] if len(text) > LONGEST else []
    text, converted = _converted(_whole(text[:LONGEST]).strip(_ASCII_CONTROLS))
    text = _SYMBOLOGY.sub("", text.strip(_CONTROLS), count=1)
    warnings += converted
    if _WIDE.search(text):
        warnings.append(WarningCode.FULL_WIDTH)
    if any(category(character) == "Cc" for character in text):
        warnings.append(WarningCode.LINE_BROKEN)
    lines = (" ".join(_readable(plain(line)).split()) for line in re.split("[\r\n]+", text))
    return Clean([line for line in lines if line], tuple(warnings))


def _converted(text: str) -> tuple[str, list[WarningCode]]:
    if again := decoded_again(text):
        return again, [WarningCode.WRONG_ENCODING]
    if digits := of_vietnamese_keys(text):
        return digits, [WarningCode.WRONG_KEYBOARD]
    return text, []


def _whole(text: str) -> str:
    """Halves of characters that stand alone are lost ones."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _readable(text: str) -> str:
    return "".join(" " if category(character) == "Cc" else character for character in text)
