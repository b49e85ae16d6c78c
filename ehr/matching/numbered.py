"""What two people's numbers say: whether one is shared, and whether it may link."""

from collections.abc import Mapping, Sequence
from typing import Final

from ehr.evidence import ENDED, LEAST_TO_LINK, OBTAINED
from ehr.matching import names
from ehr.matching.captured import TYPED, obtained
from ehr.matching.numbers import KEYS, Number
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
    if BOTH_CAPTURED in levels and _sure(some) and _sure(others):
        return BOTH_CAPTURED
    near = NEAR in levels and any(nearly(one.value, other.value) for one in some for other in others)
    return NEAR if near else DIFFERENT


def shared_key(one: Person, other: Person, levels: Mapping[str, str]) -> str | None:
    """AUTOMATIC, ASKED or None: what follows from shared numbers that belong to one person.

    levels: of the fields that both have. An ended number is evidence only.

    Automatic: neither side is merely typed, and a link by the number could stand.
    """
    trusted = _trust(levels)
    if not trusted:
        return None
    return AUTOMATIC if trusted >= LEAST_TO_LINK and may_stand(one, other, levels) else ASKED


def may_stand(one: Person, other: Person, levels: Mapping[str, str]) -> bool:
    """Whether nothing speaks against a link by a number, however that came into the record: one that belongs
    to a person is in common and in use, and name, sex and birth year agree.

    Against it speak a newborn or unknown patient; captured numbers of one kind that differ, between the two
    or within one (cards were mixed up); and twins, each with its place in the order.
    """
    doubtful = one.temporary or other.temporary or in_order(one, other)
    mixed = _differ(one, other) or _bears_several(one) or _bears_several(other)
    return bool(_trust(levels)) and not doubtful and not mixed and agree(one, other)


def agree(one: Person, other: Person) -> bool:
    """Name, sex and birth year. Names that both have accents must have the same: Thúy, Thủy are sisters."""
    if not (one.birth and other.birth and one.birth.year == other.birth.year):
        return False
    if one.sex is None or one.sex != other.sex:
        return False
    return any(names.agreement(a, b) in (names.EXACT, names.PLAIN) for a in one.names for b in other.names)


def share_a_key(one: Person, other: Person) -> bool:
    """Whether a number that belongs to one person was captured in both and is in use, and they agree: of two
    people, nobody knows whose it is."""
    keys, others = ({(n.kind, n.value) for n in each.every_number if n.is_key} for each in (one, other))
    return not keys.isdisjoint(others) and agree(one, other)


def in_order(one: Person, other: Person) -> bool:
    """Whether both say which of the twins they are, and not the same."""
    return None not in (one.birth_order, other.birth_order) and one.birth_order != other.birth_order


_ORDER: Final = (ENDED, SAME, *OBTAINED)


def _trust(levels: Mapping[str, str]) -> int:
    """How far the most trusted number is that is in common and belongs to one person; 0 for none."""
    return max(OBTAINED.get(levels.get(kind, ""), 0) for kind in KEYS)


def _trusted(one: Number, other: Number) -> str:
    if one.kind not in KEYS:
        return SAME
    return ENDED if one.ended or other.ended else obtained(one.captured, other.captured)


def _differ(one: Person, other: Person) -> bool:
    """Whether captured numbers in use are others, though a former one may be in common."""
    some, others = _captured(one), _captured(other)
    return any(some[kind].isdisjoint(others[kind]) for kind in some.keys() & others.keys())


def _bears_several(person: Person) -> bool:
    return any(len(values) > 1 for values in _captured(person).values())


def _captured(person: Person) -> dict[str, set[str]]:
    """Numbers in use of which nobody has two, by kind."""
    kinds = ((kind, some) for kind, some in person.numbers.items() if BOTH_CAPTURED in LEVELS[kind])
    found = {kind: {number.value for number in _sure(_in_use(some))} for kind, some in kinds}
    return {kind: values for kind, values in found.items() if values}


def _in_use(numbers: _Numbers) -> list[Number]:
    return [number for number in numbers if not number.ended]


def _sure(numbers: _Numbers) -> list[Number]:
    """Those that were captured, and fit the person."""
    return [number for number in numbers if number.captured != TYPED and not number.doubted]
