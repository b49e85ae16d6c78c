"""Who can be taken for somebody else: children with their mothers, twins, and communes with few surnames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from simulation.chance import Chance, chance_of
from simulation.citizens import Citizen
from simulation.code_lists import Commune, communes
from simulation.names import Name, draw_name
from simulation.numbers import insurance_number, newborn_number, personal_number, serial_of

HO_COMMUNES: Final = ("19435", "19441", "19462", "19483", "19489", "19564", "19588", "19594")
"""Of Hướng Hóa and Đakrông: nine of ten are Bru-Vân Kiều or Tà-ôi, and these nearly all named Hồ."""

CITIZENS_PER_COMMUNE: Final = 100
"""More than in a province whose stations are looked at: namesakes have to meet."""

TWINS: Final = 0.05
"""Of children: four times as many as there are in life."""

_CHILD = 15


@dataclass(frozen=True, slots=True)
class Family:
    """What is known of somebody beside their papers.

    mother: of a child. named: of a newborn, what it is called once its birth is registered. order: of a twin,
    1 or 2.
    """

    mother: Citizen | None = None
    named: Citizen | None = None
    order: int | None = None


def lived_in(province: str, citizens: int) -> tuple[Commune, ...]:
    """The communes that take part: at least four, up to half of them those of HO_COMMUNES."""
    everywhere = communes(province)
    wanted = min(len(everywhere), max(4, citizens // CITIZENS_PER_COMMUNE))
    few_names = [one for one in everywhere if one.code in HO_COMMUNES][: wanted // 2]
    others = [one for one in everywhere if one.code not in HO_COMMUNES]
    spread = wanted - len(few_names)
    chosen = {*few_names, *(others[place * len(others) // spread] for place in range(spread))}
    return tuple(one for one in everywhere if one in chosen)


def with_twins(seed: int, people: Sequence[Citizen]) -> tuple[list[Citizen], Mapping[int, Family]]:
    """The people and, behind them, twins of some of the children; and families by number of the citizen."""
    everybody, families = list(people), dict(_families(seed, people))
    for first in people:
        if first.index not in families or not chance_of(seed, "twin", first.index).happens(TWINS):
            continue
        second = _twin(seed, len(everybody), first)
        family = families[first.index]
        everybody.append(second)
        families[first.index] = replace(family, order=1)
        named = _renamed(chance_of(seed, "named", second.index), family.named, second, seed)
        families[second.index] = replace(family, named=named, order=2)
    return everybody, families


def _families(seed: int, people: Sequence[Citizen]) -> Iterator[tuple[int, Family]]:
    latest = max((one.birth.year for one in people), default=0)
    women: dict[str, list[Citizen]] = {}
    for one in people:
        if one.female and one.name and not one.mother:
            women.setdefault(one.commune.code, []).append(one)
    for child in people:
        chance = chance_of(seed, "family", child.index)
        if child.mother:
            yield child.index, Family(people[child.mother.index], _named(chance, seed, child))
        elif child.name and child.birth.year > latest - _CHILD:
            mothers = [one for one in women.get(child.commune.code, ()) if _can_be_mother(one, child)]
            if mothers:
                yield child.index, Family(chance.pick(mothers))


def _can_be_mother(one: Citizen, child: Citizen) -> bool:
    return one.ethnic == child.ethnic and 18 <= child.birth.year - one.birth.year <= 42


def _named(chance: Chance, seed: int, child: Citizen) -> Citizen:
    """A newborn once its birth is registered: with a name and a number."""
    name = draw_name(chance, child.ethnic or "01", child.female)
    return _numbered(chance, seed, replace(child, name=name, mother=None, temporary=None))


def _numbered(chance: Chance, seed: int, one: Citizen) -> Citizen:
    birthplace, serial = chance.pick(one.commune.former), serial_of(seed, one.index)
    return replace(
        one,
        national_number=personal_number(birthplace, one.birth, one.female, serial),
        insurance=insurance_number("TE", birthplace, serial),
    )


def _twin(seed: int, index: int, first: Citizen) -> Citizen:
    """Of the same day and mother; of a newborn twin nothing differs but the temporary number."""
    second = replace(first, index=index, died=None)
    if first.temporary:
        number = newborn_number(first.temporary.split("-")[1], first.birth, serial_of(seed, index))
        return replace(second, temporary=number)
    chance = chance_of(seed, "second", index)
    second = _numbered(chance, seed, replace(second, name=_rhyming(chance, first.name)))
    return second if first.national_number else replace(second, national_number=None)


def _renamed(chance: Chance, named: Citizen | None, second: Citizen, seed: int) -> Citizen | None:
    if named is None:
        return None
    twin = replace(named, index=second.index, name=_rhyming(chance, named.name))
    return _numbered(chance, seed, twin)


def _rhyming(chance: Chance, name: Name | None) -> Name | None:
    """Twins are given names that sound alike: Nam and Lam."""
    if name is None:
        return None
    *middle, given = name.given
    vowels = next((at for at, letter in enumerate(given.lower()) if letter not in "bcdđghklmnpqrstvx"), 0)
    onsets = [onset for onset in ("L", "N", "Th", "Tr", "H", "M") if onset != given[:vowels]]
    return Name(name.family, (*middle, chance.pick(onsets) + given[vowels:].lower()))
