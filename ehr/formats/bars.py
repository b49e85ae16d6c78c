"""Fields between bars, as identity and insurance cards have them in their QR codes."""

import re
from types import MappingProxyType
from typing import NamedTuple

from ehr.addresses import in_one_line
from ehr.formats.damage import LOST, spelling_of
from ehr.formats.scanned import Spelling, each_once
from ehr.formats.warning_codes import WarningCode
from ehr.formats.written_date import read_date, year_of
from ehr.names import LONGEST

_OTHER_BAR = re.compile(r"((?:[A-Z]{2}[1-5])?[0-9]{10}(?:[0-9]{2,3})?)([^\w\s|.\-])")
_FEWEST_BARS = 5


SEXES = MappingProxyType({"nam": "male", "nữ": "female"})
"""Patient.gender of what stands on identity cards, in small letters."""


class Date(NamedTuple):
    """value: a FHIR date, possibly partial; None when none is stated or it cannot be read."""

    value: str | None
    warnings: tuple[WarningCode, ...] = ()


class Name(NamedTuple):
    """A name of a scan and what it is worth."""

    value: str | None
    spelling: Spelling
    warnings: tuple[WarningCode, ...]


def parted(text: str) -> tuple[list[str], tuple[WarningCode, ...]]:
    """The fields, without blanks at their ends. Where the keyboard's layout made another character of each
    bar, that one parts them."""
    found = _OTHER_BAR.match(text)
    if found and "|" not in text and text.count(found[2]) >= _FEWEST_BARS:
        return [field.strip() for field in text.split(found[2])], (WarningCode.WRONG_KEYBOARD,)
    return [field.strip() for field in text.split("|")], ()


def dated(text: str, unreadable: WarningCode = WarningCode.DATE_UNREADABLE) -> Date:
    """The date of a field. Of a day that is in no calendar the year is kept."""
    if not text:
        return Date(None)
    date = read_date(text)
    return Date(date) if date else Date(year_of(text), (unreadable,))


def named(text: str, beside: str = "") -> Name:
    """The name of a field. beside: other text of the scan, which would have accents."""
    name = in_one_line(text)
    if name is None:
        return Name(None, Spelling.WRITTEN, (WarningCode.NAME_MISSING,))
    spelling, warnings = spelling_of(name, beside)
    if LOST in beside:
        warnings = each_once(*warnings, WarningCode.ACCENTS_LOST)
    return Name(name[:LONGEST], spelling, warnings)
