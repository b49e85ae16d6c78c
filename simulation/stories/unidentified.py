"""Somebody brought to the hospital whom nobody can name."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.body import vital_signs
from simulation.clock import any_time
from simulation.code_lists import Dosage
from simulation.laboratory import report
from simulation.life import Life
from simulation.visits import ProcedureDone, Visit


def visits(life: Life) -> Iterator[Visit]:
    """One emergency visit on the day the person was found."""
    found = life.citizen.found
    if found is None:
        return
    chance = life.chance("unidentified")
    yield Visit(
        facility=life.hospital,
        starts=any_time(chance, found),
        minutes=chance.between(180, 900),
        kind="emergency",
        service="02",
        reason="Người đi đường đưa vào, lơ mơ, chưa rõ nhân thân",
        diagnoses=("S01.9",),
        findings=vital_signs(life, chance, found),
        reports=(report(chance, "blood_count"),),
        dosages=(Dosage("cefalexin", 1, 3, 5, "sau ăn"),),
        procedures=(ProcedureDone("86.59", "Khâu vết thương phần mềm"),),
    )
