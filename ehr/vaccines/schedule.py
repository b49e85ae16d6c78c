"""The national schedule and the vaccines that are known, from a data file that names its sources.

An aid for whoever looks at a chart: nobody has verified it clinically.
"""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

MONTH: Final = 28
"""Days that `one month` between two doses means (Circular 10/2024/TT-BYT). What is due for longer is called
overdue; that is our choice (decision 20)."""


class Dose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One dose against one antigen.

    number: 1, 2, 3 …; 0 for the one at birth. months: age from which it is due; after_days: so long after the
    dose before it, too. least_days: age from which it counts; least_after_days: so long after the dose before
    it. window_days: overdue when it is due for longer. until_months: age at which the group ends that the
    schedule speaks of. over_months: age from which it is not given any more; None where no source says so.
    """

    number: int
    months: int
    least_days: int
    until_months: int
    after_days: int = 0
    least_after_days: int | None = None
    window_days: int = MONTH
    over_months: int | None = None

    @property
    def least_after(self) -> int:
        """Days after the dose before it from which it counts."""
        return self.after_days if self.least_after_days is None else self.least_after_days


class Antigen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a vaccine protects from. doses: in order."""

    key: str
    doses: tuple[Dose, ...]


class Vaccine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """antigens: of the schedule; none for a vaccine that the schedule does not know, or not for everybody.

    atc, cvx: its codes. names: how it is written where no code is.
    """

    key: str
    antigens: tuple[str, ...]
    atc: tuple[str, ...] = ()
    cvx: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The data file. circulars: numbers of those of the Ministry of Health that it follows. version: the day
    of its last change. sources: of each part of it."""

    circulars: tuple[str, ...]
    version: str
    sources: dict[str, str]
    antigens: tuple[Antigen, ...]
    vaccines: tuple[Vaccine, ...]

    @property
    def numbers(self) -> list[int]:
        """Of all doses, each once."""
        return sorted({dose.number for antigen in self.antigens for dose in antigen.doses})


@cache
def schedule() -> Schedule:
    """Raises msgspec.ValidationError for a file that is no schedule."""
    return msgspec.json.decode(Path(__file__).with_name("schedule.json").read_bytes(), type=Schedule)
