"""Dates and numbers as they are read in Vietnam."""

import re
from datetime import datetime

from ehr.dates import ZONE, span

_HAS_TIME = "T"

_LEADING = re.compile(r"((?:^|; | · |/ |–)(?:[<>=≤≥]+ )?[0-9]+)\.(?=[0-9])")
"""The point of a number with which a part of a text begins that was put together of amounts."""


def date_text(text: str | None) -> str:
    """A FHIR date as dd/mm/yyyy, a partial one as it is: ``05/1990``, ``1990``. A time of day is left out."""
    if not text:
        return ""
    if _HAS_TIME in text:
        meant = span(text)
        return _local(meant.start).strftime("%d/%m/%Y") if meant else text
    return "/".join(reversed(text.split("-")))


def moment_text(moment: str | datetime | None) -> str:
    """A FHIR dateTime or a moment in Vietnamese time, ``dd/mm/yyyy HH:MM``; partial texts as dates."""
    if not moment:
        return ""
    if isinstance(moment, datetime):
        return _local(moment).strftime("%d/%m/%Y %H:%M")
    meant = span(moment) if _HAS_TIME in moment else None
    return _local(meant.start).strftime("%d/%m/%Y %H:%M") if meant else date_text(moment)


def number_text(number: int, language: str) -> str:
    """Grouped by thousands: ``1.234.567`` in Vietnamese, ``1,234,567`` in English."""
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if language == "vi" else grouped


def digits_text(digits: str, language: str) -> str:
    """A number in the digits that were stated, never grouped: ``7,10`` in Vietnamese, where a point groups
    thousands; ``7.10`` in English."""
    return digits.replace(".", ",") if language == "vi" else digits


def amounts_text(text: str, language: str) -> str:
    """Words that were put together of amounts, ``2.5 mg · 2 × / 1 d``, with their numbers as ``digits_text``
    tells them. What follows a number, such as its unit, stays as it is."""
    return _LEADING.sub(r"\1,", text) if language == "vi" else text


def tenths_text(number: float, language: str) -> str:
    """With one digit: ``43,2`` in Vietnamese, ``43.2`` in English."""
    text = f"{number:.1f}"
    return text.replace(".", ",") if language == "vi" else text


def percent_text(share: float, language: str) -> str:
    """Of a share from 0 to 1, with one digit: ``43,2 %`` in Vietnamese, ``43.2%`` in English."""
    text = tenths_text(100 * share, language)
    return f"{text} %" if language == "vi" else f"{text}%"


def bytes_text(number: int, language: str) -> str:
    """In the largest unit of which there is at least one: ``1,5 GB``."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if number >= 1000**power:
            return f"{tenths_text(number / 1000**power, language)} {unit}"
    return f"{number} B"


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)
