"""What is measured at a body on a day: height and weight, blood pressure, temperature, pulse, breathing."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Final

from simulation.chance import Chance
from simulation.courses import course_of
from simulation.life import Life
from simulation.visits import Finding

_GROWING: Final = (  # months, cm, kg: medians of WHO 2006 and 2007, both sexes together
    (0, 49.5, 3.3),
    (1, 54.2, 4.4),
    (2, 57.8, 5.4),
    (3, 60.6, 6.1),
    (4, 63.0, 6.7),
    (6, 66.7, 7.6),
    (9, 71.1, 8.6),
    (12, 74.9, 9.3),
    (18, 81.5, 10.6),
    (24, 87.0, 11.9),
    (36, 95.6, 14.1),
    (60, 109.7, 18.3),
    (84, 121.3, 22.7),
    (120, 138.2, 31.5),
    (144, 150.2, 40.5),
)
_GROWN_MONTHS: Final = 216
_GROWN_BMI: Final = 21.5


def stature(life: Life, day: date) -> tuple[float, float]:
    """Height in cm and weight in kg on a day."""
    chance = life.chance("stature")
    grown = chance.near(154 if life.citizen.female else 164, 6, 138, 185)
    build = chance.near(1.0, 0.1, 0.75, 1.35)
    adult = _GROWN_MONTHS, grown, _GROWN_BMI * (grown / 100) ** 2
    height, weight = _grown_to((day - life.citizen.birth).days / 30.44, (*_GROWING, adult))
    return min(height, grown), weight * build


def _grown_to(months: float, points: tuple[tuple[int, float, float], ...]) -> tuple[float, float]:
    """Height and weight between the two points around the age."""
    place = bisect_right([age for age, _, _ in points], months)
    if place == len(points):
        return points[-1][1:]
    (age, height, weight), (later, taller, heavier) = points[place - 1], points[place]
    share = (months - age) / (later - age)
    return height + share * (taller - height), weight + share * (heavier - weight)


def vital_signs(
    life: Life, chance: Chance, day: date, fever: bool = False, breathless: bool = False
) -> tuple[Finding, ...]:
    """What is measured on arrival: blood pressure of adults, breathing of children and of the breathless."""
    child = life.is_child(day)
    temperature = chance.near(38.7, 0.5, 37.6, 40.5) if fever else chance.near(36.8, 0.2, 36.2, 37.3)
    faster = 12 * fever + 14 * breathless
    common = (
        Finding("pulse", chance.near(_resting_pulse(life, day), 7, 52, 150) + faster),
        Finding("temperature", temperature),
        Finding("weight", stature(life, day)[1]),
    )
    breathing = _breathing(life, chance, day, breathless) if child or breathless else ()
    above = () if child else pressure(chance, chance.near(usual_systolic(life, day), 7, 88, 210))
    return (*above, *common, *breathing)


def _resting_pulse(life: Life, day: date) -> float:
    age = life.citizen.age_on(day)
    return 125 if age < 1 else 110 if age < 3 else 96 if age < 8 else 84 if age < 12 else 77


def _breathing(life: Life, chance: Chance, day: date, breathless: bool) -> tuple[Finding, ...]:
    age = life.citizen.age_on(day)
    usual = 36 if age < 1 else 27 if age < 3 else 23 if age < 8 else 19 if age < 12 else 17
    rate = Finding("respiration", chance.near(usual * (1.45 if breathless else 1), 2, 14, 62))
    return (rate, Finding("oxygen", chance.near(91, 2, 84, 94))) if breathless else (rate,)


def usual_systolic(life: Life, day: date) -> float:
    """The blood pressure to expect: rising with age, and by the course of an illness where there is one."""
    course = course_of(life)
    healthy = min(132, 106 + life.citizen.age_on(day) * 0.3)
    return max(healthy, course.systolic(day)) if course else healthy


def usual_sugar(life: Life, day: date) -> float:
    """The fasting glucose to expect in mmol/l."""
    course = course_of(life)
    return course.sugar(day) if course else 5.2


def pressure(chance: Chance, systolic: float) -> tuple[Finding, Finding]:
    """A blood pressure with that systolic value."""
    diastolic = chance.near(systolic * 0.52 + 12, 4, 48, 118)
    return Finding("systolic", systolic), Finding("diastolic", diastolic)
