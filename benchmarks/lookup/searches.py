"""What is typed and scanned, of people who are there, and how soon it is to be answered."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks.lookup.people import Citizen
from ehr.names import unaccented
from simulation.chance import Chance, chance_of


class Search(NamedTuple):
    """target: milliseconds of the median, three times as many of the 99th percentile; 0 for none. typed: what
    is typed of somebody."""

    target: float
    typed: Callable[[Chance, Citizen], str]


class Asked(NamedTuple):
    """One look-up. facility: where it is made."""

    text: str
    facility: str
    id: str


def _identifier(chance: Chance, one: Citizen) -> str:
    card = f"{one.number}||{one.name}|{''.join(reversed(one.birth.split('-')))}|Nam|Thôn Mẫu|01072021"
    return chance.pick(
        (one.number, one.insurance, f"GD4{one.insurance[:2]}{one.insurance}", one.telephone, card)
    )


def _name_and_year(chance: Chance, one: Citizen) -> str:
    name = one.name if chance.happens(0.5) else unaccented(one.name)
    return f"{name} {one.birth[:4]}"


def _beginning(chance: Chance, one: Citizen) -> str:
    *before, last = unaccented(one.name).split()
    return " ".join([*before, last[: chance.between(1, max(1, len(last) - 1))]])


def _surname_and_given(_: Chance, one: Citizen) -> str:
    words = unaccented(one.name).split()
    return f"{words[0]} {words[-1]}"


def _turned(_: Chance, one: Citizen) -> str:
    first, *rest = unaccented(one.name).split()
    return " ".join([*rest, first])


def _misspelt_tone(_: Chance, one: Citizen) -> str:
    """Another tone on the given name; all else as it is written."""
    *before, last = one.name.split()
    return " ".join([*before, f"{unaccented(last)}\u0309"])


def _telex(_: Chance, one: Citizen) -> str:
    return " ".join(f"{word}s" for word in unaccented(one.name).split())


SEARCHES = {
    "number: card, insurance, telephone, QR code": Search(3, _identifier),
    "name and year": Search(10, _name_and_year),
    "name without accents": Search(20, lambda _, one: unaccented(one.name)),
    "name with accents": Search(20, lambda _, one: one.name),
    "name turned round": Search(20, _turned),
    "name with a misspelt tone": Search(20, _misspelt_tone),
    "surname and given name": Search(20, _surname_and_given),
    "name, last word begun": Search(0, _beginning),
    "name and commune": Search(0, lambda _, one: f"{unaccented(one.name)}, {one.commune.name}"),
    "given name alone": Search(0, lambda _, one: unaccented(one.name).split()[-1]),
    "given name and year": Search(0, lambda _, one: f"{one.name.split()[-1]} {one.birth[:4]}"),
    "surname alone": Search(0, lambda _, one: unaccented(one.name).split()[0]),
    "nobody: Telex left on": Search(0, _telex),
}


def asked(seed: int, name: str, search: Search, people: Sequence[Citizen], number: int) -> Iterator[Asked]:
    """So many look-ups of a kind, each made where the person was seen, or in two of ten elsewhere."""
    chance = chance_of(seed, name)
    for _ in range(number):
        one, other = chance.pick(people), chance.pick(people)
        seen = other.facilities if chance.happens(0.2) else one.facilities
        yield Asked(search.typed(chance, one), chance.pick(seen) if seen else "", one.id)
