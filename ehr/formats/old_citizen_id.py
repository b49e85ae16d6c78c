"""CMND, the identity card before 2016: nine digits. Evidence of who somebody is, never a key.

Some of the last had 12 digits; these are personal numbers (Circular 57/2013/TT-BCA), and read as such.
"""

from ehr.formats.digits import digits_of
from ehr.formats.scanned import Fields, Kind, Number, Scanned
from ehr.systems import OLD_CITIZEN_ID


def read_old_citizen_id(text: str) -> Scanned | None:
    """The number alone."""
    digits, warnings = digits_of(text)
    if len(digits) != 9:
        return None
    fields = Fields(numbers=(Number(OLD_CITIZEN_ID, digits),))
    return Scanned((Kind.OLD_CITIZEN_ID,), fields, warnings=warnings)
