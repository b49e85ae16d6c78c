"""What brings citizens to a facility: one module for each kind of story, all of one shape.

A story is a function from a `Life` to the visits it leads to. It draws chance from its own stream only,
so that a change in one story leaves the others as they were.
"""

from collections.abc import Callable, Iterator
from typing import Final

from simulation.life import Life
from simulation.stories import (
    acute,
    admission,
    antenatal,
    checkup,
    chronic,
    dental,
    immunisation,
    injury,
    last_days,
    unidentified,
)
from simulation.visits import Visit

Story = Callable[[Life], Iterator[Visit]]

OF_RESIDENTS: Final[tuple[Story, ...]] = (
    acute.visits,
    chronic.visits,
    antenatal.visits,
    immunisation.visits,
    injury.visits,
    dental.visits,
    admission.visits,
    checkup.visits,
    last_days.visits,
)
OF_UNIDENTIFIED: Final[tuple[Story, ...]] = (unidentified.visits,)
