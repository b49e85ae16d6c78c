"""Identifiers of the person in the banner: which, in what order, and how much of each."""

from collections.abc import Iterable
from typing import NamedTuple

from ehr.masking import mask
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID, PASSPORT_NUMBER, PATIENT_NUMBER
from projections.health_record.kinds import Numbered

_KNOWN = {
    NATIONAL_ID: "national",
    OLD_CITIZEN_ID: "former",
    INSURANCE_NUMBER: "insurance",
    PASSPORT_NUMBER: "passport",
    PATIENT_NUMBER: "facility",
}

_TYPES = {"NI": "national", "SB": "insurance", "PPN": "passport", "MR": "facility", "PI": "facility"}
"""Types of http://terminology.hl7.org/CodeSystem/v2-0203, where the system is not known."""

_ORDER = ("national", "insurance", "passport", "former", "facility", "other")
_IN_BANNER = ("national", "insurance")
_SECRET = {"NI", "SB", "PPN", "SS", "DL", "TAX"}


class ShownNumber(NamedTuple):
    """kind: names the label among the messages; label: as the facility calls it, for other kinds.

    masked: the middle hidden, so that a glance at the screen does not give it away.
    """

    kind: str
    label: str | None
    value: str
    masked: str
    system: str | None
    old: bool


def numbers_of(identifiers: Iterable[Numbered]) -> list[ShownNumber]:
    """Every identifier, the personal number first."""
    return sorted(map(_shown, identifiers), key=lambda one: (one.old, _ORDER.index(one.kind)))


def in_banner(numbers: Iterable[ShownNumber]) -> list[ShownNumber]:
    """The numbers by which people are told apart; any current one where there are none of these."""
    current = [one for one in numbers if not one.old]
    return [one for one in current if one.kind in _IN_BANNER] or current[:1]


def _shown(number: Numbered) -> ShownNumber:
    kind = _KNOWN.get(number.system or "") or _TYPES.get(number.type or "", "other")
    secret = kind in ("national", "former", "insurance", "passport") or number.type in _SECRET
    masked = mask(number.value) if secret else number.value
    return ShownNumber(kind, number.label, number.value, masked, number.system, number.use == "old")
