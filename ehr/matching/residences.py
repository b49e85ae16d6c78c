"""Where people live, as it is compared: by codes, before and after the merger of 1 July 2025."""

from collections.abc import Collection
from typing import Final, Protocol

from ehr.formats.scanned import Private

SAME: Final = "same"
MERGED: Final = "merged"
PROVINCE: Final = "province"
DIFFERENT: Final = "different"

LEVELS: Final = (SAME, MERGED, PROVINCE, DIFFERENT)
"""From full agreement down. same: a commune of one list. merged: one became, wholly or in part, the other.
province: another commune of one of the 34 provinces. different: another province."""


class Units(Protocol):
    """What is known of communes and provinces before the merger."""

    def communes(self, former: str) -> Collection[str]:
        """Today's communes that a former one became, one or several; none where it is not known."""
        ...

    def province(self, former: str) -> str | None:
        """Today's province that a former one became."""
        ...

    def is_former_commune(self, code: str) -> bool:
        """Whether a code is of the list before the merger alone, whatever date it has or lacks."""
        ...

    def is_former_province(self, code: str) -> bool:
        """The same of a province's."""
        ...


class _NothingKnown:
    """Of a former commune its own code alone: today's communes keep the code of one of their parts."""

    def communes(self, former: str) -> Collection[str]:
        return (former,)

    def province(self, former: str) -> str | None:  # noqa: ARG002 - a former code may be another's today
        return None

    def is_former_commune(self, code: str) -> bool:  # noqa: ARG002
        return False

    def is_former_province(self, code: str) -> bool:  # noqa: ARG002
        return False


NOTHING_KNOWN: Final[Units] = _NothingKnown()


class Residence(Private, frozen=True):
    """stated: codes with the list they are of. today: today's communes that they are or became.

    provinces: today's. A person may have several residences; those given up count too.
    """

    stated: frozenset[tuple[bool, str]]
    today: frozenset[str]
    provinces: frozenset[str]


def agreement(one: Residence, other: Residence) -> str | None:
    """The level of two people's residences; None where one of them has none."""
    if one.stated and other.stated:
        if not one.stated.isdisjoint(other.stated):
            return SAME
        if not one.today.isdisjoint(other.today):
            return MERGED
    if not (one.provinces and other.provinces):
        return None
    if not one.provinces.isdisjoint(other.provinces):
        return PROVINCE
    return DIFFERENT
