"""One box for everything that is scanned or typed."""

import re

import msgspec

from ehr.formats.birth_paper import read_birth_paper
from ehr.formats.citizen_card import read_citizen_card
from ehr.formats.cleaning import Clean, clean
from ehr.formats.insurance_card import read_insurance_card
from ehr.formats.insurance_number import read_insurance_number
from ehr.formats.machine_readable import read_machine_readable
from ehr.formats.old_citizen_id import read_old_citizen_id
from ehr.formats.payment import read_payment
from ehr.formats.personal_number import read_personal_number
from ehr.formats.said import read_said
from ehr.formats.scanned import Scanned, Spelling, together
from ehr.formats.telephone import read_telephone
from ehr.formats.temporary_id import read_temporary_id
from ehr.formats.warning_codes import WarningCode

_CODES = (read_payment, read_machine_readable, read_insurance_card, read_citizen_card)
"""Each is the only one that takes what it takes."""

_NUMBERS = (
    read_personal_number,
    read_old_citizen_id,
    read_insurance_number,
    read_temporary_id,
    read_birth_paper,
    read_telephone,
)
"""The same digits may be numbers of several kinds."""

_SHORTEST = 9
"""Characters of the shortest number."""


def read(text: str) -> Scanned:
    """What was scanned or typed. Any text gives an answer; what cannot be read is left out and warned of."""
    cleaned = clean(text)
    single, twice = _halved(cleaned)
    scanned = _read(single)
    broken = WarningCode.LINE_BROKEN in cleaned.warnings and scanned.layout == "td1"
    codes = [code for code in cleaned.warnings if not (broken and code == WarningCode.LINE_BROKEN)]
    codes += [WarningCode.SCANNED_TWICE] if twice else []
    return _mistrusted(scanned.warned(*codes))


def _read(text: str) -> Scanned:
    for read_code in _CODES:
        if scanned := read_code(text):
            return scanned
    found = [scanned for read_number in _NUMBERS if (scanned := read_number(text))]
    return together(found) if found else read_said(text)


def _halved(cleaned: Clean) -> tuple[str, bool]:
    """(the text, whether it came twice), as it does when no Enter parts two scans of one card."""
    text = cleaned.text
    half, parted = len(text) // 2, text[len(text) // 2 :].lstrip()
    same = len(parted) >= _SHORTEST and text[:half].rstrip() == parted and re.search("[0-9]{9}", parted)
    return (parted, True) if same else (text, False)


def _mistrusted(scanned: Scanned) -> Scanned:
    """A name out of letters that had to be converted is a damaged one."""
    if WarningCode.WRONG_ENCODING not in scanned.warnings or scanned.fields.name is None:
        return scanned
    fields = msgspec.structs.replace(scanned.fields, spelling=Spelling.DAMAGED)
    return msgspec.structs.replace(scanned, fields=fields)
