"""Wounds, dog and snake bites: dressed at the station, the worse ones go on to the centre the same day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from simulation.body import vital_signs
from simulation.chance import Chance, Weighted
from simulation.clock import any_time, clinic_time
from simulation.code_lists import Dosage, vaccine_doses
from simulation.life import Life
from simulation.visits import ProcedureDone, Referral, Shot, Visit

_A_YEAR: Final = 0.09
_SNAKE: Final = "T63.0"
_KINDS: Final = Weighted({"T14.1": 5.0, "S01.9": 3.0, "Z24.2": 2.0, _SNAKE: 0.4})
_REASONS: Final = {
    "T14.1": ("Vết thương cẳng tay do dao rựa", "Vết thương bàn chân do dẫm đinh", "Ngã xe máy, rách gối"),
    "S01.9": ("Ngã, rách da đầu", "Vết thương vùng trán do va đập"),
    "Z24.2": ("Bị chó cắn vào cẳng chân", "Bị mèo cào vào tay"),
    _SNAKE: ("Bị rắn cắn khi đi rẫy",),
}
_SUTURE: Final = ProcedureDone("86.59", "Khâu vết thương phần mềm")
_DRESSING: Final = ProcedureDone("93.57", "Thay băng vết thương")
_RABIES_DAYS: Final = (0, 3, 7, 14, 28)
_PAIN_RELIEF: Final = Dosage("paracetamol", 1, 3, 3, "khi đau")
_TREATMENT: Final = (Dosage("cefalexin", 1, 3, 5, "sau ăn"), _PAIN_RELIEF)
_ANTITOXIN: Final = Dosage("tetanus_antitoxin", 1, 1, 1, "sau khi thử phản ứng")
_ANTIVENOM: Final = Dosage("antivenom", 2, 1, 1, "theo dõi phản vệ")


def visits(life: Life) -> Iterator[Visit]:
    """What follows each injury of the period."""
    chance = life.chance("injury")
    for _ in range(chance.count(_A_YEAR * life.years, most=3)):
        code, day = _KINDS.pick(chance), life.day(chance)
        yield from _bite(life, chance, day) if code == "Z24.2" else _wound(life, chance, code, day)


def _bite(life: Life, chance: Chance, day: date) -> Iterator[Visit]:
    doses = [dose for dose in vaccine_doses() if dose.vaccine == "RAB"]
    for dose, after in zip(doses, _RABIES_DAYS, strict=True):
        reason = chance.pick(_REASONS["Z24.2"]) if after == 0 else f"Tiêm vắc xin dại mũi {dose.dose}"
        if day + timedelta(days=after) < life.until:
            yield Visit(
                facility=life.centre,
                starts=clinic_time(chance, day + timedelta(days=after)),
                minutes=45,
                kind="ambulatory",
                service="01",
                reason=reason,
                diagnoses=("Z24.2",),
                shots=(Shot(dose),),
            )


def _wound(life: Life, chance: Chance, code: str, day: date) -> Iterator[Visit]:
    goes_on = code == _SNAKE or chance.happens(0.3)
    first = _first_aid(life, chance, code, day, goes_on)
    yield first
    if goes_on:
        yield _treatment_at_centre(life, chance, first)
    elif chance.happens(0.6):
        yield _dressing(life, chance, code, day + timedelta(days=chance.between(2, 4)))


def _first_aid(life: Life, chance: Chance, code: str, day: date, goes_on: bool) -> Visit:
    number, reason = life.referral_number(life.station, day), chance.pick(_REASONS[code])
    return Visit(
        facility=life.station,
        starts=any_time(chance, day),
        minutes=chance.between(30, 60),
        kind="emergency",
        service="01",
        reason=reason,
        diagnoses=(code,),
        findings=vital_signs(life, chance, day),
        dosages=() if goes_on else _TREATMENT,
        procedures=(_DRESSING,) if goes_on else (_SUTURE,),
        referral=Referral(number, life.centre, reason, urgent=True) if goes_on else None,
        prompt=goes_on,
    )


def _treatment_at_centre(life: Life, chance: Chance, first: Visit) -> Visit:
    snake = first.diagnoses[0] == _SNAKE
    return Visit(
        facility=life.centre,
        starts=first.ends + timedelta(minutes=chance.between(60, 180)),
        minutes=chance.between(720, 1440) if snake else chance.between(90, 300),
        kind="emergency",
        service="02",
        reason="Chuyển đến từ trạm y tế",
        diagnoses=first.diagnoses,
        findings=vital_signs(life, chance, first.starts.date()),
        dosages=(*_TREATMENT, *((_ANTIVENOM,) if snake else ()), _ANTITOXIN),
        procedures=(_DRESSING if snake else _SUTURE,),
        answers=first.referral.number if first.referral else "",
        prompt=True,
    )


def _dressing(life: Life, chance: Chance, code: str, day: date) -> Visit:
    return Visit(
        facility=life.station,
        starts=clinic_time(chance, day),
        minutes=20,
        kind="ambulatory",
        service="01",
        reason="Thay băng vết thương",
        diagnoses=(code,),
        procedures=(_DRESSING,),
    )
