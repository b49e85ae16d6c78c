"""Vietnamese names: surname, middle, given; women often `Thị`, men often `Văn`; each ethnic group its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from simulation.chance import Chance, Weighted
from simulation.code_lists import name_lists


@dataclass(frozen=True, slots=True)
class Name:
    """A full name in Vietnamese order. `given`: the middle names and, last, the name one is called by."""

    family: str
    given: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole name."""
        return " ".join((self.family, *self.given))


@dataclass(frozen=True, slots=True)
class _Group:
    surnames: Weighted[str]
    middle: tuple[Sequence[str], Sequence[str]]
    given: tuple[Sequence[str], Sequence[str]]


@cache
def _group(ethnic: str) -> _Group:
    lists = name_lists()
    names = lists["groups"][lists["group_of"].get(ethnic, "kinh")]
    return _Group(
        surnames=Weighted(names["surnames"]),
        middle=(names["middle_male"], names["middle_female"]),
        given=(names["given_male"], names["given_female"]),
    )


@cache
def _not_used() -> frozenset[str]:
    return frozenset(name_lists()["not_used"])


def draw_name(chance: Chance, ethnic: str, female: bool) -> Name:
    """A name as people of this group and sex bear it; no word twice, no public person's on the list."""
    group = _group(ethnic)
    while True:
        middle, given = chance.pick(group.middle[female]), chance.pick(group.given[female])
        double = " " in given  # such as Gia Huy: no other middle name goes before it
        name = Name(group.surnames.pick(chance), tuple((given if double else f"{middle} {given}").split()))
        if name.text not in _not_used() and len({name.family, *name.given}) == 1 + len(name.given):
            return name
