"""One citizen's time in the province: what every story about them starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simulation.chance import Chance, chance_of
from simulation.citizens import Citizen
from simulation.clock import any_time
from simulation.facilities import Facility, Network
from simulation.numbers import serial_of
from simulation.visits import Finding


@dataclass(frozen=True, slots=True)
class Life:
    """A citizen, the facilities around them, and the period told about (`until` itself excluded)."""

    seed: int
    citizen: Citizen
    network: Network
    start: date
    until: date

    def chance(self, story: str) -> Chance:
        """The stream of chance of one story about this citizen."""
        return chance_of(self.seed, story, self.citizen.index)

    @property
    def years(self) -> float:
        """How much of the period the citizen lives, not counting the first weeks after birth."""
        return max(0, (self.until - self._first_day).days) / 365.25

    @property
    def _first_day(self) -> date:
        return max(self.start, self.citizen.birth + timedelta(days=20))

    @property
    def age(self) -> int:
        """Completed years in the middle of the period."""
        return self.citizen.age_on(self.start + (self.until - self.start) / 2)

    @property
    def station(self) -> Facility:
        """The station at home."""
        return self.network.station_of(self.citizen.commune)

    @property
    def neighbour(self) -> Facility:
        """A station nearby."""
        return self.network.neighbour_of(self.citizen.commune)

    @property
    def centre(self) -> Facility:
        """The regional centre."""
        return self.network.centre_of(self.citizen.commune)

    @property
    def hospital(self) -> Facility:
        """The provincial hospital."""
        return self.network.hospital_of(self.citizen.commune)

    def day(self, chance: Chance) -> date:
        """A day of the period on which the citizen was already born."""
        first = self._first_day
        return first + timedelta(days=chance.between(0, max(0, (self.until - first).days - 1)))

    def is_child(self, day: date) -> bool:
        """Whether children's doses apply."""
        return self.citizen.age_on(day) < 12

    def referral_number(self, facility: Facility, day: date) -> str:
        """The number on a referral paper, unique to facility, day and citizen."""
        return f"GCT-{facility.code}-{day:%y%m%d}-{serial_of(self.seed, self.citizen.index):06d}"


def birth_moment(seed: int, mother: int, day: date) -> datetime:
    """The moment of a birth, the same in the mother's story and in the child's."""
    return any_time(chance_of(seed, "birth", mother), day)


def stature(life: Life, day: date) -> tuple[float, float]:
    """Height in cm and weight in kg on a day; children grow roughly along the WHO medians."""
    chance = life.chance("stature")
    grown = chance.near(154 if life.citizen.female else 164, 6, 138, 185)
    build = chance.near(1.0, 0.12, 0.75, 1.4)
    months = (day - life.citizen.birth).days / 30.44
    if months < 12:
        return 50 + 2.1 * months, (3.2 + 0.5 * months) * build
    if months < 216:
        years = months / 12
        return min(grown, 75 + 6 * (years - 1)), (7.5 + 1.9 * years + 0.03 * years**2) * build
    return grown, 21.5 * (grown / 100) ** 2 * build


def vital_signs(life: Life, chance: Chance, day: date, fever: bool = False) -> tuple[Finding, ...]:
    """What a nurse measures on arrival: blood pressure of adults, breathing of children, weight, the rest."""
    child = life.is_child(day)
    temperature = chance.near(38.7, 0.5, 37.6, 40.5) if fever else chance.near(36.8, 0.2, 36.2, 37.3)
    pulse = chance.near(105 if child else 78, 9, 50, 150) + (12 if fever else 0)
    common = (
        Finding("pulse", pulse),
        Finding("temperature", temperature),
        Finding("weight", stature(life, day)[1]),
    )
    if child:
        return (*common, Finding("respiration", chance.near(27, 4, 16, 48)))
    return (*pressure(chance, chance.near(112 + life.citizen.age_on(day) * 0.25, 9, 88, 170)), *common)


def pressure(chance: Chance, systolic: float) -> tuple[Finding, Finding]:
    """A blood pressure with that systolic value."""
    return Finding("systolic", systolic), Finding("diastolic", chance.near(systolic * 0.6 + 2, 5, 48, 118))
