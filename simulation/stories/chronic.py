"""High blood pressure and diabetes: monthly visits over years, values that move under treatment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp

from simulation.chance import Chance
from simulation.clock import clinic_time
from simulation.code_lists import Dosage
from simulation.facilities import Facility
from simulation.laboratory import report
from simulation.life import Life, pressure, stature
from simulation.visits import Finding, Problem, Report, Visit

HYPERTENSION, DIABETES, LIPIDS = "I10", "E11.9", "E78.5"
_MONTH = 30
_COMES = 0.72  # of the appointments are kept
_PRESSURE_DRUGS = ("amlodipin", "losartan", "perindopril", "enalapril")


@dataclass(frozen=True, slots=True)
class _Course:
    """Where the values start and where treatment takes them (mmHg, mmol/l)."""

    codes: tuple[str, ...]
    pressure: tuple[float, float]
    glucose: tuple[float, float]
    drug: str
    place: Facility
    since: date

    def value(self, range_: tuple[float, float], months: int) -> float:
        return range_[1] + (range_[0] - range_[1]) * exp(-months / 4)


def visits(life: Life) -> Iterator[Visit]:
    """A visit in most months; every third month at the regional centre, with laboratory."""
    chance = life.chance("chronic")
    codes = _codes(life, chance)
    if not codes:
        return
    course, day = _course(life, chance, codes), life.start + timedelta(days=chance.between(0, 90))
    months, first = 0, True
    while day < life.until:
        if first or chance.happens(_COMES):
            yield _visit(life, chance, course, day, months, first)
            first = False
        months += 1
        day += timedelta(days=_MONTH + chance.between(-3, 4))


def _codes(life: Life, chance: Chance) -> tuple[str, ...]:
    old, middle = life.age >= 60, 40 <= life.age < 60
    high = chance.happens(0.42 if old else 0.2 if middle else 0)
    sugar = chance.happens(0.15 if old else 0.07 if middle else 0)
    fat = (high or sugar) and chance.happens(0.3)
    found = ((HYPERTENSION, high), (DIABETES, sugar), (LIPIDS, fat))
    return tuple(code for code, has in found if has)


def _course(life: Life, chance: Chance, codes: tuple[str, ...]) -> _Course:
    high, sugar = HYPERTENSION in codes, DIABETES in codes
    return _Course(
        codes=codes,
        pressure=(chance.near(160, 11, 140, 200), chance.near(135, 8, 118, 160)) if high else (126, 126),
        glucose=(chance.near(10.8, 2.2, 7.2, 19), chance.near(7.1, 1.1, 5.4, 11)) if sugar else (5.3, 5.3),
        drug=chance.pick(_PRESSURE_DRUGS),
        place=chance.pick((life.station, life.station, life.station, life.centre)),
        since=life.start - timedelta(days=chance.between(0, 3000)),
    )


def _visit(life: Life, chance: Chance, course: _Course, day: date, months: int, first: bool) -> Visit:
    starts, quarterly = clinic_time(chance, day), months % 3 == 0
    glucose = chance.near(course.value(course.glucose, months), 0.8, 3.4, 24)
    systolic = chance.near(course.value(course.pressure, months), 6, 95, 215)
    return Visit(
        facility=life.centre if quarterly else course.place,
        starts=starts,
        minutes=chance.between(20, 120),
        kind="ambulatory",
        service="05",
        reason="Khám và nhận thuốc định kỳ",
        diagnoses=course.codes,
        problems=tuple(Problem(code, course.since) for code in course.codes) if first else (),
        findings=_findings(life, chance, course, starts.date(), systolic, glucose),
        reports=_reports(chance, course, months, glucose) if quarterly else (),
        dosages=_dosages(course, months, systolic, glucose),
    )


def _findings(
    life: Life, chance: Chance, course: _Course, day: date, systolic: float, glucose: float
) -> tuple[Finding, ...]:
    height, weight = stature(life, day)
    weight += chance.gauss(0, 0.6)
    body = (Finding("weight", weight), Finding("bmi", weight / (height / 100) ** 2))
    common = (*pressure(chance, systolic), Finding("pulse", chance.near(76, 8, 52, 110)), *body)
    if DIABETES not in course.codes:
        return common
    return (*common, Finding("glucose_random", glucose + chance.near(1, 0.8, 0, 4)))


def _reports(chance: Chance, course: _Course, months: int, glucose: float) -> tuple[Report, ...]:
    mean = course.value(course.glucose, max(0, months - 1))
    hba1c = (mean + 2.59) / 1.59  # estimated average glucose, ADAG study 2008
    sugar = DIABETES in course.codes
    found = []
    if sugar or months % 6 == 0:
        panel = "diabetes" if sugar else "chemistry"
        found.append(report(chance, panel, {"glucose": glucose, "hba1c": hba1c}))
    if months % 12 == 0:
        found.append(report(chance, "lipids", _fats(chance, course, months)))
        found.append(Report("ecg", (), "Nhịp xoang đều, chưa thấy bất thường"))
    return tuple(found)


def _fats(chance: Chance, course: _Course, months: int) -> dict[str, float]:
    if LIPIDS not in course.codes:
        return {}
    high = 1.0 if months == 0 else 0.8
    return {"cholesterol": chance.near(6.3, 0.5, 5.3, 8) * high, "ldl": chance.near(4.2, 0.4, 3.5, 6) * high}


def _dosages(course: _Course, months: int, systolic: float, glucose: float) -> tuple[Dosage, ...]:
    high, sugar = HYPERTENSION in course.codes, DIABETES in course.codes
    wanted = (
        (high, Dosage(course.drug, 1, 1, _MONTH, "buổi sáng")),
        (high and months > 3 and systolic > 145, Dosage("hydroclorothiazid", 1, 1, _MONTH, "buổi sáng")),
        (sugar, Dosage("metformin", 1, 2, _MONTH, "ngay sau ăn")),
        (sugar and glucose > 8.5, Dosage("gliclazid", 1, 1, _MONTH, "trước ăn sáng 30 phút")),
        (LIPIDS in course.codes, Dosage("atorvastatin", 1, 1, _MONTH, "buổi tối")),
    )
    return tuple(dosage for given, dosage in wanted if given)
