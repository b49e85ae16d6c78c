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

    Against it speak a newborn or unknown patient; a number that does not fit one of them (perhaps the card of
    somebody else was scanned); captured numbers of one kind that differ, between the two or within one (cards
    were mixed up); and twins, each with its place in the order.
    """
    doubtful = any(who.temporary or _bears_anothers(who) or _bears_several(who) for who in (one, other))
    unlike = _differ(one, other) or in_order(one, other)
    return bool(_trust(levels)) and not (doubtful or unlike) and agree(one, other)


def agree(one: Person, other: Person) -> bool:
    """Name, sex and birth year. Names that both have accents must have the same: Thúy, Thủy are sisters."""
    if not (one.birth and other.birth and one.birth.year == other.birth.year):
        return False
    if one.sex is None or one.sex != other.sex:
        return False
    return any(names.agreement(a, b) in (names.EXACT, names.PLAIN) for a in one.names for b in other.names)


def keys_of(person: Person) -> frozenset[tuple[str, str]]:
    """Kind and value of what may link somebody."""
    return frozenset((number.kind, number.value) for number in person.every_number if number.is_key)


def share_a_key(one: Person, other: Person) -> bool:
    """Whether a number that belongs to one person was captured in both and is in use, and they agree: of two
    people, nobody knows whose it is."""
    return not keys_of(one).isdisjoint(keys_of(other)) and agree(one, other)


def is_another(one: Person, other: Person) -> bool:
    """Whether both have names, and none is anything like one of the other's."""
    pairs = [names.agreement(a, b) for a in one.every_name for b in other.every_name]
    return bool(pairs) and all(level == names.DIFFERENT for level in pairs)


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
    return ENDED if one.ended or other.ended else obtained(one.trusted, other.trusted)


def _bears_anothers(person: Person) -> bool:
    """Whether a number in use tells another sex or birth year."""
    return any(number.doubted and not number.ended for number in person.every_number)


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
    return [number for number in numbers if number.trusted != TYPED]
