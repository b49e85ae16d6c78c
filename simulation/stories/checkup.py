"""The yearly examination of people over sixty at their station."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from simulation.body import stature, usual_sugar, vital_signs
from simulation.clock import clinic_time
from simulation.life import Life
from simulation.visits import Finding, Visit


def visits(life: Life) -> Iterator[Visit]:
    """One visit a year."""
    if life.age < 60:
        return
    chance = life.chance("checkup")
    for year in range(round(life.years)):
        day = life.start + timedelta(days=365 * year + chance.between(0, 330))
        if day < life.until and chance.happens(0.6):
            height, weight = stature(life, day)
            starts = clinic_time(chance, day)
            body = (Finding("height", height), Finding("bmi", weight / (height / 100) ** 2))
            yield Visit(
                facility=life.station,
                starts=starts,
                minutes=40,
                kind="ambulatory",
                service="15",
                reason="Khám sức khỏe định kỳ người cao tuổi",
                diagnoses=("Z00.0",),
                findings=(
                    *vital_signs(life, chance, starts.date()),
                    *body,
                    Finding("glucose_random", usual_sugar(life, day) + chance.near(0.9, 0.7, 0, 4)),
                ),
            )
