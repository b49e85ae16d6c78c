"""The personal number (số định danh cá nhân): the 12 digits of the cards CCCD and căn cước.

Birthplace (3), century and sex (1), year of birth (2), and six digits without meaning: Decree 137/2015/NĐ-CP,
art. 13. It has no check digit. The birthplaces are the 63 provinces before 1 July 2025, which were not
renumbered; what does not begin with 0 is a country.
"""

import csv
from functools import cache
from pathlib import Path

from ehr.formats.digits import digits_of
from ehr.formats.scanned import Fields, Kind, Number, Private, Scanned, each_once
from ehr.formats.warning_codes import WarningCode
from ehr.systems import NATIONAL_ID

_LAST_CENTURY = 3
"""The last century digit of those who can have been born: from 4 on it means 2100 and later."""


class PersonalNumber(Private, frozen=True):
    """digits: 12 of them."""

    digits: str

    @property
    def birthplace(self) -> str:
        """Three digits: ``045``."""
        return self.digits[:3]

    @property
    def province(self) -> str | None:
        """The birthplace's name before 1 July 2025; None for another country, and for no such code."""
        return birthplaces().get(self.birthplace)

    @property
    def sex(self) -> str:
        """As Patient.gender: even for men, odd for women."""
        return "female" if int(self.digits[3]) % 2 else "male"

    @property
    def birth_year(self) -> int:
        """Four digits: 0 and 1 stand for 1900 to 1999, and so on."""
        return 1900 + int(self.digits[3]) // 2 * 100 + int(self.digits[4:6])

    def warnings(self, sex: str | None = None, birth: str | None = None) -> tuple[WarningCode, ...]:
        """What does not fit: in itself, with a stated sex (Patient.gender), with a birth date (FHIR, perhaps
        partial). Warnings only: numbers outlive corrections of sex and birth year (Decree 70/2024/NĐ-CP,
        art. 11)."""
        found = {
            WarningCode.BIRTHPLACE_UNKNOWN: self.digits[0] == "0" and self.province is None,
            WarningCode.BIRTH_YEAR_IMPOSSIBLE: int(self.digits[3]) > _LAST_CENTURY,
            WarningCode.SEX_DIFFERS: sex in ("male", "female") and sex != self.sex,
            WarningCode.BIRTH_YEAR_DIFFERS: bool(birth) and (birth or "")[:4] != str(self.birth_year),
        }
        return tuple(code for code, so in found.items() if so)


def personal_number(text: str) -> PersonalNumber | None:
    """None for what is not 12 digits (blanks, dots and hyphens between them do not count)."""
    digits, _ = digits_of(text)
    return PersonalNumber(digits) if len(digits) == 12 else None


def read_personal_number(text: str) -> Scanned | None:
    """The number alone. With 11 digits it has lost its first 0, as in spreadsheets; with 24 it is two."""
    digits, warnings = digits_of(text)
    if len(digits) == 11 and digits[0] != "0" and not PersonalNumber(f"0{digits}").warnings():
        digits, warnings = f"0{digits}", (WarningCode.ZERO_MISSING, *warnings)
    if len(digits) == 24:
        same = digits[:12] == digits[12:]
        warnings = (WarningCode.SCANNED_TWICE if same else WarningCode.TWO_CARDS, *warnings)
        digits = digits[:12]
    if len(digits) != 12:
        return None
    warnings = each_once(*warnings, *PersonalNumber(digits).warnings())
    fields = Fields(numbers=(Number(NATIONAL_ID, digits),))
    return Scanned((Kind.PERSONAL_NUMBER,), fields, warnings=warnings)


@cache
def birthplaces() -> dict[str, str]:
    """Code → name of the 63 provinces before 1 July 2025 (Circular 07/2016/TT-BCA, annex)."""
    with Path(__file__).with_name("birthplaces.csv").open(newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}
