"""Days as they are written on cards and by people, as FHIR dates: exact, or only a month or a year."""

import re
from datetime import date

_YEAR = "((?:18|19|20|21)[0-9][0-9])"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        f"(?P<d>[0-9]{{1,2}})[/.-](?P<m>[0-9]{{1,2}})[/.-](?P<y>{_YEAR})",
        f"(?P<d>)(?P<m>[0-9]{{1,2}})[/.-](?P<y>{_YEAR})",
        f"(?P<d>[0-9]{{2}})(?P<m>[0-9]{{2}})(?P<y>{_YEAR})",
        f"(?P<d>)(?P<m>[0-9]{{2}})(?P<y>{_YEAR})",
        f"(?P<d>)(?P<m>)(?P<y>{_YEAR})",
        f"(?P<y>{_YEAR})-(?P<m>[0-9]{{2}})(?:-(?P<d>[0-9]{{2}}))?",
    )
)


def read_date(text: str) -> str | None:
    """``15051990``, ``15/5/1990``, ``1990-05-15`` as ``1990-05-15``; ``051990``, ``5/1990`` as ``1990-05``;
    ``1990``. None for what is no day of the calendar.

    A day or month of 00 is not known. Years from 1800 to 2199.
    """
    return next((_date(found) for shape in _SHAPES if (found := shape.fullmatch(text))), None)


def year_of(text: str) -> str | None:
    """The year of what is written as a date, though perhaps of no day of the calendar (31/02/1990)."""
    return next((found["y"] for shape in _SHAPES if (found := shape.fullmatch(text))), None)


def _date(found: re.Match[str]) -> str | None:
    parts = [found["y"], (found["m"] or "").zfill(2), (found["d"] or "").zfill(2)]
    known = parts[: parts.index("00")] if "00" in parts else parts
    try:
        date(*(int(part) for part in (*known, "01", "01")[:3]))
    except ValueError:
        return None
    return "-".join(known)
