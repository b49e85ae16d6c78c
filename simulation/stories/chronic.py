"""High blood pressure and diabetes: regular visits over years, values that move under treatment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulation.body import pressure, stature
from simulation.chance import Chance
from simulation.clock import clinic_time
from simulation.code_lists import Dosage
from simulation.courses import DIABETES, HYPERTENSION, LIPIDS, Course, course_of
from simulation.facilities import Facility
from simulation.laboratory import report
from simulation.life import Life
from simulation.visits import Finding, Problem, Report, Visit

_SETTLED_MONTHS: Final = 6
_DAYS_BETWEEN: Final = {False: 30, True: 60}  # settled or not; more than 30 since Circular 26/2025/TT-BYT
_COMES: Final = 0.8  # of the appointments are kept
_TESTS: Final = 3  # every third appointment, at the regional centre
_STILL_HIGH: Final = 136  # mmHg in the end; Ministry of Health, Decision 3192/QĐ-BYT: the aim is below 140
_ONE_DRUG_IS_NOT_ENOUGH: Final = 10  # mmol/l at the start


@dataclass(frozen=True, slots=True)
class _Appointment:
    """One visit in the course: its number, and for how many days medicine is given."""

    life: Life
    chance: Chance
    course: Course
    number: int
    day: date
    days: int

    @property
    def tested(self) -> bool:
        return self.number % _TESTS == 0


def visits(life: Life) -> Iterator[Visit]:
    """A visit in most months at first, then in every other one."""
    course = course_of(life)
    if course is None:
        return
    chance = life.chance("chronic")
    place = chance.pick((life.station, life.station, life.station, life.centre))
    day, number = course.begins, 0
    while day < life.until:
        days = _DAYS_BETWEEN[course.months(day) > _SETTLED_MONTHS]
        if number == 0 or chance.happens(_COMES):
            yield _visit(_Appointment(life, chance, course, number, day, days), place)
        number += 1
        day += timedelta(days=days + chance.between(-3, 3))


def _visit(appointment: _Appointment, place: Facility) -> Visit:
    life, chance, course = appointment.life, appointment.chance, appointment.course
    starts = clinic_time(chance, appointment.day)
    systolic = chance.near(course.systolic(appointment.day), 6, 95, 215)
    glucose = chance.near(course.sugar(appointment.day), 0.8, 3.9, 24)
    listed = tuple(Problem(code, course.since) for code in course.codes)
    return Visit(
        facility=life.centre if appointment.tested else place,
        starts=starts,
        minutes=chance.between(20, 120),
        kind="ambulatory",
        service="05",
        reason="Khám và nhận thuốc định kỳ",
        diagnoses=course.codes,
        problems=listed if appointment.number == 0 else (),
        findings=_findings(appointment, systolic, glucose),
        reports=_reports(appointment, glucose) if appointment.tested else (),
        dosages=_dosages(appointment),
    )


def _findings(appointment: _Appointment, systolic: float, glucose: float) -> tuple[Finding, ...]:
    chance = appointment.chance
    height, weight = stature(appointment.life, appointment.day)
    weight += chance.gauss(0, 0.6)
    common = (
        *pressure(chance, systolic),
        Finding("pulse", chance.near(76, 8, 52, 110)),
        Finding("weight", weight),
        Finding("bmi", weight / (height / 100) ** 2),
    )
    if DIABETES not in appointment.course.codes:
        return common
    return (*common, Finding("glucose_random", glucose + chance.near(1, 0.8, 0, 4)))


def _reports(appointment: _Appointment, glucose: float) -> tuple[Report, ...]:
    chance, course = appointment.chance, appointment.course
    mean = course.sugar(appointment.day - timedelta(days=30))
    hba1c = (mean + 2.59) / 1.59  # estimated average glucose, ADAG study 2008
    sugar, yearly = DIABETES in course.codes, appointment.number % (4 * _TESTS) == 0
    found = []
    if sugar or appointment.number % (2 * _TESTS) == 0:
        panel = "diabetes" if sugar else "chemistry"
        found.append(report(chance, panel, {"glucose": glucose, "hba1c": hba1c}))
    if yearly:
        found.append(report(chance, "lipids", _fats(appointment)))
        found.append(Report("ecg", (), "Nhịp xoang đều, chưa thấy bất thường"))
    return tuple(found)


def _fats(appointment: _Appointment) -> dict[str, float]:
    if LIPIDS not in appointment.course.codes:
        return {}
    chance, share = appointment.chance, 1.0 if appointment.number == 0 else 0.8
    untreated = {"ldl": chance.near(4.3, 0.4, 3.5, 6), "triglyceride": chance.near(2.3, 0.5, 1.2, 4)}
    return {key: value * share for key, value in untreated.items()}


def _dosages(appointment: _Appointment) -> tuple[Dosage, ...]:
    course, days = appointment.course, appointment.days
    high, sugar = HYPERTENSION in course.codes, DIABETES in course.codes
    second = high and appointment.number > 2 and course.pressure[1] > _STILL_HIGH
    both = sugar and course.glucose[0] > _ONE_DRUG_IS_NOT_ENOUGH
    wanted = (
        (high, Dosage(course.drug, 1, 1, days, "buổi sáng")),
        (second, Dosage("hydroclorothiazid", 1, 1, days, "buổi sáng")),
        (sugar, Dosage("metformin", 1, 2, days, "ngay sau ăn")),
        (both, Dosage("gliclazid", 1, 1, days, "trước ăn sáng 30 phút")),
        (LIPIDS in course.codes, Dosage("atorvastatin", 1, 1, days, "buổi tối")),
    )
    return tuple(dosage for given, dosage in wanted if given)
