"""People by whom weights are judged: households of a mountain province and a plain one.

Couples, children, twins, sons called as their fathers, parents in the house; one telephone for several of
them; facilities of different habits (``judging_damage``). No line of it serves ``fitting_people``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from unicodedata import combining, normalize

from benchmarks.matching.judging_damage import (
    Habits,
    habits_of,
    said_at,
    with_others_card,
    with_parents_cards,
)
from benchmarks.matching.registrations import Numbered, Registration
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID, TEMPORARY_ID
from simulation.chance import Chance, Weighted, chance_of
from simulation.code_lists import Commune, communes, ethnic_mix, name_lists

TODAY = 2026
_HO = ("19435", "19441", "19462", "19483", "19489", "19564", "19588", "19594")
"""Communes where nine of ten are Bru-Vân Kiều or Tà-ôi, and these nearly all named Hồ."""

_EVERY = 20
"""Of the other communes so few are lived in that namesakes are as many in each as in a real one."""

_FACILITIES = 200
_TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook and dot below, as combining characters."""

ALIKE, BY_TONE = 0.5, 0.5
"""Share of twins whose names are alike, and of those that are so but for a tone."""

OF_A_PARENT = 0.2
"""Share of twins for whom the mother's cards are scanned, every second time."""

_REGISTERED = Weighted({1: 55, 2: 25, 3: 12, 4: 5, 5: 3})
_SYLLABLES = (
    "An Bích Châu Diễm Duy Giang Hậu Huệ Khang Khoa Kỳ Lệ Loan Luân Mạnh Mẫn Ngân Nhàn Nhung Oanh Phát Quyên "
    "Quyết Sương Tài Thịnh Thơ Tiến Trâm Triều Tùng Uyên Vinh Vy Xuyến"
).split()


@dataclass
class Resident:
    """Somebody, as the papers say. carried: the wrong card that may be shown for this person.

    parents: numbers of the mother's cards that a facility scans for these twins. named: of a newborn, what
    the papers say once its birth is registered. holder: the parent whose card is carried. namesake: numbers
    of somebody else of one name, sex and birth year.
    """

    truth: Registration
    born: int
    group: str
    named: Registration | None = None
    carried: list[Numbered] = field(default_factory=list)
    parents: list[Numbered] = field(default_factory=list)
    holder: Registration | None = None
    namesake: list[Numbered] = field(default_factory=list)

    @property
    def age(self) -> int:
        """In years, about."""
        return TODAY - self.born


def registrations(
    seed: int, people: int, typed: float, absent: float, cards: float = 0.0
) -> list[Registration]:
    """Of so many people, in the order in which they come. typed, absent: shares of registrations in which the
    number is typed, or not there. cards: share in which somebody else's card is scanned, where it can be."""
    chance = chance_of(seed, "judging")
    habits = [habits_of(chance, typed, absent) for _ in range(_FACILITIES)]
    residents: Iterable[Resident] = _residents(chance, people)
    if cards:
        residents = list(residents)
        _find_namesakes(residents)
    made = [said for one in residents for said in _registered(chance, one, habits, cards)]
    chance.shuffle(made)
    return [said for _, said in sorted(made, key=lambda timed: timed[0])]


def _registered(
    chance: Chance, one: Resident, habits: list[Habits], cards: float
) -> Iterator[tuple[int, Registration]]:
    """Each with its turn: a newborn's first registration comes first."""
    for turn in range(_REGISTERED.pick(chance)):
        named = turn > 0 and one.named is not None
        said = said_at(
            chance, chance.pick(habits), one.named if named and one.named else one.truth, one.age, one.carried
        )
        if named:  # its number stands on paper, seldom in a QR code
            captured = "qr" if chance.happens(0.2) else "typed"
            said.numbers = [replace(number, captured=captured) for number in said.numbers]
        elif one.parents and chance.happens(0.5):
            said = with_parents_cards(chance, said, one.parents)
        elif cards and chance.happens(cards):
            said = with_others_card(chance, said, one.namesake, one.holder)
        yield int(named or one.named is None), said


def _find_namesakes(residents: list[Resident]) -> None:
    alike: dict[tuple[str, str, str], list[Resident]] = defaultdict(list)
    for one in residents:
        alike[one.truth.name, one.truth.sex, one.truth.birth[:4]].append(one)
    for some in alike.values():
        for one, other in pairwise([*some, some[0]]):
            one.namesake = other.truth.numbers if one is not other else []


def _residents(chance: Chance, people: int) -> Iterator[Resident]:
    places = _places()
    person = 0
    while person < people:
        place = chance.pick(places)
        for one in _household(chance, place):
            for papers in filter(None, (one.truth, one.named)):
                papers.person = person
                papers.groups |= _groups(one)
            yield one
            person += 1


def _places() -> list[Commune]:
    everywhere = [place for province in ("44", "15") for place in communes(province)]
    others = [place for place in everywhere if place.code not in _HO]
    return [*(place for place in everywhere if place.code in _HO), *others[::_EVERY]]


def _groups(one: Resident) -> set[str]:
    groups = {"Hồ communes"} if one.truth.commune in _HO else set()
    return groups | ({"newborn"} if one.named else set())


def _household(chance: Chance, place: Commune) -> list[Resident]:
    group = name_lists()["group_of"].get(ethnic_mix(place.province, place.code).pick(chance), "kinh")
    father_born = chance.between(1945, 1998)
    father = _resident(chance, place, group, False, father_born)
    mother = _resident(chance, place, group, True, father_born + chance.between(-3, 8))
    home = [father, mother]
    if chance.happens(0.2):
        home.append(
            _resident(chance, place, group, chance.happens(0.6), father_born - chance.between(20, 35))
        )
    born = mother.born + chance.between(19, 26)
    for _ in range(chance.count(2.0, 6)):
        home += _children(chance, place, father, mother, born) if born <= TODAY else []
        born += chance.between(1, 5)
    _share_telephones(chance, home)
    return home


def _children(
    chance: Chance, place: Commune, father: Resident, mother: Resident, born: int
) -> list[Resident]:
    children = [_child(chance, place, father, mother, born)]
    if chance.happens(0.012):
        children.append(_twin(chance, place, father, mother, children[0]))
    if born >= TODAY - 1 and chance.happens(0.6):
        for child in children:
            _not_yet_named(chance, child, mother)
    return children


def _child(chance: Chance, place: Commune, father: Resident, mother: Resident, born: int) -> Resident:
    female = chance.happens(0.49)
    child = _resident(chance, place, father.group, female, born, father.truth.name.split()[0])
    if not female and chance.happens(0.01):  # called as his father
        child.truth.name = father.truth.name
    child.truth.mother = mother.truth.name if child.age < 16 else ""
    child.carried = mother.truth.numbers[:1] if child.age < 14 else father.truth.numbers[:1]
    child.holder = mother.truth if child.age < 14 else father.truth
    return child


def _twin(chance: Chance, place: Commune, father: Resident, mother: Resident, first: Resident) -> Resident:
    second = _child(chance, place, father, mother, first.born)
    alike = chance.happens(ALIKE)  # twins are given names that sound alike
    while alike or second.truth.name == first.truth.name:
        second.truth.sex = first.truth.sex
        *before, given = first.truth.name.split()
        sounds = _toned if chance.happens(BY_TONE) else _rhyming
        second.truth.name, alike = " ".join([*before, sounds(chance, given)]), False
    second.truth.birth = first.truth.birth
    second.truth.numbers = _numbers(chance, second.truth, second.born)
    if chance.happens(0.3):
        first.truth.birth_order, second.truth.birth_order = 1, 2
    second.carried = first.truth.numbers[:1]
    if chance.happens(OF_A_PARENT):
        cards = [card for card in mother.truth.numbers if card.system != OLD_CITIZEN_ID]
        first.parents = second.parents = chance.pick([cards[:1], cards[:2], cards[-1:]])
    for one in (first, second):
        one.truth.groups |= {"twins"}
    return second


def _not_yet_named(chance: Chance, child: Resident, mother: Resident) -> None:
    child.named = child.truth
    child.truth = replace(
        child.truth,
        name=f"Con bà {mother.truth.name}",
        numbers=[Numbered(TEMPORARY_ID, f"MT-45901-{chance.randrange(10**8):08}", "qr")],
    )


def _rhyming(chance: Chance, given: str) -> str:
    onset = next(
        (place for place, letter in enumerate(given.lower()) if letter not in "bcdđghklmnpqrstvx"), 0
    )
    return chance.pick(["L", "N", "Th", "Tr", "H", "M"]) + given[onset:]


def _toned(chance: Chance, given: str) -> str:
    """Thúy becomes Thủy: another tone than it has, or one on the first vowel."""
    letters = normalize("NFD", given)
    others = [tone for tone in _TONES if tone not in letters]
    bare = [letter for letter in letters if letter not in _TONES]
    vowel = next((place for place, letter in enumerate(bare) if letter.lower() in "aeiouy"), 0) + 1
    while vowel < len(bare) and combining(bare[vowel]):  # of â, ă, ơ: the tone comes behind
        vowel += 1
    return normalize("NFC", "".join([*bare[:vowel], chance.pick(others), *bare[vowel:]]))


def _resident(
    chance: Chance, place: Commune, group: str, female: bool, born: int, surname: str = ""
) -> Resident:
    truth = Registration(
        -1,
        _name(chance, group, female, surname),
        f"{born}-{chance.between(1, 12):02}-{chance.between(1, 28):02}",
        "female" if female else "male",
        place.province,
        place.code,
    )
    truth.numbers = _numbers(chance, truth, born)
    if born < 1966 and chance.happens(0.25):  # so it stands on the card
        truth.birth = truth.birth[:4]
    return Resident(truth, born, group)


def _name(chance: Chance, group: str, female: bool, surname: str = "") -> str:
    """In the plains one of two has a second given name, of a longer list."""
    lists = name_lists()["groups"][group]
    sex = "female" if female else "male"
    surname = surname or Weighted(lists["surnames"]).pick(chance)
    middle, given = chance.pick(lists[f"middle_{sex}"]), chance.pick(lists[f"given_{sex}"])
    if group == "kinh" and chance.happens(0.5):
        given = chance.pick(_SYLLABLES)
        middle = chance.pick([middle, f"{middle} {chance.pick(_SYLLABLES)}"])
    return " ".join(f"{surname} {middle} {given}".split())


def _numbers(chance: Chance, truth: Registration, born: int) -> list[Numbered]:
    numbers = [Numbered(NATIONAL_ID, _personal(chance, truth))]
    if chance.happens(0.92):
        numbers.append(Numbered(INSURANCE_NUMBER, f"45{chance.randrange(10**8):08}"))
    if born < 2000 and chance.happens(0.7):
        numbers.append(Numbered(OLD_CITIZEN_ID, f"19{chance.randrange(10**7):07}"))
    return numbers


def _personal(chance: Chance, truth: Registration) -> str:
    year = int(truth.birth[:4])
    century = (year // 100 - 19) * 2 + (truth.sex == "female")
    return f"0{truth.province}{century}{year % 100:02}{chance.randrange(10**6):06}"


def _share_telephones(chance: Chance, home: list[Resident]) -> None:
    telephones = [f"0570{chance.randrange(10**6):06}" for _ in range(2)]
    for one in home:
        own = one.age > 15 and chance.happens(0.6)
        one.truth.telephone = f"0570{chance.randrange(10**6):06}" if own else chance.pick(telephones)
