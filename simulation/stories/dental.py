"""Teeth: fillings and extractions at the regional centre."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulation.clock import clinic_time
from simulation.code_lists import Dosage
from simulation.life import Life
from simulation.visits import ProcedureDone, Visit

_A_YEAR: Final = 0.12
_PROCEDURES: Final = (
    ProcedureDone("23.2", "Hàn răng sâu ngà"),
    ProcedureDone("23.2", "Hàn răng sâu ngà"),
    ProcedureDone("23.09", "Nhổ răng vĩnh viễn"),
    ProcedureDone("96.54", "Lấy cao răng"),
)
_COMPLAINTS: Final = ("Đau răng khi nhai", "Đau răng hàm dưới 3 ngày", "Ê buốt răng khi ăn lạnh")


def visits(life: Life) -> Iterator[Visit]:
    """One visit each time."""
    chance = life.chance("dental")
    if life.citizen.age_on(life.start) < 4:
        return
    for _ in range(chance.count(_A_YEAR * life.years, most=3)):
        day = life.day(chance)
        yield Visit(
            facility=life.centre,
            starts=clinic_time(chance, day),
            minutes=chance.between(30, 60),
            kind="ambulatory",
            service="01",
            reason=chance.pick(_COMPLAINTS),
            diagnoses=("K02.9",),
            dosages=(Dosage("paracetamol", 1, 3, 2, "khi đau"),),
            procedures=(chance.pick(_PROCEDURES),),
        )
