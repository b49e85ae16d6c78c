"""The last stay of those who die in the period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from simulation.body import vital_signs
from simulation.clock import any_time
from simulation.laboratory import around, report
from simulation.life import Life
from simulation.visits import Discharge, Visit

_BLOOD: Final = {"wbc": 15.5, "crp": 88.0}


def visits(life: Life) -> Iterator[Visit]:
    """A stay at the hospital that ends on the day of death."""
    died = life.citizen.died
    if died is None:
        return
    chance = life.chance("last days")
    ends = any_time(chance, died)
    starts = ends - timedelta(hours=chance.between(9, 120))
    code = "J18.9" if life.age < 55 else chance.pick(("I50.9", "J18.9", "I69.4"))
    yield Visit(
        facility=life.hospital,
        starts=starts,
        minutes=int((ends - starts).total_seconds()) // 60,
        kind="inpatient",
        service="03",
        reason="Khó thở, tình trạng nặng",
        diagnoses=(code,),
        findings=vital_signs(life, chance, starts.date(), code == "J18.9", breathless=True),
        reports=(report(chance, "inflammation", around(chance, _BLOOD)),),
        discharge=Discharge("died", "Tình trạng xấu dần, không đáp ứng điều trị", "Người bệnh tử vong"),
    )
