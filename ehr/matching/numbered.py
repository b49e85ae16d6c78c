"""What two people's numbers say: whether one is shared, and whether it may link."""

from collections.abc import Mapping, Sequence
from typing import Final

from ehr.evidence import ENDED, LEAST_TO_LINK, OBTAINED
from ehr.matching.captured import TYPED, obtained
from ehr.matching.numbers import KEYS, PERSONAL, Number
from ehr.matching.person import Person
from ehr.matching.spelling import nearly
from ehr.matching.weights import BOTH_CAPTURED, DIFFERENT, LEVELS, NEAR, SAME

AUTOMATIC: Final = "automatic"
ASKED: Final = "asked"

_Numbers = Sequence[Number]


def level_of(kind: str, some: _Numbers, others: _Numbers) -> str | None:
    """The level of two people's numbers of one kind; None where one of them has none.

    A shared number counts also after it ended; that numbers differ counts only of those in use, and fully
    only if nothing makes doubt whose they are.
    """
    shared = [_trusted(one, other) for one in some for other in others if one.value == other.value]
    if shared:
        return max(shared, key=_ORDER.index)
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
    trusted = max((OBTAINED.get(levels.get(kind, ""), 0) for kind in KEYS), default=0)
    if not trusted:
        return None
    doubtful = one.temporary or other.temporary or levels.get(PERSONAL) == BOTH_CAPTURED
    return AUTOMATIC if trusted >= LEAST_TO_LINK and not doubtful and _agree(one, other) else ASKED


_ORDER: Final = (ENDED, SAME, *OBTAINED)


def _trusted(one: Number, other: Number) -> str:
    if one.kind not in KEYS:
        return SAME
    return ENDED if one.ended or other.ended else obtained(one.captured, other.captured)


def _agree(one: Person, other: Person) -> bool:
    """Folded name, sex and birth year."""
    if not (one.birth and other.birth and one.birth.year == other.birth.year):
        return False
    if one.sex is None or one.sex != other.sex:
        return False
    return any(a.folded == b.folded for a in one.names for b in other.names)


def _in_use(numbers: _Numbers) -> list[Number]:
    return [number for number in numbers if not number.ended]


def _captured(numbers: _Numbers) -> bool:
    return any(number.captured != TYPED and not number.doubted for number in numbers)
