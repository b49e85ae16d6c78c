"""One citizen's time in the province: what every story about them starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simulation.chance import Chance, chance_of
from simulation.citizens import Citizen
from simulation.clock import any_time
from simulation.facilities import Facility, Network
from simulation.numbers import serial_of


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
