"""What two people's numbers say: whether one is shared, and whether it may link."""

from collections.abc import Mapping, Sequence
from typing import Final

from ehr.matching.captured import TYPED
from ehr.matching.numbers import KEYS, PERSONAL, Number
from ehr.matching.person import Person
from ehr.matching.spelling import nearly
from ehr.matching.weights import BOTH_CAPTURED, DIFFERENT, LEVELS, NEAR, SAME

AUTOMATIC: Final = "automatic"
ASKED: Final = "asked"

_Numbers = Sequence[Number]


def level_of(kind: str, some: _Numbers, others: _Numbers) -> str | None:
    """The level of two people's numbers of one kind; None where one of them has none.

    A shared number counts also after it ended; that numbers differ counts only of those in use.
    """
    if _share(some, others):
        return SAME
    some, others = _in_use(some), _in_use(others)
    if not (some and others):
        return None
    levels = LEVELS[kind]
    if BOTH_CAPTURED in levels and _captured(some) and _captured(others):
        return BOTH_CAPTURED
    near = NEAR in levels and any(nearly(one.value, other.value) for one in some for other in others)
    return NEAR if near else DIFFERENT


def shared_key(one: Person, other: Person, levels: Mapping[str, str]) -> str | None:
    """AUTOMATIC, ASKED or None: what follows from shared numbers that belong to one person.

    levels: of the fields that both have. An ended number is evidence only.

    Automatic: neither side is merely typed, folded name, sex and birth year agree, neither is a newborn or
    unknown patient, and their personal numbers, if both were captured, are no others.
    """
    pairs = [pair for kind in KEYS if levels.get(kind) == SAME for pair in _pairs(kind, one, other)]
    if not pairs:
        return None
    linking = any(some.captured != TYPED and others.captured != TYPED for some, others in pairs)
    doubtful = one.temporary or other.temporary or levels.get(PERSONAL) == BOTH_CAPTURED
    return AUTOMATIC if linking and not doubtful and _agree(one, other) else ASKED


def _pairs(kind: str, one: Person, other: Person) -> list[tuple[Number, Number]]:
    some, others = _in_use(one.numbers[kind]), _in_use(other.numbers[kind])
    return [(a, b) for a in some for b in others if a.value == b.value]


def _agree(one: Person, other: Person) -> bool:
    """Folded name, sex and birth year."""
    if not (one.birth and other.birth and one.birth.year == other.birth.year):
        return False
    if one.sex is None or one.sex != other.sex:
        return False
    return any(a.folded == b.folded for a in one.names for b in other.names)


def _share(some: _Numbers, others: _Numbers) -> bool:
    return any(one.value == other.value for one in some for other in others)


def _in_use(numbers: _Numbers) -> list[Number]:
    return [number for number in numbers if not number.ended]


def _captured(numbers: _Numbers) -> bool:
    return any(number.captured != TYPED for number in numbers)
