"""The number of a birth paper (giấy chứng sinh): ``00012.GCS.45901.26``.

Number within the year (5), GCS, facility (5), year (2): Circular 22/2025/TT-BYT.
"""

import re

from ehr.formats.digits import as_digits, compact
from ehr.formats.scanned import Fields, Kind, Number, Private, Scanned
from ehr.formats.warning_codes import WarningCode
from ehr.systems import BIRTH_PAPER

_SHAPE = re.compile("([0-9OIL]{5})GCS([0-9A-Z]{5})([0-9OIL]{2})")


class BirthPaper(Private, frozen=True):
    """serial, facility: five characters. year: its last two digits."""

    serial: str
    facility: str
    year: str

    @property
    def number(self) -> str:
        """As it is printed, 18 characters."""
        return f"{self.serial}.GCS.{self.facility}.{self.year}"


def birth_paper(text: str) -> BirthPaper | None:
    """With or without dots, in any case, with letters that look like digits; None for anything else."""
    found = _SHAPE.fullmatch(compact(text).upper())
    if found is None:
        return None
    serial, facility, year = found.groups()
    return BirthPaper(as_digits(serial.lower()), facility, as_digits(year.lower()))


def read_birth_paper(text: str) -> Scanned | None:
    """The number alone."""
    paper = birth_paper(text)
    if paper is None:
        return None
    typed = compact(text).upper()
    changed = typed[:5] != paper.serial or typed[-2:] != paper.year
    warnings = (WarningCode.LETTER_FOR_DIGIT,) if changed else ()
    fields = Fields(numbers=(Number(BIRTH_PAPER, paper.number),))
    return Scanned((Kind.BIRTH_PAPER,), fields, warnings=warnings)
