"""Telephone numbers of Vietnam, in the form in which they are dialled within the country.

Mobile numbers have ten digits and begin with 03, 05, 07, 08 or 09; landlines eleven and begin with 02
(Circular 22/2014/TT-BTTTT). On 15 September 2018 the mobile prefixes of four digits became such of three
(Decision 798/QĐ-BTTTT of 2018).
"""

import re
from types import MappingProxyType

from ehr.formats.scanned import Fields, Kind, Private, Scanned
from ehr.formats.warning_codes import WarningCode
from ehr.names import plain

OLD_PREFIXES = MappingProxyType(
    {
        **{f"016{last}": f"03{last}" for last in "23456789"},  # Viettel
        "0120": "070",
        "0121": "079",
        "0122": "077",
        "0126": "076",
        "0128": "078",  # MobiFone
        "0123": "083",
        "0124": "084",
        "0125": "085",
        "0127": "081",
        "0129": "082",  # VinaPhone
        "0186": "056",
        "0188": "058",
        "0199": "059",  # Vietnamobile, Gmobile
    }
)
"""What each prefix of four digits became; the seven digits after it stayed."""

_PARTING = re.compile(r"[\s.\-()/]+")
_COUNTRY = re.compile(r"(?:\+84|0084|84(?=[1235789]))0?(?=[1-9])")
_MOBILE = re.compile("0[35789][0-9]{8}")
_OLD_MOBILE = re.compile("01[0-9]{9}")
_LANDLINE = re.compile("02[0-9]{9}")
_IN_NO_PLAN = re.compile(r"(?:\+84|0084|84|0)([0-9]{8,10})")
_FOREIGN = re.compile(r"\+(?!84)[1-9][0-9]{7,14}")


class Telephone(Private, frozen=True):
    """number: ``0912345678``, ``02333852123``; of another country ``+15551234567``. mobile: whether it is
    one. old: whether it was given with a prefix of before 2018."""

    number: str
    mobile: bool = False
    old: bool = False


def telephone(text: str) -> Telephone | None:
    """None for what is no telephone number; 12 digits without a plus are a personal number.

    Landlines with an area code of before 2017 are not known: with ten digits they look like mobile numbers.
    """
    number = _PARTING.sub("", plain(text))
    if re.fullmatch("[0-9]{12}", number):
        return None
    number = _COUNTRY.sub("0", number, count=1) if _COUNTRY.match(number) else number
    if _OLD_MOBILE.fullmatch(number) and number[:4] in OLD_PREFIXES:
        return Telephone(OLD_PREFIXES[number[:4]] + number[4:], mobile=True, old=True)
    if _MOBILE.fullmatch(number):
        return Telephone(number, mobile=True)
    known = _LANDLINE.fullmatch(number) or _FOREIGN.fullmatch(number)
    return Telephone(number) if known else None


def telephone_key(text: str) -> str | None:
    """What the ways of writing a number share: in Vietnam with its leading 0, of another country its digits.

    Of a mobile number of before 2018 it is that of today. Digits that are a number in no plan count as they
    are; what has fewer than six, or is no number, has none.
    """
    if known := telephone(text):
        return known.number.lstrip("+")
    number = _PARTING.sub("", plain(text))
    if national := _IN_NO_PLAN.fullmatch(number):
        return f"0{national[1]}"
    return number.lstrip("+") if re.fullmatch(r"\+[0-9]{8,15}|[0-9]{6,11}", number) else None


def read_telephone(text: str) -> Scanned | None:
    """The number alone. A mobile number of nine digits has lost its first 0, as in spreadsheets."""
    found, warnings = telephone(text), []
    if found is None and re.fullmatch("[35789][0-9]{8}", _PARTING.sub("", plain(text))):
        found, warnings = telephone(f"0{plain(text).strip()}"), [WarningCode.ZERO_MISSING]
    if found is None:
        return None
    if found.old:
        warnings.append(WarningCode.OLD_TELEPHONE)
    return Scanned((Kind.TELEPHONE,), Fields(telephone=found.number), warnings=tuple(warnings))
