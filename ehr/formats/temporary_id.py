"""What somebody carries who has no number yet: ``MT-45901-20261120-A10017-6``.

A newborn (MT, mã tạm) or somebody whom nobody can name (VD, vô danh): facility (5), day (8), device (2),
number of the day on that device (4), check character. Two devices that are cut off from each other never make
the same one. It stays resolvable when the personal number has replaced it.

The check character is that of ISO/IEC 7064, MOD 37,36, over all letters and digits before it: it is one of
the letters and digits itself (MOD 37-2 would need a star, MOD 1271-36 two characters; Damm's and Verhoeff's
know digits alone), and notices every single wrong character, as well as nearly every pair of neighbours that
changed places.
"""

import re
from datetime import date
from enum import StrEnum

import msgspec

from ehr.formats.digits import as_digits, compact
from ehr.formats.scanned import Extra, Fields, Kind, Number, Private, Scanned
from ehr.formats.warning_codes import WarningCode
from ehr.systems import TEMPORARY_ID

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHAPE = re.compile("(MT|VD)([0-9A-Z]{5})([0-9OIL]{8})([0-9A-Z]{2})([0-9OIL]{4})([0-9A-Z])")


class Reason(StrEnum):
    """Why somebody has no number."""

    NEWBORN = "MT"
    UNKNOWN = "VD"


class TemporaryId(Private, frozen=True):
    """facility: 5 characters. day: yyyymmdd. device: 2 characters. serial: 4 digits. check: as written."""

    reason: Reason
    facility: str
    day: str
    device: str
    serial: str
    check: str

    @property
    def value(self) -> str:
        """As it is printed."""
        return f"{self.reason}-{self.facility}-{self.day}-{self.device}{self.serial}-{self.check}"

    @property
    def right(self) -> bool:
        """Whether the check character is that of the rest."""
        return check_character(self.value[:-1]) == self.check


def make_temporary_id(reason: Reason, facility: str, day: date, device: str, serial: int) -> TemporaryId:
    """Raises ValueError when facility or device do not have 5 and 2 characters, capital letters or digits, or
    the serial is not from 0 to 9999."""
    if not re.fullmatch("[0-9A-Z]{5}", facility):
        raise ValueError("a facility code has 5 capital letters or digits")
    if not re.fullmatch("[0-9A-Z]{2}", device):
        raise ValueError("a device is named by 2 capital letters or digits")
    if not 0 <= serial <= 9999:
        raise ValueError("a device makes at most 10,000 temporary identifiers a day")
    stated = TemporaryId(reason, facility, day.isoformat().replace("-", ""), device, f"{serial:04d}", "")
    return msgspec.structs.replace(stated, check=check_character(stated.value))


def temporary_id(text: str) -> TemporaryId | None:
    """In any case, with or without hyphens, with letters that look like digits; None for anything else. See
    ``right`` for its check character."""
    found = _SHAPE.fullmatch(compact(text).upper())
    if found is None:
        return None
    reason, facility, day, device, serial, check = found.groups()
    day, serial = as_digits(day.lower()), as_digits(serial.lower())
    return TemporaryId(Reason(reason), facility, day, device, serial, check)


def read_temporary_id(text: str) -> Scanned | None:
    """The identifier alone. With a wrong check character it may be another's: it is kept, not filled in."""
    found = temporary_id(text)
    if found is None:
        return None
    if not found.right:
        kept = (Extra("number", found.value),)
        return Scanned((Kind.TEMPORARY_ID,), extra=kept, warnings=(WarningCode.CHECK_CHARACTER,))
    changed = compact(found.value) != compact(text).upper()
    warnings = (WarningCode.LETTER_FOR_DIGIT,) if changed else ()
    fields = Fields(numbers=(Number(TEMPORARY_ID, found.value),))
    return Scanned((Kind.TEMPORARY_ID,), fields, warnings=warnings)


def check_character(text: str) -> str:
    """ISO/IEC 7064, MOD 37,36, over the capital letters and digits of the text."""
    carried = 36
    for character in text:
        place = _CHARACTERS.find(character)
        if place >= 0:
            carried = ((carried + place) % 36 or 36) * 2 % 37
    return _CHARACTERS[(37 - carried) % 36]
