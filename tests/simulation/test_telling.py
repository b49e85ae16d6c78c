"""What is told while the province is sent."""

import io

from rich.console import Console

from simulation.feed import Counts
from simulation.telling import telling


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def told(terminal: bool, steps: list[tuple[float, Counts]]) -> str:
    clock, written = Clock(), io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=120, color_system=None)
    with telling(console, 100, clock) as tell:
        for seconds, counts in steps:
            clock.now = 100 + seconds
            tell(counts)
    return written.getvalue()


def test_a_terminal_shows_a_bar_with_resources_and_their_rate() -> None:
    text = told(True, [(2, Counts(accepted=50, resources=3_000)), (4, Counts(accepted=100, resources=6_000))])
    assert "6,000 resources, 1,500/s" in text
    assert "100%" in text
    assert "left" in text


def test_elsewhere_a_line_is_written_now_and_then() -> None:
    steps = [(second, Counts(accepted=second, resources=60 * second)) for second in range(1, 26)]
    assert told(False, [(float(second), counts) for second, counts in steps]).splitlines() == [
        "Province: 600 resources, 60/s, 10%, 90 s left",
        "Province: 1,200 resources, 60/s, 20%, 80 s left",
        "Province: 1,500 resources, 60/s, 0 refused",
    ]


def test_nothing_to_send_is_told_too() -> None:
    assert told(False, []) == "Province: 0 resources, 0/s, 0 refused\n"
