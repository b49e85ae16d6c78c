"""Short illness: fever, cough, diarrhoea and the like; sometimes a second facility within the same days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from simulation.body import vital_signs
from simulation.chance import Chance, Weighted
from simulation.clock import clinic_time
from simulation.code_lists import acute_care, diagnoses
from simulation.facilities import Facility
from simulation.laboratory import around, report
from simulation.life import Life
from simulation.visits import Visit

_EPISODES_A_YEAR = {6: 2.2, 15: 1.3, 60: 1.05, 150: 1.6}
_ELSEWHERE = 0.3  # of the episodes go on at a second facility
_AGAIN = 0.12  # of the others come back to the first


def visits(life: Life) -> Iterator[Visit]:
    """One to three visits an episode."""
    chance = life.chance("acute")
    rate = next(rate for age, rate in _EPISODES_A_YEAR.items() if life.age < age)
    for _ in range(chance.count(rate * life.years)):
        day = life.day(chance)
        yield from _episode(life, chance, _illnesses(life.citizen.age_on(day)).pick(chance), day)


@cache
def _illnesses(age: int) -> Weighted[str]:
    usual = {
        code: diagnoses()[code].weight
        for code, care in acute_care().items()
        if care.from_age <= age <= care.to_age
    }
    return Weighted(usual)


def _episode(life: Life, chance: Chance, code: str, day: date) -> Iterator[Visit]:
    first = chance.pick((life.station,) * 8 + (life.centre, life.neighbour))
    visit = _visit(life, chance, code, day, first, chance.pick(acute_care()[code].complaints))
    yield visit
    later = visit.starts.date() + timedelta(days=chance.between(1, 5))
    if chance.happens(_ELSEWHERE):
        others = [f for f in (life.centre, life.centre, life.hospital, life.neighbour) if f is not first]
        yield _visit(life, chance, code, later, chance.pick(others), "Đã khám nơi khác, chưa đỡ")
    elif chance.happens(_AGAIN):
        yield _visit(life, chance, code, later, first, "Tái khám theo hẹn")


def _visit(life: Life, chance: Chance, code: str, day: date, facility: Facility, reason: str) -> Visit:
    care, starts = acute_care()[code], clinic_time(chance, day)
    share = care.panel_share if facility.kind != "station" else 0
    panels = [care.panel] if care.panel and chance.happens(share) else []
    return Visit(
        facility=facility,
        starts=starts,
        minutes=chance.between(15, 90),
        kind="ambulatory",
        service="01",
        reason=reason,
        diagnoses=(code,),
        findings=vital_signs(life, chance, starts.date(), chance.happens(care.fever)),
        reports=tuple(report(chance, panel, around(chance, care.found), ill=True) for panel in panels),
        dosages=care.child if life.is_child(day) else care.adult,
    )
