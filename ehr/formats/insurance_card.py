"""The QR code of the paper card of health insurance (thẻ BHYT).

``number|name|birth date|sex|address|facility|from|until|issued|issuer|parent|area|five years on|…|$``: name,
address and parent as hexadecimal digits of their UTF-8 or as they are, sex 1 (male) or 2, dates as
dd/mm/yyyy, mm/yyyy or yyyy, ``-`` for none.
"""

import re

from ehr.addresses import in_one_line
from ehr.formats.bars import Date, dated, named, parted
from ehr.formats.damage import LOST
from ehr.formats.insurance_number import CardNumber, mended_card_number, read_insurance_number
from ehr.formats.scanned import Extra, Fields, Insurance, Kind, Scanned, each_once
from ehr.formats.warning_codes import WarningCode

FIELDS = 13
AREA = 12
"""Its place, counted from 1."""

_AREAS = ("K1", "K2", "K3")
_SEX = {"1": "male", "2": "female"}
_HEXADECIMAL = re.compile("[0-9A-Fa-f]{4,}")
_FACILITY = re.compile("([0-9]{2})\\s*-\\s*([0-9A-Z]{3})|([0-9]{2}[0-9A-Z]{3})")


def read_insurance_card(text: str) -> Scanned | None:
    """None when the first field is no number of health insurance."""
    fields, warnings = parted(text)
    number = read_insurance_number(fields[0])
    if number is None or len(fields) < 2:
        return None
    ended = text.rstrip().endswith("$")
    fields = ["" if field == "-" else field for field in [*fields[:-1], fields[-1].rstrip("$ ")]]
    scanned = _filled(number, [*fields, *[""] * FIELDS][:FIELDS])
    extra = tuple(Extra(str(place), text) for place, text in enumerate(fields, 1) if _unknown(place, text))
    codes = [] if ended else [WarningCode.INCOMPLETE]
    layout = f"insurance-card/{len(fields)}"
    return Scanned(scanned.kinds, scanned.fields, layout, extra, scanned.warnings).warned(*warnings, *codes)


def _unknown(place: int, text: str) -> bool:
    """Whether a field is kept as it came: those after the known ones, and an area of another code."""
    return bool(text) and (place > FIELDS or (place == AREA and text not in _AREAS))


def _filled(number: Scanned, fields: list[str]) -> Scanned:
    _, name, birth, sex, address, *insurance_fields = fields
    parent = insurance_fields[5]
    name, address, parent = (of_hexadecimal(text) for text in (name, address, parent))
    said_name, said_birth = named(name, address), dated(birth, WarningCode.BIRTH_DATE_UNREADABLE)
    insurance, codes = _insurance(mended_card_number(fields[0])[0], insurance_fields)
    filled = Fields(
        numbers=number.fields.numbers,
        name=said_name.value,
        spelling=said_name.spelling,
        birth=said_birth.value,
        sex=_SEX.get(sex),
        address=in_one_line(address),
        parent=in_one_line(parent),
        insurance=insurance,
    )
    codes = [*number.warnings, *said_name.warnings, *said_birth.warnings, *codes]
    codes += [WarningCode.SEX_UNREADABLE] if sex not in _SEX else []
    return Scanned((Kind.INSURANCE_CARD,), filled, warnings=each_once(*codes))


def _insurance(number: CardNumber | None, fields: list[str]) -> tuple[Insurance, list[WarningCode]]:
    facility, *dates, issuer, _, area, five_years_on = fields
    valid_from, valid_until, issued, five_years = (dated(text) for text in (*dates, five_years_on))
    place = _FACILITY.fullmatch(facility)
    insurance = Insurance(
        object=number.object if number else None,
        level=number.level if number else None,
        province=number.province if number else None,
        facility="".join(part or "" for part in place.groups()) if place else None,
        issued=issued.value,
        valid_from=valid_from.value,
        valid_until=valid_until.value,
        issuer=in_one_line(issuer),
        area=area if area in _AREAS else None,
        five_years_on=five_years.value,
    )
    said: list[Date] = [valid_from, valid_until, issued, five_years]
    codes = [code for date in said for code in date.warnings]
    return insurance, codes + ([WarningCode.NUMBER_UNREADABLE] if facility and place is None else [])


def of_hexadecimal(text: str) -> str:
    """The text that hexadecimal digits of UTF-8 stand for; any other text as it is. What cannot be read
    becomes U+FFFD."""
    if not _HEXADECIMAL.fullmatch(text) or not re.search("[0-9]", text):
        return text
    return bytes.fromhex(text[: len(text) // 2 * 2]).decode(errors="replace") + LOST * (len(text) % 2)
