"""The machine-readable zone of an identity card: three lines of 30 (TD1, ICAO 9303-5), with check digits
(ICAO 9303-3, 4.9).

On cards of Viet Nam the document number is the last nine digits of the personal number, and the optional data
of the first line is the whole of it, with ``<<`` and a check digit of its own: on public samples all of these
hold. Names are in capital letters without accents (and cut after 30), so they never replace a written one.
"""

import re

from ehr.formats.bars import dated
from ehr.formats.digits import as_digits
from ehr.formats.personal_number import PersonalNumber
from ehr.formats.scanned import Extra, Fields, Kind, Number, Private, Scanned, Spelling, each_once
from ehr.formats.warning_codes import WarningCode
from ehr.systems import NATIONAL_ID

LINE = 30
VIET_NAM = "VNM"

_VALUES = {c: place for place, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_LIKE_ONE = re.compile(f"I[A-Z<][A-Z]{{3}}[0-9A-Z<]{{{LINE - 5},}}")
_SEX = {"M": "male", "F": "female"}


class Zone(Private, frozen=True):
    """lines: three of 30 characters A-Z, 0-9, <."""

    lines: tuple[str, str, str]

    @property
    def issuer(self) -> str:
        """The state, in three letters."""
        return self.lines[0][2:5]

    @property
    def personal_number(self) -> str:
        """The optional data of the first line, without filler and check digit."""
        return self.lines[0][15:27]

    @property
    def wrong(self) -> tuple[WarningCode, ...]:
        """The check digits that do not hold, each by what it covers."""
        first, second, _ = self.lines
        composite = first[5:30] + second[:7] + second[8:15] + second[18:29]
        checks = {
            WarningCode.MRZ_DOCUMENT_NUMBER: (first[5:14], first[14]),
            WarningCode.MRZ_PERSONAL_NUMBER: (first[15:29], first[29]),
            WarningCode.MRZ_BIRTH_DATE: (second[:6], second[6]),
            WarningCode.MRZ_EXPIRY: (second[8:14], second[14]),
            WarningCode.MRZ_COMPOSITE: (composite, second[29]),
        }
        if self.issuer != VIET_NAM:
            del checks[WarningCode.MRZ_PERSONAL_NUMBER]
        return tuple(code for code, (text, digit) in checks.items() if check_digit(text) != digit)


def check_digit(text: str) -> str:
    """ICAO 9303-3, 4.9: weights 7, 3, 1; letters count from 10, the filler is 0."""
    return str(sum(_VALUES[character] * (7, 3, 1)[place % 3] for place, character in enumerate(text)) % 10)


def zone(text: str) -> Zone | None:
    """From three lines or one, in any case; None for what is not 90 characters that can stand in it."""
    compact = re.sub(r"\s+", "", text).upper()
    if not re.fullmatch(f"[0-9A-Z<]{{{3 * LINE}}}", compact):
        return None
    return Zone((_first_line(compact[:LINE]), _second_line(compact[LINE : 2 * LINE]), compact[2 * LINE :]))


def read_machine_readable(text: str) -> Scanned | None:
    """None for what does not look like the zone of an identity card."""
    compact = re.sub(r"\s+", "", text).upper()
    if not _LIKE_ONE.fullmatch(compact) or "<<" not in compact:
        return None
    found = zone(text)
    if found is None:
        return Scanned((Kind.MACHINE_READABLE_ZONE,), warnings=(WarningCode.INCOMPLETE,))
    read = _of_viet_nam(found) if found.issuer == VIET_NAM else _of_another_state(found)
    letters = "".join(found.lines) != compact
    return read.warned(*[WarningCode.LETTER_FOR_DIGIT] * letters)


def _first_line(line: str) -> str:
    """With digits where only these can stand: on cards of Viet Nam, all after the state."""
    return line[:5] + as_digits(line[5:]) if line[2:5] == VIET_NAM else line


def _second_line(line: str) -> str:
    """With digits where only these can stand."""
    return as_digits(line[:7]) + line[7] + as_digits(line[8:15]) + line[15:29] + as_digits(line[29])


def _of_viet_nam(zone: Zone) -> Scanned:
    wrong = zone.wrong
    number = zone.personal_number
    right = WarningCode.MRZ_PERSONAL_NUMBER not in wrong and re.fullmatch("[0-9]{12}", number)
    codes = list(wrong)
    if right and WarningCode.MRZ_DOCUMENT_NUMBER not in wrong and zone.lines[0][5:14] != number[3:]:
        codes.append(WarningCode.MRZ_NUMBERS_DIFFER)
    if not right:
        codes.append(WarningCode.MRZ_PERSONAL_NUMBER)
    known = PersonalNumber(number) if right else None
    numbers = (Number(NATIONAL_ID, number),) if right else ()
    extra = () if right else (Extra("personal number", number),)
    return _filled(zone, numbers, known, codes, extra)


def _of_another_state(zone: Zone) -> Scanned:
    kept = (Extra("document number", zone.lines[0][5:14].rstrip("<")),)
    return _filled(zone, (), None, [*zone.wrong, WarningCode.FOREIGN_CARD], kept)


def _filled(
    zone: Zone,
    numbers: tuple[Number, ...],
    known: PersonalNumber | None,
    codes: list[WarningCode],
    extra: tuple[Extra, ...],
) -> Scanned:
    second = zone.lines[1]
    sex, (name, more) = _SEX.get(second[7]), _name(zone.lines[2])
    codes = [*codes, *more] + ([] if sex or second[7] == "<" else [WarningCode.SEX_UNREADABLE])
    birth = expiry = None
    if WarningCode.MRZ_BIRTH_DATE not in codes:
        birth, more = _birth(second[:6], known)
        codes += more
        extra += () if birth else (Extra("birth date", second[:6]),)
    if WarningCode.MRZ_EXPIRY not in codes:
        expiry, more = dated(_day(second[8:14], "20"))
        codes += more
    codes += known.warnings(sex, birth) if known else ()
    fields = Fields(
        numbers=numbers, name=name, spelling=Spelling.UNACCENTED, birth=birth, sex=sex, valid_until=expiry
    )
    return Scanned((Kind.MACHINE_READABLE_ZONE,), fields, "td1", extra, each_once(*codes))


def _birth(text: str, known: PersonalNumber | None) -> tuple[str | None, tuple[WarningCode, ...]]:
    """The zone has two digits of the year: the personal number tells the century, or nothing does."""
    if known is None:
        return None, (WarningCode.CENTURY_UNKNOWN,)
    if text[:2] != f"{known.birth_year % 100:02d}":
        return None, (WarningCode.CENTURY_UNKNOWN, WarningCode.BIRTH_YEAR_DIFFERS)
    return dated(_day(text, str(known.birth_year // 100)), WarningCode.BIRTH_DATE_UNREADABLE)


def _day(text: str, century: str) -> str:
    """yymmdd as ddmmyyyy; what is not known is 00 or filler."""
    text = text.replace("<", "0")
    return f"{text[4:]}{text[2:4]}{century}{text[:2]}"


def _name(line: str) -> tuple[str | None, tuple[WarningCode, ...]]:
    name = " ".join(line.replace("<", " ").split())
    cut = [WarningCode.NAME_CUT] * (not line.endswith("<"))
    if not name:
        return None, (WarningCode.NAME_MISSING,)
    return name, (WarningCode.NAME_UNACCENTED, *cut)
