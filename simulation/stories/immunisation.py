"""Children's doses under the national schedule (Circular 10/2024/TT-BYT): due days, delays, doses missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from simulation.body import stature
from simulation.chance import Chance
from simulation.citizens import Mother
from simulation.clock import clinic_time
from simulation.code_lists import VaccineDose, vaccine_doses
from simulation.life import Life, birth_moment
from simulation.visits import Discharge, Finding, Shot, Visit

_SHORTEST_GAP: Final = timedelta(days=28)  # minimum interval between doses of one vaccine
_MISSED: Final = 0.06
_AT_BIRTH: Final = 0
_CODES: Final = {
    "BCG": "Z23.2",
    "bOPV": "Z24.0",
    "IPV": "Z24.0",
    "JE": "Z24.1",
    "MV": "Z24.4",
    "MR": "Z24.4",
    "HepB0": "Z24.6",
    "HPV": "Z25.8",
    "DTP-VGB-Hib": "Z27.1",
    "DTP4": "Z27.1",
    "Td": "Z27.8",
}
_ADVICE: Final = "Tiêm BCG trong tháng đầu tại trạm y tế"


def visits(life: Life) -> Iterator[Visit]:
    """The visits of the period; the first one also reports the doses given before it."""
    if life.citizen.age_on(life.until) > 12:
        return
    chance, before, first = life.chance("immunisation"), [], True
    for doses, day in _given(life, chance):
        if day < life.start:
            before += [Shot(dose, day) for dose in doses]
        elif day < life.until:
            visit = _visit(life, chance, doses, day)
            yield replace(visit, shots=(*visit.shots, *before)) if first else visit
            first = False


def _given(life: Life, chance: Chance) -> Iterator[tuple[tuple[VaccineDose, ...], date]]:
    last = life.citizen.birth - _SHORTEST_GAP
    for due, doses in groupby(_schedule(life.citizen.female), key=lambda dose: dose.due_days or 0):
        planned = life.citizen.birth + timedelta(days=due + (chance.between(0, 20) if due else 0))
        day = max(planned, last + timedelta(days=7) if due in (14, 379) else last + _SHORTEST_GAP)
        if due == _AT_BIRTH or not chance.happens(_MISSED):
            yield tuple(doses), day
            last = day


def _schedule(female: bool) -> list[VaccineDose]:
    wanted = [d for d in vaccine_doses() if d.due_days is not None and (female or d.sex != "female")]
    return sorted(wanted, key=lambda dose: dose.due_days or 0)


def _visit(life: Life, chance: Chance, doses: tuple[VaccineDose, ...], day: date) -> Visit:
    if doses[0].due_days == _AT_BIRTH and life.citizen.mother:
        return _birth(life, chance, doses, life.citizen.mother)
    starts = clinic_time(chance, day)
    codes = dict.fromkeys(_CODES[dose.vaccine] for dose in doses)
    return Visit(
        facility=life.station if chance.happens(0.93) else life.neighbour,
        starts=starts,
        minutes=45,  # thirty of them under watch
        kind="ambulatory",
        service="10",
        reason="Tiêm chủng mở rộng",
        diagnoses=tuple(codes),
        findings=(
            Finding("weight", stature(life, day)[1]),
            Finding("temperature", chance.near(36.8, 0.2, 36.2, 37.4)),
        ),
        shots=tuple(Shot(dose) for dose in doses),
        midwife=chance.happens(0.5),
    )


def _birth(life: Life, chance: Chance, doses: tuple[VaccineDose, ...], mother: Mother) -> Visit:
    """The newborn's own stay at the place of birth."""
    weight = stature(life, life.citizen.birth)[1] * 1000
    return Visit(
        facility=life.centre,
        starts=birth_moment(life.seed, mother.index, life.citizen.birth),
        minutes=34 * 60,
        kind="inpatient",
        service="03",
        reason="Trẻ sơ sinh",
        diagnoses=("P59.9",) if chance.happens(0.08) else (),
        findings=(
            Finding("birth_weight", weight),
            Finding("head", chance.near(33.8, 1, 31, 37)),
            Finding("temperature", 36.8),
        ),
        shots=tuple(Shot(dose) for dose in doses),
        discharge=Discharge("home", "Trẻ hồng hào, khóc to, bú tốt", _ADVICE),
        midwife=True,
    )
