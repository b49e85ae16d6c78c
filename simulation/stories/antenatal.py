"""Pregnancy: care at the station, ultrasound and laboratory at the centre, birth, a visit afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulation.body import pressure, stature
from simulation.chance import Chance
from simulation.citizens import Pregnancy
from simulation.clock import clinic_time
from simulation.code_lists import Dosage, vaccine_doses
from simulation.laboratory import NEGATIVE, POSITIVE, report
from simulation.life import Life, birth_moment
from simulation.visits import Discharge, Finding, ProcedureDone, Report, Shot, Visit

_WEEKS: Final = (9, 16, 20, 24, 28, 32, 35, 37, 39)  # eight contacts are recommended (WHO 2016)
_ULTRASOUND_WEEKS: Final = (12, 22, 32)
_TETANUS_DOSES: Final = {20: 1, 28: 2}
_IRON: Final = Dosage("iron_folic", 1, 1, 30, "sau ăn 1 giờ")
_ADVICE: Final = "Cho con bú sớm, tái khám sau 7 ngày hoặc khi sốt, ra huyết nhiều"
_BIRTH: Final = ProcedureDone("73.59", "Đỡ đẻ thường ngôi chỏm")
_CARRIES_HEPATITIS_B: Final = 0.08
_LABOUR: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class _Care:
    """A pregnancy in the life of its mother."""

    life: Life
    chance: Chance
    pregnancy: Pregnancy
    code: str
    hbsag: str

    def week(self, day: date) -> float:
        return (day - self.pregnancy.began).days / 7

    def told(self, day: date) -> bool:
        return self.life.start <= day < min(self.life.until, self.pregnancy.birth)


def visits(life: Life) -> Iterator[Visit]:
    """The contacts before birth, the birth, and a home visit."""
    pregnancy = life.citizen.pregnancy
    if pregnancy is None:
        return
    chance = life.chance("antenatal")
    hbsag = POSITIVE if chance.happens(_CARRIES_HEPATITIS_B) else NEGATIVE
    care = _Care(life, chance, pregnancy, "Z34.0" if life.age < 26 else "Z34.9", hbsag)
    yield from _contacts(care)
    yield from _scans(care)
    if pregnancy.birth < life.until:
        yield _birth(care)
    home = pregnancy.birth + timedelta(days=chance.between(6, 14))
    if home < life.until:
        yield _afterwards(care, home)


def _contacts(care: _Care) -> Iterator[Visit]:
    for number, week in enumerate(_WEEKS):
        day = care.pregnancy.began + timedelta(days=week * 7 + care.chance.between(-4, 5))
        if care.told(day) and care.chance.happens(0.86):
            yield _contact(care, day, week, number)


def _contact(care: _Care, day: date, week: int, number: int) -> Visit:
    starts = clinic_time(care.chance, day)
    dose = _TETANUS_DOSES.get(week)
    return Visit(
        facility=care.life.station,
        starts=starts,
        minutes=care.chance.between(20, 50),
        kind="ambulatory",
        service="01",
        reason=f"Khám thai lần {number + 1}",
        diagnoses=(care.code,),
        findings=_findings(care, starts.date()),
        dosages=(_IRON,),
        shots=tuple(Shot(d) for d in vaccine_doses() if d.vaccine == "VAT" and d.dose == dose),
        midwife=True,
    )


def _findings(care: _Care, day: date) -> tuple[Finding, ...]:
    chance, week = care.chance, care.week(day)
    weight = stature(care.life, day)[1] + max(0.0, week - 12) * 0.42
    first = (
        *pressure(chance, chance.near(112, 8, 92, 150)),
        Finding("weight", weight),
        Finding("gestation", int(week)),
    )
    if week < 18:
        return (*first, Finding("last_period", care.pregnancy.began)) if week < 12 else first
    child = (
        Finding("fundal_height", week - 1 + chance.gauss(0, 1)),
        Finding("fetal_heart", chance.near(143, 8, 112, 170)),
    )
    return (*first, *child)


def _scans(care: _Care) -> Iterator[Visit]:
    for week in _ULTRASOUND_WEEKS:
        day = care.pregnancy.began + timedelta(days=week * 7 + care.chance.between(-3, 6))
        if care.told(day) and care.chance.happens(0.8):
            yield _scan(care, day, week)


def _scan(care: _Care, day: date, week: int) -> Visit:
    text = f"Một thai sống trong tử cung, tim thai đều, phát triển tương đương {week} tuần"
    return Visit(
        facility=care.life.centre,
        starts=clinic_time(care.chance, day),
        minutes=care.chance.between(30, 120),
        kind="ambulatory",
        service="01",
        reason=f"Siêu âm thai {week} tuần",
        diagnoses=(care.code,),
        reports=(
            Report("fetal_ultrasound", (), text),
            report(care.chance, "antenatal", {"hbsag": care.hbsag}),
        ),
    )


def _birth(care: _Care) -> Visit:
    weeks = int(care.week(care.pregnancy.birth))
    course = "Đẻ thường, ngôi chỏm; mẹ và con ổn định, co hồi tử cung tốt"
    return Visit(
        facility=care.life.centre,
        starts=birth_moment(care.life.seed, care.life.citizen.index, care.pregnancy.birth) - _LABOUR,
        minutes=40 * 60,
        kind="inpatient",
        service="03",
        reason=f"Thai {weeks} tuần, chuyển dạ",
        diagnoses=("O80.9",),
        findings=(*pressure(care.chance, 118), Finding("pulse", care.chance.near(84, 6, 66, 110))),
        reports=(report(care.chance, "blood_count"),),
        dosages=(_IRON,),
        procedures=(_BIRTH,),
        discharge=Discharge("home", course, _ADVICE),
        midwife=True,
    )


def _afterwards(care: _Care, day: date) -> Visit:
    warmth = care.chance.near(36.9, 0.2, 36.3, 37.6)
    return Visit(
        facility=care.life.station,
        starts=clinic_time(care.chance, day),
        minutes=40,
        kind="home",
        service="12",
        reason="Thăm mẹ và bé sau đẻ tại nhà",
        diagnoses=("Z39.2",),
        findings=(*pressure(care.chance, 114), Finding("temperature", warmth)),
        midwife=True,
    )
