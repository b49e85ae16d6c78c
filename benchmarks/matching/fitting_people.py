"""People by whom weights are fitted: each drawn alone, damaged field by field.

No line of it serves ``judging_people``, by whom the weights are judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.matching.fitting_damage import damaged
from benchmarks.matching.registrations import Numbered, Registration
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID
from simulation.chance import Chance, chance_of
from simulation.code_lists import communes, ethnic_mix, name_lists

PROVINCES = ("44", "15")
_TIMES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 5)
_NEWEST = 2026


@dataclass
class _Citizen:
    truth: Registration
    age: int


def registrations(seed: int, people: int) -> Iterator[Registration]:
    """Of so many people, each registered one to five times; the same for the same seed."""
    chance = chance_of(seed, "fitting")
    places = [place for province in PROVINCES for place in communes(province)]
    everywhere = [(place.province, place.code) for place in places]
    telephone = ""
    for person in range(people):
        place = chance.choice(places)
        citizen = _citizen(chance, person, place.province, place.code)
        if chance.happens(0.3):  # one for the household
            citizen.truth.telephone = telephone
        telephone = citizen.truth.telephone
        for _ in range(chance.choice(_TIMES)):
            yield damaged(chance, citizen.truth, citizen.age, everywhere)


def _citizen(chance: Chance, person: int, province: str, commune: str) -> _Citizen:
    mix = ethnic_mix(province, commune)
    group = _group(mix.pick(chance))
    female = chance.random() < 0.5
    born = _NEWEST - int(chance.triangular(0, 95, 25)), chance.randint(1, 12), chance.randint(1, 28)
    age = _NEWEST - born[0]
    truth = Registration(
        person,
        _name(chance, group, female),
        "{:04}-{:02}-{:02}".format(*born),
        "female" if female else "male",
        province,
        commune,
        telephone=f"09{chance.randrange(10**8):08}" if chance.random() < 0.85 else "",
        mother=_name(chance, group, True) if age < 16 else "",
    )
    return _Citizen(replace(truth, numbers=_numbers(chance, truth, age)), age)


def _numbers(chance: Chance, truth: Registration, age: int) -> list[Numbered]:
    year, female = int(truth.birth[:4]), truth.sex == "female"
    century = 2 * (year // 100 - 19) + female
    numbers = [
        Numbered(NATIONAL_ID, f"0{truth.province}{century}{year % 100:02}{chance.randrange(10**6):06}")
    ]
    numbers.append(Numbered(INSURANCE_NUMBER, f"{chance.randrange(10**10):010}"))
    if age > 25:
        numbers.append(Numbered(OLD_CITIZEN_ID, f"{chance.randrange(10**9):09}"))
    return numbers


def _name(chance: Chance, group: str, female: bool) -> str:
    lists = name_lists()["groups"][group]
    sex = "female" if female else "male"
    surname = chance.choices(list(lists["surnames"]), list(lists["surnames"].values()))[0]
    middle, given = chance.choice(lists[f"middle_{sex}"]), chance.choice(lists[f"given_{sex}"])
    return " ".join(f"{surname} {middle} {given}".split())


def _group(ethnic: str) -> str:
    group: str = name_lists()["group_of"].get(ethnic, "kinh")
    return group
