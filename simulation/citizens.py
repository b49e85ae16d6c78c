"""The people of the province: numbers, names, partial birth dates, namesakes, newborns, the unidentified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulation import systems
from simulation.chance import Chance, Weighted, chance_of
from simulation.code_lists import Commune, ethnic_mix
from simulation.facilities import Network
from simulation.names import Name, draw_name
from simulation.numbers import (
    insurance_group,
    insurance_number,
    newborn_number,
    old_card_number,
    personal_number,
    serial_of,
    telephone,
    unidentified_number,
)

KINH: Final = "01"
_AGES: Final = Weighted(
    {(0, 2): 6, (3, 5): 5, (6, 14): 15, (15, 29): 20, (30, 44): 21, (45, 59): 18, (60, 79): 13, (80, 96): 2}
)
_PREGNANT_SHARE: Final = 0.13  # of the women of 18 to 39, in two years
_NAMESAKE_TRIES: Final = 0.06
PEOPLE_PER_UNIDENTIFIED: Final = 400


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """Last menstrual period, day of birth and the sex of the child."""

    began: date
    birth: date
    girl: bool


@dataclass(frozen=True, slots=True)
class Mother:
    """What a newborn's record says about the mother."""

    index: int
    name: Name
    birth_text: str
    national_number: str | None


@dataclass(frozen=True, slots=True)
class Citizen:
    """One person. `birth` is the truth, `birth_text` what the papers say: a year, year and month, or the day.

    `found` is the day on which somebody whom nobody could name was brought in.
    """

    index: int
    name: Name | None
    female: bool
    birth: date
    birth_text: str | None
    ethnic: str | None
    commune: Commune
    hamlet: str
    national_number: str | None = None
    insurance: str | None = None
    old_card: str | None = None
    temporary: str | None = None
    phone: str | None = None
    died: date | None = None
    pregnancy: Pregnancy | None = None
    mother: Mother | None = None
    found: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Identifier system and value that all share: personal number, else insurance, else temporary."""
        if self.national_number:
            return systems.NATIONAL_ID, self.national_number
        if self.insurance:
            return systems.INSURANCE_NUMBER, self.insurance
        return systems.TEMPORARY_ID, self.temporary or ""

    def is_pregnant(self, day: date) -> bool:
        """Whether she is expecting a child on that day."""
        return self.pregnancy is not None and self.pregnancy.began <= day <= self.pregnancy.birth

    def age_on(self, day: date) -> int:
        """Completed years."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


def draw_citizens(seed: int, network: Network, number: int, start: date, until: date) -> list[Citizen]:
    """`number` residents, then the children they bear before `until`, then people nobody could name."""
    people: list[Citizen] = []
    for index in range(number):
        people.append(_resident(seed, network, index, start, until, people))
    people += [_newborn(seed, network, len(people) + n, m) for n, m in enumerate(_mothers(people, until))]
    for _ in range(number // PEOPLE_PER_UNIDENTIFIED):
        people.append(_unidentified(seed, network, len(people), start, until))
    return people


def _resident(
    seed: int, network: Network, index: int, start: date, until: date, earlier: Sequence[Citizen]
) -> Citizen:
    chance = chance_of(seed, "citizen", index)
    commune = chance.pick(network.communes)
    ethnic, female = ethnic_mix(commune.province, commune.code).pick(chance), chance.happens(0.51)
    birth = _birth(chance, start)
    name = draw_name(chance, ethnic, female)
    name, birth = _namesake(chance, earlier, ethnic, female, birth) or (name, birth)
    age, serial, birthplace = until.year - birth.year, serial_of(seed, index), chance.pick(commune.former)
    numbered = chance.happens(0.94)
    insured = chance.happens(0.92) or not numbered
    group = insurance_group(chance, age, ethnic != KINH)
    pregnancy = _pregnancy(chance, start, until) if female and 18 <= age - 2 <= 39 else None
    return Citizen(
        index=index,
        name=name,
        female=female,
        birth=birth,
        birth_text=_birth_text(chance, birth, age, ethnic != KINH),
        ethnic=ethnic,
        commune=commune,
        hamlet=_hamlet(chance, commune, ethnic),
        national_number=personal_number(birthplace, birth, female, serial) if numbered else None,
        insurance=insurance_number(group, birthplace, serial) if insured else None,
        old_card=old_card_number(birthplace, serial) if age > 40 and chance.happens(0.3) else None,
        phone=telephone(serial) if age >= 15 and chance.happens(0.8) else None,
        died=_death(chance, age, start, until) if pregnancy is None else None,
        pregnancy=pregnancy,
    )


def _birth(chance: Chance, start: date) -> date:
    youngest, oldest = _AGES.pick(chance)
    return start - timedelta(days=chance.between(youngest * 365 + 1, oldest * 365 + 364))


def _namesake(
    chance: Chance, earlier: Sequence[Citizen], ethnic: str, female: bool, birth: date
) -> tuple[Name, date] | None:
    """Name, and every second time also the birth year, of somebody drawn before."""
    if not earlier or not chance.happens(_NAMESAKE_TRIES):
        return None
    other = chance.pick(earlier)
    if other.name is None or (other.ethnic, other.female) != (ethnic, female):
        return None
    same_year = chance.happens(0.5)
    return other.name, date(other.birth.year, birth.month, min(birth.day, 28)) if same_year else birth


def _birth_text(chance: Chance, birth: date, age: int, minority: bool) -> str:
    """Old people often know their year of birth only; it is never filled up with a first of January."""
    year_only = (0.5 if minority else 0.25) if age >= 60 else 0.06 if minority else 0.01
    if chance.happens(year_only):
        return f"{birth.year:04d}"
    if chance.happens(0.04):
        return f"{birth:%Y-%m}"
    return birth.isoformat()


def _hamlet(chance: Chance, commune: Commune, ethnic: str) -> str:
    kind = "Khu phố" if commune.urban else "Thôn" if ethnic == KINH else "Bản"
    return f"{kind} {chance.between(1, 9)}"


def _pregnancy(chance: Chance, start: date, until: date) -> Pregnancy | None:
    if not chance.happens(_PREGNANT_SHARE):
        return None
    began = start + timedelta(days=chance.between(0, (until - start).days))
    days = round(chance.near(278, 9, 250, 294))
    return Pregnancy(began, began + timedelta(days=days), girl=chance.happens(0.48))


def _death(chance: Chance, age: int, start: date, until: date) -> date | None:
    if not chance.happens(0.0008 if age < 50 else 0.01 if age < 70 else 0.06):
        return None
    return start + timedelta(days=chance.between(30, max(31, (until - start).days - 15)))


def _mothers(people: Sequence[Citizen], until: date) -> list[Citizen]:
    return [person for person in people if person.pregnancy and person.pregnancy.birth < until]


def _newborn(seed: int, network: Network, index: int, mother: Citizen) -> Citizen:
    """A child without a number of its own yet, named after the mother until its birth is registered."""
    if mother.pregnancy is None or mother.name is None:
        raise ValueError("only a named mother with a pregnancy bears a child")
    born, facility = mother.pregnancy.birth, network.centre_of(mother.commune)
    return Citizen(
        index=index,
        name=Name("Con bà", (mother.name.family, *mother.name.given)),
        female=mother.pregnancy.girl,
        birth=born,
        birth_text=born.isoformat(),
        ethnic=mother.ethnic,
        commune=mother.commune,
        hamlet=mother.hamlet,
        temporary=newborn_number(facility.code, born, serial_of(seed, index)),
        phone=mother.phone,
        mother=Mother(mother.index, mother.name, mother.birth_text or "", mother.national_number),
    )


def _unidentified(seed: int, network: Network, index: int, start: date, until: date) -> Citizen:
    """Somebody brought to a hospital without papers and not able to speak."""
    chance = chance_of(seed, "unidentified", index)
    commune, brought = chance.pick(network.communes), _day(chance, start, until)
    hospital = network.hospital_of(commune)
    return Citizen(
        index=index,
        name=None,
        female=chance.happens(0.3),
        birth=brought - timedelta(days=365 * chance.between(25, 70)),
        birth_text=None,
        ethnic=None,
        commune=commune,
        hamlet="",
        temporary=unidentified_number(hospital.code, brought, serial_of(seed, index)),
        found=brought,
    )


def _day(chance: Chance, start: date, until: date) -> date:
    return start + timedelta(days=chance.between(1, (until - start).days - 10))
