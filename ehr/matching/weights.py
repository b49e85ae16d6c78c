"""What agreement weighs: m and u of every level of every field, and thresholds, from a data file.

Fellegi and Sunter, A Theory for Record Linkage, JASA 64 (1969): a level that m of all pairs of one person
show, and u of all pairs of strangers, weighs log2(m/u) bits.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from math import log2
from pathlib import Path
from typing import Final

import msgspec

from ehr.evidence import ENDED, OBTAINED
from ehr.matching import births, names, residences
from ehr.matching.numbers import INSURANCE, OLD_CARD, PAPER, PASSPORT, PERSONAL, TEMPORARY

RULES: Final = "3"
"""To be raised when the same people with the same weights would be judged otherwise."""

FILE: Final = Path(__file__).with_name("weights.json")

SAME: Final = "same"
NEAR: Final = "near"
DIFFERENT: Final = "different"
BOTH_CAPTURED: Final = "different_captured"

SHARED: Final = frozenset({SAME, ENDED, *OBTAINED})
"""What is said of a number in common, instead of ``same`` where it can be the key to a person: how far it is
to be trusted, or that it is out of use in one of the two. Weighs as ``same``."""

LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": names.LEVELS,
    "birth": births.LEVELS,
    "sex": (SAME, DIFFERENT),
    "residence": residences.LEVELS,
    "telephone": (SAME, DIFFERENT),
    "mother": (SAME, NEAR, DIFFERENT),
    PERSONAL: (SAME, NEAR, DIFFERENT, BOTH_CAPTURED),
    INSURANCE: (SAME, NEAR, DIFFERENT, BOTH_CAPTURED),
    PASSPORT: (SAME, DIFFERENT),
    OLD_CARD: (SAME, NEAR, DIFFERENT),
    PAPER: (SAME, DIFFERENT),
    TEMPORARY: (SAME, DIFFERENT),
}
"""Levels of each field, from full agreement down. Of numbers: near, one digit differs or two neighbours are
exchanged; different_captured, they differ and neither was typed."""


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """m: share of one person's pairs, u: of strangers' pairs, that show the level; above 0."""

    m: float
    u: float


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data file. source: what it was made by. Thresholds are bits. surname, given: the chance that two
    strangers share one."""

    source: str
    propose: float
    probable: float
    possible: float
    surname: float
    given: float
    fields: dict[str, dict[str, Level]]


class Weights:
    """Bits of each level. A level never weighs more than a better one of its field.

    version: of the rules, and of what the data file says.
    """

    def __init__(self, stated: Stated) -> None:
        self.stated = stated
        self.version = f"{RULES}-{blake2b(msgspec.json.encode(stated), digest_size=4).hexdigest()}"
        self.bits = {
            field: _descending([stated.fields[field][level] for level in levels], levels)
            for field, levels in LEVELS.items()
        }


@cache
def load_weights(file: Path = FILE) -> Weights:
    """From the data file. Raises msgspec.ValidationError, KeyError for a level that it lacks."""
    return Weights(msgspec.json.decode(file.read_bytes(), type=Stated))


def _descending(measured: list[Level], levels: tuple[str, ...]) -> dict[str, float]:
    """log2(m/u), each at most the one before it."""
    bits: dict[str, float] = {}
    most = float("inf")
    for name, level in zip(levels, measured, strict=True):
        most = min(most, log2(level.m / level.u))
        bits[name] = most
    return bits
