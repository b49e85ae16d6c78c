"""The QR code of the cards CCCD (2021) and căn cước (2024).

``personal number|CMND|name|birth date|sex|address|date of issue``, dates as ddmmyyyy, the birth date also as
mmyyyy or yyyy. The code is neither encrypted nor signed: it saves typing and proves nothing.

What the card of 2024 adds (names of the parents, a cancelled number: Circular 16/2024/TT-BCA) stands in an
order that is published nowhere. With more than seven fields the first seven are taken for what they are on
the older card only if each has the form for it; all others are kept as they came.
"""

import re

from ehr.addresses import in_one_line
from ehr.formats.bars import SEXES, dated, named, parted
from ehr.formats.digits import digits_of
from ehr.formats.personal_number import PersonalNumber
from ehr.formats.scanned import Extra, Fields, Kind, Number, Scanned, Spelling, each_once
from ehr.formats.warning_codes import WarningCode
from ehr.systems import CANCELLED_NATIONAL_ID, NATIONAL_ID, OLD_CITIZEN_ID

FIELDS = 7
"""Those of the card of 2021."""

_LOST_SEX = re.compile(r"n(?:u|ư|ũ|[^\w]{1,3}|u[^\w])")
_TYPED_SEX = re.compile("nu(?:wx|xw|74|47)")
"""What is left of "nữ" without its marks, and what Telex and VNI have for it."""

_RUN_TOGETHER = re.compile("((?:[0-9]{2}){0,2}[0-9]{4})([0-9]{12})")
_NUMBER_LAST = re.compile("(?<![0-9])[0-9]{12}$")


def read_citizen_card(text: str) -> Scanned | None:
    """None when the first field is no personal number."""
    fields, warnings = parted(text)
    number, found = _first_number(fields[0])
    if number is None or len(fields) < 2:
        return None
    first, more = _one_card([number.digits, *fields[1:]])
    return _read(number, first).warned(*warnings, *found, *more)


def _first_number(text: str) -> tuple[PersonalNumber | None, tuple[WarningCode, ...]]:
    digits, warnings = digits_of(text)
    if len(digits) == 12:
        return PersonalNumber(digits), warnings
    last = _NUMBER_LAST.search(text)
    return (PersonalNumber(last[0]), (WarningCode.TEXT_BEFORE,)) if last else (None, ())


def _one_card(fields: list[str]) -> tuple[list[str], tuple[WarningCode, ...]]:
    """The first of two cards that were scanned without an Enter between them."""
    joint = _RUN_TOGETHER.fullmatch(fields[FIELDS - 1]) if len(fields) > FIELDS else None
    if joint is None:
        return fields, ()
    first = [*fields[: FIELDS - 1], joint[1]]
    same = [joint[2], *fields[FIELDS:]] == first
    return first, (WarningCode.SCANNED_TWICE if same else WarningCode.TWO_CARDS,)


def _read(number: PersonalNumber, fields: list[str]) -> Scanned:
    layout = f"citizen-card/{len(fields)}"
    if len(fields) > FIELDS and not _has_known_form(fields):
        extra = tuple(Extra(str(place), text) for place, text in enumerate(fields[1:], 2) if text)
        known = Fields(numbers=(Number(NATIONAL_ID, number.digits),))
        codes = each_once(WarningCode.UNKNOWN_LAYOUT, *number.warnings())
        return Scanned((Kind.CITIZEN_CARD,), known, layout, extra, codes)
    scanned = _filled(number, [*fields, *[""] * FIELDS][:FIELDS])
    extra = tuple(Extra(str(place), text) for place, text in enumerate(fields[FIELDS:], FIELDS + 1) if text)
    more = [WarningCode.INCOMPLETE] if len(fields) < FIELDS else []
    more += [WarningCode.UNKNOWN_FIELDS] if extra else []
    return Scanned(scanned.kinds, scanned.fields, layout, extra, scanned.warnings).warned(*more)


def _has_known_form(fields: list[str]) -> bool:
    old, name, birth, sex, _, issued = fields[1:FIELDS]
    return (
        (not old or len(digits_of(old)[0]) in (9, 12))
        and bool(name)
        and not dated(birth).warnings
        and _sex(sex)[0] is not None
        and not dated(issued).warnings
    )


def _filled(number: PersonalNumber, fields: list[str]) -> Scanned:
    _, old, name, birth, sex, address, issued = fields
    known_sex, sex_warnings = _sex(sex)
    said_name, said_birth = named(name, address), dated(birth, WarningCode.BIRTH_DATE_UNREADABLE)
    said_issued, (old_number, old_warnings) = dated(issued), _former_number(old, number)
    filled = Fields(
        numbers=(Number(NATIONAL_ID, number.digits), *old_number),
        name=said_name.value,
        spelling=Spelling.DAMAGED if known_sex and sex_warnings else said_name.spelling,
        birth=said_birth.value,
        sex=known_sex,
        address=in_one_line(address),
        issued=said_issued.value,
    )
    codes = [*said_name.warnings, *said_birth.warnings, *sex_warnings, *said_issued.warnings, *old_warnings]
    codes += number.warnings(known_sex, said_birth.value)
    return Scanned((Kind.CITIZEN_CARD,), filled, warnings=each_once(*codes))


def _sex(text: str) -> tuple[str | None, tuple[WarningCode, ...]]:
    text = text.lower()
    if text in SEXES:
        return SEXES[text], ()
    if _TYPED_SEX.fullmatch(text):
        return "female", (WarningCode.TYPING_MODE_ON,)
    if _LOST_SEX.fullmatch(text):
        return "female", (WarningCode.ACCENTS_LOST,)
    return None, (WarningCode.SEX_UNREADABLE,)


def _former_number(text: str, number: PersonalNumber) -> tuple[tuple[Number, ...], tuple[WarningCode, ...]]:
    """Nine digits are a CMND. Twelve are a personal number that was cancelled, unless it is that of the card,
    which a CMND of twelve digits had already."""
    digits, warnings = digits_of(text)
    if len(digits) == 9:
        return (Number(OLD_CITIZEN_ID, digits),), warnings
    if len(digits) == 12:
        return (Number(CANCELLED_NATIONAL_ID, digits),) if digits != number.digits else (), warnings
    return (), (WarningCode.NUMBER_UNREADABLE,) if text else ()
