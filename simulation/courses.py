"""High blood pressure, diabetes, lipids: who lives with them, how the values move under treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp
from typing import Final

from simulation.chance import Chance
from simulation.life import Life

HYPERTENSION, DIABETES, LIPIDS = "I10", "E11.9", "E78.5"
_DRUGS: Final = ("amlodipin", "losartan", "perindopril", "enalapril")
_DAYS_A_MONTH: Final = 30.44
_SETTLING_MONTHS: Final = 4  # after so many about two thirds of the way is gone


@dataclass(frozen=True, slots=True)
class Course:
    """What somebody lives with, and where systolic pressure (mmHg) and sugar (mmol/l) start and settle.

    `since` the illness is known; from `begins` on it is treated in the period that is told.
    """

    codes: tuple[str, ...]
    pressure: tuple[float, float]
    glucose: tuple[float, float]
    drug: str
    since: date
    begins: date

    def systolic(self, day: date) -> float:
        """The usual systolic pressure on a day."""
        return self._value(self.pressure, day)

    def sugar(self, day: date) -> float:
        """The usual fasting glucose on a day."""
        return self._value(self.glucose, day)

    def months(self, day: date) -> float:
        """How long treatment has lasted."""
        return max(0, (day - self.begins).days) / _DAYS_A_MONTH

    def _value(self, way: tuple[float, float], day: date) -> float:
        start, end = way
        return end + (start - end) * exp(-self.months(day) / _SETTLING_MONTHS)


def course_of(life: Life) -> Course | None:
    """What the citizen lives with, None when it is nothing of the kind. The same whenever it is asked.

    Nobody who bears a child in the period is among them: care would be another one.
    """
    if life.citizen.pregnancy:
        return None
    chance = life.chance("course")
    codes = _codes(life, chance)
    return _course(life, chance, codes) if codes else None


def _codes(life: Life, chance: Chance) -> tuple[str, ...]:
    old, middle = life.age >= 60, 40 <= life.age < 60
    high = chance.happens(0.42 if old else 0.2 if middle else 0)
    sugar = chance.happens(0.15 if old else 0.07 if middle else 0)
    fat = (high or sugar) and chance.happens(0.3)
    found = ((HYPERTENSION, high), (DIABETES, sugar), (LIPIDS, fat))
    return tuple(code for code, has in found if has)


def _course(life: Life, chance: Chance, codes: tuple[str, ...]) -> Course:
    high, sugar = HYPERTENSION in codes, DIABETES in codes
    return Course(
        codes=codes,
        pressure=(chance.near(160, 11, 142, 200), chance.near(133, 7, 118, 158)) if high else (126, 126),
        glucose=(chance.near(10.8, 2.2, 7.2, 19), chance.near(7.1, 1.1, 5.4, 11)) if sugar else (5.3, 5.3),
        drug=chance.pick(_DRUGS),
        since=life.start - timedelta(days=chance.between(0, 3000)),
        begins=life.start + timedelta(days=chance.between(0, 90)),
    )
